package dev.metricsserver.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.cli.Program.Failure;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which cluster, and as whom: as kubectl has it, unless told otherwise. */
final class ClusterOptions {

  /** Somebody waits in front of a terminal. */
  private static final int REQUEST_MILLIS = 10_000;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "The kubeconfig file. Default: KUBECONFIG, else ~/.kube/config.")
  private Path kubeconfig;

  @Option(
      names = "--context",
      paramLabel = "NAME",
      description = "The context of the kubeconfig file. Default: its current one.")
  private String context;

  /**
   * A client of the cluster.
   *
   * @throws Failure when there is no such file or context
   */
  KubernetesClient connect() {
    var config = config();
    config.setRequestTimeout(REQUEST_MILLIS);
    config.setConnectionTimeout(REQUEST_MILLIS);
    config.setRequestRetryBackoffLimit(1);
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withKubernetesSerialization(new KubernetesSerialization(new ObjectMapper(), false))
        .build();
  }

  private Config config() {
    if (kubeconfig != null && !Files.isReadable(kubeconfig)) {
      throw new Failure("--kubeconfig: there is no file %s that can be read".formatted(kubeconfig));
    }
    var config =
        kubeconfig == null
            ? Config.autoConfigure(context)
            : Config.fromKubeconfig(context, kubeconfig.toFile());
    if (context != null
        && config.getContexts().stream().noneMatch(c -> context.equals(c.getName()))) {
      throw new Failure(
          "--context: the kubeconfig has no context %s; kubectl config get-contexts lists them"
              .formatted(context));
    }
    if (config.getMasterUrl().startsWith(Config.DEFAULT_MASTER_URL)) {
      throw new Failure(
          "there is no kubeconfig that says which cluster: name one with --kubeconfig or in"
              + " KUBECONFIG");
    }
    return config;
  }
}
