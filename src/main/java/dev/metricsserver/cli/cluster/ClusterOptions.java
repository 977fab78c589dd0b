package dev.metricsserver.cli.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.cli.common.Failure;
import dev.metricsserver.tls.Pem;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Which cluster, and as whom: as kubectl has it, unless told otherwise. */
public final class ClusterOptions {

  /** Skips the search of all jars for resource types, because the code names its types. */
  private static final KubernetesSerialization SERIALIZATION =
      new KubernetesSerialization(new ObjectMapper(), false);

  /** {@code id-ecPublicKey} of RFC 5480, as a key in PKCS #8 names its algorithm. */
  private static final String EC_KEY = "06072a8648ce3d0201";

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

  @Option(
      names = "--request-timeout",
      paramLabel = "DURATION",
      defaultValue = "10s",
      description =
          "How long to wait for one answer of the API server, such as 5s or 1m. Default:"
              + " ${DEFAULT-VALUE}.")
  private Duration requestTimeout;

  /**
   * A client of the cluster.
   *
   * @throws Failure when there is no such file or context
   */
  public KubernetesClient connect() {
    var config = config();
    config.setRequestTimeout(Math.toIntExact(requestTimeout.toMillis()));
    config.setConnectionTimeout(config.getRequestTimeout());
    config.setRequestRetryBackoffLimit(1);
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withKubernetesSerialization(SERIALIZATION)
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
    clientKey(config).map(ClusterOptions::algorithm).ifPresent(config::setClientKeyAlgo);
    return config;
  }

  private static Optional<String> clientKey(Config config) {
    try {
      return config.getClientKeyData() != null
          ? Optional.of(Pem.fromBase64(config.getClientKeyData()))
          : config.getClientKeyFile() != null
              ? Optional.of(Files.readString(Path.of(config.getClientKeyFile())))
              : Optional.empty();
    } catch (IOException e) {
      throw new Failure(
          "the kubeconfig's client key %s cannot be read".formatted(config.getClientKeyFile()));
    }
  }

  /**
   * The client takes every key for an RSA one unless it is told. k3s and kind make others.
   *
   * @param pem the key
   */
  public static String algorithm(String pem) {
    if (pem.contains("BEGIN EC PRIVATE KEY")) {
      return "EC";
    }
    var lines = pem.lines().filter(line -> !line.contains("-----")).collect(Collectors.joining());
    return HexFormat.of().formatHex(Base64.getMimeDecoder().decode(lines)).contains(EC_KEY)
        ? "EC"
        : "RSA";
  }
}
