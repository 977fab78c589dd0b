package dev.metricsserver.runtime;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.api.MetricsServerConfig;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.stream.Stream;

/**
 * Initializes on a separate thread what the start would otherwise wait for: the tables of the
 * elliptic curve of TLS handshakes (0.04 s), and the deserializers of the largest watched objects.
 * Code that needs them earlier initializes them itself.
 */
final class WarmUp {

  private final ObjectMapper mapper;

  private WarmUp(ObjectMapper mapper) {
    this.mapper = mapper;
  }

  static void beside(ObjectMapper mapper) {
    Thread.ofPlatform().daemon().name("warm-up").start(new WarmUp(mapper)::run);
  }

  private void run() {
    curve();
    Stream.of(MetricsServerConfig.class, Deployment.class, Pod.class).forEach(mapper::readerFor);
  }

  private static void curve() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
