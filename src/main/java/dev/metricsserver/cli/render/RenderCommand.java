package dev.metricsserver.cli.render;

import static picocli.CommandLine.Command;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.api.KubeletSpec.TLSMode;
import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.api.ServingSpec;
import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.cli.common.Decisions;
import dev.metricsserver.cli.common.ExitStatus;
import dev.metricsserver.cli.common.Failure;
import dev.metricsserver.cli.common.Resources;
import dev.metricsserver.cli.validation.ConfigFile;
import dev.metricsserver.diagnosis.ReasonText;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.model.Platform;
import dev.metricsserver.plan.Annotations;
import dev.metricsserver.plan.Decision;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Planner;
import dev.metricsserver.rendering.Manifest;
import dev.metricsserver.rendering.Workload;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints what the operator would apply, for those who want metrics without an operator. */
@Command(
    name = "render",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Prints the objects that a MetricsServerConfig leads to, without any cluster, for kubectl"
          + " apply -f -.",
      "",
      "The same command prints the same bytes. What only a cluster knows is said in comments at the"
          + " top, and what is weaker without an operator on standard error."
    },
    footerHeading = "%nExample:%n",
    footer =
        "  metrics-server-operator render -f cr.yaml --kubernetes 1.35 --nodes 3 | kubectl apply -f"
            + " -")
public final class RenderCommand implements Callable<Integer> {

  /** Nothing depends on the time where nothing was installed before. */
  private static final Instant ANY_TIME = Instant.EPOCH;

  /** As {@link Platform} knows them; the others leave kubelets to sign for themselves. */
  private static final Set<Platform> SIGNED_BY_CLUSTER =
      EnumSet.of(Platform.K3s, Platform.RKE2, Platform.EKS, Platform.Fargate, Platform.AKS);

  @Option(
      names = {"-f", "--filename"},
      required = true,
      paramLabel = "FILE",
      description = "The MetricsServerConfig; - for standard input.")
  private Path file;

  @Option(
      names = "--kubernetes",
      required = true,
      paramLabel = "VERSION",
      description = "The cluster's Kubernetes version, such as 1.35.")
  private String kubernetes;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "2",
      description =
          "How many nodes there are: replicas, requests and limits follow. Default:"
              + " ${DEFAULT-VALUE}.")
  private int nodes;

  @Option(
      names = "--platform",
      paramLabel = "NAME",
      defaultValue = "Kubeadm",
      description = "What the nodes run: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Platform platform;

  @Option(
      names = "--api-server",
      paramLabel = "ADDRESS:PORT",
      description =
          "Where an API server listens, for the NetworkPolicy; may be repeated. Default: any"
              + " address, ports 443 and 6443.")
  private List<String> apiServers = List.of();

  @Spec private CommandSpec command;

  @Override
  public Integer call() {
    var spec = ConfigFile.read(file).getSpec();
    var facts = facts(spec);
    var plan = plan(spec.with(selfSigned(spec.serving().tls())), facts);
    var out = command.commandLine().getOut();
    out.print(comments(plan));
    var deployment =
        Workload.withMemoryOf(Optional.empty(), Workload.deployment(plan, Optional.empty()));
    var yaml = new KubernetesSerialization(new ObjectMapper(), false);
    for (var object : Manifest.objects(plan, deployment)) {
      out.print(yaml.asYaml(object));
    }
    out.flush();
    warnings(spec).forEach(command.commandLine().getErr()::println);
    return ExitStatus.OK;
  }

  private ClusterFacts facts(MetricsServerConfigSpec spec) {
    if (nodes < 1) {
      throw new Failure("--nodes: %d nodes are no cluster, set it to 1 or more".formatted(nodes));
    }
    return OfflineCluster.facts(
        version(),
        nodes,
        platform,
        apiServers.stream().map(RenderCommand::endpoint).toList(),
        spec.monitoring().prometheus() != null);
  }

  private KubernetesVersion version() {
    try {
      return KubernetesVersion.parse(kubernetes);
    } catch (IllegalArgumentException e) {
      throw new Failure(
          "--kubernetes: '%s' is no version such as 1.35; kubectl version prints the cluster's"
              .formatted(kubernetes));
    }
  }

  private static Endpoint endpoint(String text) {
    var colon = text.lastIndexOf(':');
    if (colon < 1 || !text.substring(colon + 1).matches("[0-9]{1,5}")) {
      throw new Failure(
          "--api-server: '%s' is no address and port such as 10.0.0.1:6443".formatted(text));
    }
    return new Endpoint(
        text.substring(0, colon).replaceAll("[\\[\\]]", ""),
        Integer.parseInt(text.substring(colon + 1)));
  }

  private MetricsServerPlan plan(MetricsServerConfigSpec spec, ClusterFacts facts) {
    return switch (Planner.plan(spec, facts, ANY_TIME)) {
      case Decision.Planned(var plan) -> plan;
      case Decision.Refused(_, var violations) ->
          throw Decisions.refused(file.toString(), violations);
      case Decision.Observing _ ->
          throw new Failure(
              "%s: with conflictPolicy: Observe the operator applies nothing; set it to Refuse"
                  .formatted(file));
      case Decision.Pending() -> throw new IllegalStateException("nothing is pending offline");
    };
  }

  private String comments(MetricsServerPlan plan) {
    var lines = new ArrayList<String>();
    lines.add(
        "metrics-server %s as metrics-server-operator %s renders it for Kubernetes %s, %d %s"
            .formatted(
                plan.version().number(),
                Resources.version(),
                version(),
                nodes,
                nodes == 1 ? "node." : "nodes."));
    lines.add("What only a cluster knows, and how it is rendered here:");
    lines.add(
        "- The namespace must exist, and the pods' sizes and number do not follow the number of"
            + " nodes.");
    lines.add(
        "- The Deployment has no annotation "
            + Annotations.SERVICE_ACCOUNT_UID
            + ": who deletes and creates the ServiceAccount restarts the pods.");
    lines.add("- Kubelets: " + ReasonText.of(plan.kubelets().tls().reason()) + ".");
    lines.add("- NetworkPolicy: " + ReasonText.of(plan.network().reason()) + ".");
    return String.join("", lines.stream().map(line -> "# " + line + "\n").toList());
  }

  private static ServingSpec selfSigned(ServingSpec.TLS tls) {
    return new ServingSpec(
        new ServingSpec.TLS(Source.SelfSigned, null, null, tls.minVersion(), tls.cipherSuites()));
  }

  private List<String> warnings(MetricsServerConfigSpec spec) {
    var warnings = new ArrayList<String>();
    if (spec.kubelet().tls().mode() == TLSMode.Auto && !SIGNED_BY_CLUSTER.contains(platform)) {
      warnings.add(
          "kubelets: their certificates cannot be seen from here, so none is accepted that the"
              + " cluster's CA did not sign. Where kubelets sign their own, as they do on %s unless"
                  .formatted(platform)
              + " told otherwise, there will be no metrics: let them ask the cluster for"
              + " certificates and approve these, or set spec.kubelet.tls.mode: Insecure.");
    }
    if (spec.serving().tls().source() != Source.SelfSigned) {
      warnings.add(
          "serving certificate: rendered as spec.serving.tls.source: SelfSigned, since %s. So the API servers accept any (insecureSkipTLSVerify); with the operator they verify it."
              .formatted(
                  spec.serving().tls().source() == Source.Operator
                      ? "this command creates no keys and renews no certificate"
                      : "only the Secret tells the CA of its certificate, and this command does not"
                          + " follow its changes"));
    }
    return warnings;
  }
}
