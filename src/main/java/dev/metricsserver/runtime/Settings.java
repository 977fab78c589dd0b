package dev.metricsserver.runtime;

import java.util.Map;
import java.util.UUID;

/**
 * How this process runs, from environment variables that the operator's Deployment sets.
 *
 * @param namespace where the Lease is; {@code POD_NAMESPACE}
 * @param identity the holder of the Lease; {@code POD_NAME}
 * @param port of {@code /livez}, {@code /readyz} and {@code /metrics}; {@code HEALTH_PORT}
 */
public record Settings(String namespace, String identity, int port) {

  /**
   * Reads the settings.
   *
   * @throws IllegalArgumentException when a value is wrong
   */
  public static Settings fromEnvironment(Map<String, String> environment) {
    var port = environment.getOrDefault("HEALTH_PORT", "8080");
    if (!port.matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException("HEALTH_PORT must be a port number, not " + port);
    }
    return new Settings(
        environment.getOrDefault("POD_NAMESPACE", "metrics-server-operator"),
        environment.getOrDefault("POD_NAME", UUID.randomUUID().toString()),
        Integer.parseInt(port));
  }
}
