package dev.metricsserver.cli.plan;

import static picocli.CommandLine.Command;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.cli.cluster.Change;
import dev.metricsserver.cli.cluster.Change.Kind;
import dev.metricsserver.cli.cluster.ClusterOptions;
import dev.metricsserver.cli.cluster.ConfigDryRun;
import dev.metricsserver.cli.cluster.ConfigDryRun.Result;
import dev.metricsserver.cli.cluster.DryRun;
import dev.metricsserver.cli.cluster.LiveCluster;
import dev.metricsserver.cli.common.Colours;
import dev.metricsserver.cli.common.Decisions;
import dev.metricsserver.cli.common.ExitStatus;
import dev.metricsserver.cli.common.Failure;
import dev.metricsserver.cli.validation.ConfigFile;
import dev.metricsserver.dependents.ManagedDependent;
import dev.metricsserver.diagnosis.Explanation;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.Kubelet.Handshake;
import dev.metricsserver.plan.Decision;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.rendering.Manifest;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.Workload;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says what a MetricsServerConfig would change in a cluster, and changes nothing. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says what a MetricsServerConfig would change in a cluster: every decision with its reason,"
          + " and the difference of each object.",
      "",
      "It looks with your rights and writes nothing. The API server tells the differences by dry"
          + " runs of what the operator would apply, which take the rights to apply it.",
      "",
      "The API server validates FILE in a dry run. Where it does not know MetricsServerConfig or"
          + " you have no right to write one, the command validates FILE offline. The first line of"
          + " the output reports which."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:nothing would change",
      "1:something would",
      "2:it could not be told, or the operator would refuse it"
    },
    footerHeading = "%nExample:%n",
    footer = "  metrics-server-operator plan -f cr.yaml")
public final class PlanCommand implements Callable<Integer> {

  @Option(
      names = {"-f", "--filename"},
      paramLabel = "FILE",
      description =
          "The MetricsServerConfig; - for standard input. Default: the cluster's own, for what the"
              + " operator would do now.")
  private Path file;

  @Mixin private ClusterOptions cluster;
  @Spec private CommandSpec command;

  @Override
  public Integer call() throws InterruptedException {
    var resource = Optional.ofNullable(file).map(ConfigFile::unvalidated);
    try (var client = cluster.connect()) {
      var installed =
          Optional.ofNullable(
              client.resources(MetricsServerConfig.class).withName(MetricsServerConfig.NAME).get());
      var wanted = resource.map(r -> validated(client, r, installed));
      var config = config(wanted.map(Validated::config), installed);
      try (var live =
          new LiveCluster(client, config, LiveCluster.nodes(client), InstantSource.system())) {
        var facts = live.facts();
        var plan = plan(live.decide(facts));
        var changes =
            Stream.concat(
                    live.secrets(plan).stream(),
                    new DryRun(client)
                            .changes(plan, objects(client, config, plan, installed.isPresent()))
                            .stream())
                .toList();
        print(
            PlanText.lines(
                wanted.map(Validated::how), Explanation.of(plan), changes, live.unread()));
        notes(config, facts).forEach(command.commandLine().getErr()::println);
        return status(changes);
      }
    }
  }

  /**
   * A MetricsServerConfig of a file.
   *
   * @param how it was validated
   */
  private record Validated(MetricsServerConfig config, String how) {}

  private Validated validated(
      KubernetesClient client,
      Map<String, Object> resource,
      Optional<MetricsServerConfig> installed) {
    return switch (new ConfigDryRun(client).of(resource, installed)) {
      case Result.Accepted(var config) ->
          new Validated(config, "the API server accepted %s in a dry run".formatted(file));
      case Result.Rejected(var message) ->
          throw new Failure(
              "%s was rejected by the API server in a dry run:%n  %s".formatted(file, message));
      case Result.Unavailable(var reason) ->
          new Validated(
              ConfigFile.validated(file.toString(), resource),
              "offline, by the rules of this program, because " + reason);
    };
  }

  /** The file's spec as the next generation of what is there, if it is another one. */
  private static MetricsServerConfig config(
      Optional<MetricsServerConfig> wanted, Optional<MetricsServerConfig> installed) {
    if (wanted.isEmpty()) {
      return installed.orElseThrow(() ->
          new Failure(
              "the cluster has no MetricsServerConfig: name a file with one by -f, or apply"
                  + " one"));
    }
    var config = wanted.get();
    if (installed.isPresent()) {
      var metadata = installed.get().getMetadata();
      var same = installed.get().getSpec().equals(config.getSpec());
      config.setMetadata(
          new ObjectMetaBuilder(metadata)
              .withGeneration(metadata.getGeneration() + (same ? 0 : 1))
              .build());
    }
    return config;
  }

  private MetricsServerPlan plan(Decision decision) {
    return switch (decision) {
      case Decision.Planned(var plan) -> plan;
      case Decision.Refused(_, var violations) ->
          throw Decisions.refused(
              file == null ? "The cluster's MetricsServerConfig" : file.toString(), violations);
      case Decision.Observing _ ->
          throw new Failure(
              "with spec.conflictPolicy: Observe the operator writes nothing, so nothing changes");
      case Decision.Pending() -> throw new IllegalStateException("all kubelets were looked at");
    };
  }

  /** As the operator would apply them; owned by a resource that is there already. */
  private static List<HasMetadata> objects(
      KubernetesClient client,
      MetricsServerConfig config,
      MetricsServerPlan plan,
      boolean installed) {
    var deployment = Workload.deployment(plan, serviceAccount(client, plan));
    var actual = Optional.ofNullable(client.resource(deployment).get());
    var objects = Manifest.objects(plan, Workload.withMemoryOf(actual, deployment));
    if (installed) {
      objects.forEach(object -> ManagedDependent.own(object, config));
    }
    return objects;
  }

  private static Optional<String> serviceAccount(KubernetesClient client, MetricsServerPlan plan) {
    return Optional.ofNullable(
            client
                .serviceAccounts()
                .inNamespace(plan.namespace())
                .withName(Names.METRICS_SERVER)
                .get())
        .map(account -> account.getMetadata().getUid());
  }

  private void print(List<String> lines) {
    var out = command.commandLine().getOut();
    var colours = new Colours(command.commandLine().getColorScheme().ansi());
    lines.stream().map(colours::difference).forEach(out::println);
    out.flush();
  }

  private static List<String> notes(MetricsServerConfig config, ClusterFacts facts) {
    var paused =
        config.getSpec().paused()
            ? Optional.of("spec.paused is true: none of this is done while it is.")
            : Optional.<String>empty();
    var unseen =
        facts.kubelets().seen().values().stream()
                .noneMatch(kubelet -> kubelet.handshake() == Handshake.Completed)
            ? Optional.of(
                "No kubelet could be looked at from here. The operator looks from inside the"
                    + " cluster, and may decide otherwise about kubelets.")
            : Optional.<String>empty();
    return Stream.of(paused, unseen).flatMap(Optional::stream).toList();
  }

  private static int status(List<Change> changes) {
    if (changes.stream().anyMatch(change -> change.kind() == Kind.Unknown)) {
      return ExitStatus.FAILED;
    }
    return changes.stream().allMatch(change -> change.kind() == Kind.Unchanged)
        ? ExitStatus.OK
        : ExitStatus.ATTENTION;
  }
}
