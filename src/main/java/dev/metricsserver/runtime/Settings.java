package dev.metricsserver.runtime;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The settings of the process, from environment variables in the operator's Deployment.
 *
 * @param namespace the namespace of the Lease; {@code POD_NAMESPACE}
 * @param identity the holder of the Lease; {@code POD_NAME}
 * @param port of {@code /livez} and {@code /readyz}; {@code HEALTH_PORT}
 * @param metricsPort of {@code /metrics}; {@code METRICS_PORT}
 * @param metricsCertificate the directory with {@code tls.crt} and {@code tls.key} for {@code
 *     /metrics}; {@code METRICS_CERTIFICATE}; empty for a self-signed certificate
 */
public record Settings(
    String namespace,
    String identity,
    int port,
    int metricsPort,
    Optional<Path> metricsCertificate) {

  /**
   * Reads the settings.
   *
   * @throws IllegalArgumentException if a value is invalid
   */
  public static Settings fromEnvironment(Map<String, String> environment) {
    return new Settings(
        environment.getOrDefault("POD_NAMESPACE", "metrics-server-operator"),
        environment.getOrDefault("POD_NAME", UUID.randomUUID().toString()),
        port(environment, "HEALTH_PORT", "8080"),
        port(environment, "METRICS_PORT", "8443"),
        Optional.ofNullable(environment.get("METRICS_CERTIFICATE")).map(Path::of));
  }

  private static int port(Map<String, String> environment, String name, String usual) {
    var port = environment.getOrDefault(name, usual);
    if (!port.matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException(name + " must be a port number, not " + port);
    }
    return Integer.parseInt(port);
  }
}
