package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.ProvidedCertificate;
import dev.metricsserver.model.ProvidedCertificate.Problem;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.rendering.CertManager;
import dev.metricsserver.tls.Pem;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Reads a serving certificate that a user or cert-manager keeps in a Secret, by the Secret's name.
 * The operator has no right to watch Secrets, so a usable certificate is read again when it is old,
 * and any other each time.
 */
public final class ProvidedCertificateReader {

  private static final Duration MAXIMUM_AGE = Duration.ofSeconds(2);

  private final KubernetesClient client;
  private final InstantSource clock;
  private final Cached<ObjectName, ProvidedCertificate> cached;

  /** A reader that has read nothing yet. */
  public ProvidedCertificateReader(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
    this.cached = new Cached<>(MAXIMUM_AGE, clock);
  }

  /**
   * The certificate as it was at most 2 seconds ago.
   *
   * @param namespace metrics-server's
   * @param secret the Secret's name
   * @param name the DNS name that the certificate must have
   */
  public ProvidedCertificate read(String namespace, String secret, String name) {
    var place = new ObjectName("Secret", namespace, secret);
    var certificate = cached.get(place, () -> read(place, name));
    if (certificate instanceof Unusable) {
      cached.expire();
    }
    return certificate;
  }

  /**
   * The certificate that cert-manager issues, as it was at most 2 seconds ago.
   *
   * @param name the DNS name that the certificate must have
   */
  public ProvidedCertificate readIssued(String namespace, String name) {
    var certificate = read(namespace, ServingTLS.ISSUED_SECRET, name);
    return certificate instanceof Unusable(var secret, Problem.Missing _)
        ? new Unusable(secret, new Problem.NotIssued(CertManager.SERVING))
        : certificate;
  }

  private ProvidedCertificate read(ObjectName place, String name) {
    try {
      var object = client.secrets().inNamespace(place.namespace()).withName(place.name()).get();
      return object == null
          ? new Unusable(place, new Problem.Missing())
          : ProvidedCertificate.of(place, text(object), name, clock.instant());
    } catch (KubernetesClientException e) {
      return new Unusable(place, unreadable(e));
    }
  }

  private static Problem unreadable(KubernetesClientException e) {
    var message = requireNonNullElse(e.getMessage(), "");
    return e.getCode() == HttpURLConnection.HTTP_FORBIDDEN
        ? new Problem.Forbidden(message)
        : new Problem.Unreadable(message);
  }

  private static Map<String, String> text(Secret secret) {
    return requireNonNullElse(secret.getData(), Map.<String, String>of()).entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> Pem.fromBase64(e.getValue())));
  }
}
