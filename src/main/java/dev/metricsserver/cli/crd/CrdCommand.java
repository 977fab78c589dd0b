package dev.metricsserver.cli.crd;

import static picocli.CommandLine.Command;

import dev.metricsserver.cli.cluster.ClusterOptions;
import dev.metricsserver.cli.common.ExitStatus;
import dev.metricsserver.cli.common.Failure;
import dev.metricsserver.cli.common.Resources;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints the CustomResourceDefinition, or makes it the cluster's. */
@Command(
    name = "crd",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Prints the CustomResourceDefinition of MetricsServerConfig, for kubectl apply -f -.",
      "",
      "With --apply it becomes the cluster's, and the command ends when the API server serves it."
          + " That takes the rights to create, get and patch customresourcedefinitions named"
          + " metricsserverconfigs.metricsserver.dev."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  metrics-server-operator crd | kubectl apply -f -",
      "  metrics-server-operator crd --apply"
    })
public final class CrdCommand implements Callable<Integer> {

  private static final String FILE = "metricsserverconfigs.metricsserver.dev.yaml";
  private static final String HELM = "helm";
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

  @Option(
      names = "--apply",
      description = "Makes it the cluster's definition, and waits until it is served.")
  private boolean apply;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "60s",
      description = "How long to wait at most, such as 90s or 2m. Default: ${DEFAULT-VALUE}.")
  private Duration timeout;

  @Mixin private ClusterOptions cluster;
  @Spec private CommandSpec command;

  @Override
  public Integer call() throws InterruptedException {
    if (!apply) {
      command.commandLine().getOut().print(definition());
      command.commandLine().getOut().flush();
      return ExitStatus.OK;
    }
    try (var client = cluster.connect()) {
      var definition = parse(client.getKubernetesSerialization());
      apply(client, definition);
      waitUntilServed(client, definition.getMetadata().getName());
      command.commandLine().getOut().println(definition.getMetadata().getName() + " is served");
    }
    return ExitStatus.OK;
  }

  /**
   * In the name of Helm, which makes it by the same file: what another one applied would be in the
   * way of the next {@code helm install}. The list of versions is atomic, so nothing of an older
   * one stays.
   */
  private static void apply(KubernetesClient client, CustomResourceDefinition definition) {
    client.resource(definition).fieldManager(HELM).forceConflicts().serverSideApply();
  }

  private void waitUntilServed(KubernetesClient client, String name) throws InterruptedException {
    for (var end = Instant.now().plus(timeout); !served(client, name); ) {
      if (Instant.now().isAfter(end)) {
        throw new Failure(
            "%s was applied, but is not served after %s: kubectl describe crd %1$s tells why"
                .formatted(name, timeout));
      }
      Thread.sleep(BETWEEN_LOOKS);
    }
  }

  private static boolean served(KubernetesClient client, String name) {
    return Optional.ofNullable(definitions(client).withName(name).get())
        .map(CustomResourceDefinition::getStatus)
        .stream()
        .flatMap(status -> status.getConditions().stream())
        .anyMatch(c -> "Established".equals(c.getType()) && "True".equals(c.getStatus()));
  }

  private static NonNamespaceOperation<
          CustomResourceDefinition,
          CustomResourceDefinitionList,
          Resource<CustomResourceDefinition>>
      definitions(KubernetesClient client) {
    return client.apiextensions().v1().customResourceDefinitions();
  }

  /** As its own class: the client looks through no jars for the classes of kinds. */
  public static CustomResourceDefinition parse(KubernetesSerialization serialization) {
    return serialization.unmarshal(definition(), CustomResourceDefinition.class);
  }

  /** The text of the definition. */
  public static String definition() {
    return Resources.read(FILE);
  }
}
