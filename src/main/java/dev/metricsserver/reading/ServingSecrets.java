package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.Observations.Certificate;
import dev.metricsserver.model.Observations.Certificate.Place;
import dev.metricsserver.model.Timestamps;
import dev.metricsserver.plan.Annotations;
import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.tls.Identity;
import dev.metricsserver.tls.Pem;
import dev.metricsserver.tls.ServingCertificates;
import io.fabric8.kubernetes.api.model.Secret;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The Secrets with metrics-server's certificate and its CA, as they were at one moment. */
final class ServingSecrets {

  private final Map<String, String> versions;
  private final ServingCertificates certificates;
  private final boolean issuing;

  /**
   * Reads them.
   *
   * @param secrets those of metrics-server's namespace
   * @param issuing whether it is the operator's CA that signs; then the CA's Secret tells whom to
   *     trust, too: it is written first
   */
  ServingSecrets(Stream<Secret> secrets, boolean issuing, ServingCertificates.Reader reader) {
    this.issuing = issuing;
    var byName =
        secrets.collect(Collectors.toMap(s -> s.getMetadata().getName(), Function.identity()));
    var authority = data(byName, ServingTLS.AUTHORITY_SECRET);
    var leaf = data(byName, ServingTLS.CERTIFICATE_SECRET);
    versions =
        byName.entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey, e -> e.getValue().getMetadata().getResourceVersion()));
    certificates =
        reader.read(
            Pem.fromBase64(authority.get("tls.crt")),
            Pem.fromBase64(authority.get("tls.key")),
            (issuing ? Pem.fromBase64(authority.get("ca.crt")) : "")
                + Pem.fromBase64(leaf.get("ca.crt")),
            Pem.fromBase64(leaf.get("tls.crt")),
            Pem.fromBase64(leaf.get("tls.key")),
            changed(byName));
  }

  private static Instant changed(Map<String, Secret> secrets) {
    return Optional.ofNullable(secrets.get(ServingTLS.CERTIFICATE_SECRET))
        .map(secret -> secret.getMetadata().getAnnotations())
        .flatMap(annotations -> Timestamps.parse(annotations.get(Annotations.CHANGED)))
        .orElse(Instant.EPOCH);
  }

  private static Map<String, String> data(Map<String, Secret> secrets, String name) {
    return Optional.ofNullable(secrets.get(name))
        .map(secret -> requireNonNullElse(secret.getData(), Map.<String, String>of()))
        .orElse(Map.of());
  }

  ServingCertificates certificates() {
    return certificates;
  }

  /** Their resource versions, by name. */
  Map<String, String> versions() {
    return versions;
  }

  /** What there is to tell of them. */
  List<Certificate> observed() {
    return Stream.of(
            Map.entry(
                ServingTLS.AUTHORITY_SECRET,
                issuing ? certificates.authority() : Optional.<Identity>empty()),
            Map.entry(ServingTLS.CERTIFICATE_SECRET, certificates.leaf()))
        .flatMap(e ->
            e.getValue().stream()
                .map(Identity::certificate)
                .map(c -> Observer.certificate(Place.Secret, e.getKey(), c)))
        .toList();
  }
}
