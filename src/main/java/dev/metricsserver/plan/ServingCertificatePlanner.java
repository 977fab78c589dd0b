package dev.metricsserver.plan;

import dev.metricsserver.model.ProvidedCertificate;
import dev.metricsserver.model.ServingFacts;
import dev.metricsserver.model.ServingFacts.Registration;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Rotation;
import dev.metricsserver.tls.ServingCertificates;
import java.time.Instant;

/** Decides which certificates the Secrets of metrics-server hold next. */
public final class ServingCertificatePlanner {

  private ServingCertificatePlanner() {}

  /**
   * The content of the Secrets with metrics-server's certificate and its CA.
   *
   * @param namespace of metrics-server
   * @param present what the Secrets hold now
   */
  public static ServingCertificates next(
      String namespace, ServingFacts facts, ServingCertificates present, Instant now) {
    var published = Certificates.parse(facts.registration().map(Registration::caBundle).orElse(""));
    return switch (facts.given().orElse(null)) {
      case null ->
          Rotation.next(present, published, ServingTLS.names(namespace), facts.everywhere(), now);
      case ProvidedCertificate.Usable(var leaf, var authorities) ->
          Rotation.next(present, published, leaf, authorities, facts.everywhere(), now);
      // A verified certificate stays in use; without one there is nothing to serve yet.
      case ProvidedCertificate.Unusable _ ->
          facts.registration().filter(Registration::verified).isPresent()
              ? present.withoutAuthority()
              : ServingCertificates.NONE;
    };
  }
}
