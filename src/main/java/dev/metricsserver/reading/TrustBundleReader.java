package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.api.KubeletSpec.CertificateAuthority;
import dev.metricsserver.api.KubeletSpec.KeyReference;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.TrustBundle;
import dev.metricsserver.model.TrustBundle.Found;
import dev.metricsserver.model.TrustBundle.Missing;
import dev.metricsserver.model.TrustBundle.Problem;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Pem;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the kubelets' CA that the spec refers to, by name. No watch reports its changes, so it is
 * read again when it is old.
 */
public final class TrustBundleReader {

  private static final Duration MAXIMUM_AGE = Duration.ofSeconds(30);

  private final KubernetesClient client;
  private final Cached<Place, TrustBundle> cached;

  private record Place(ObjectName object, String key) {

    boolean isSecret() {
      return object.kind().equals("Secret");
    }

    Missing without(Problem problem) {
      return new Missing(object, key, problem);
    }
  }

  /** A reader that has read nothing yet. */
  public TrustBundleReader(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.cached = new Cached<>(MAXIMUM_AGE, clock);
  }

  /**
   * The certificates as they were at most 30 seconds ago.
   *
   * @param namespace metrics-server's
   */
  public TrustBundle read(String namespace, CertificateAuthority authority) {
    var place =
        authority.secretRef() == null
            ? place("ConfigMap", namespace, authority.configMapRef())
            : place("Secret", namespace, authority.secretRef());
    return cached.get(place, () -> read(place));
  }

  private static Place place(String kind, String namespace, KeyReference reference) {
    return new Place(new ObjectName(kind, namespace, reference.name()), reference.key());
  }

  private TrustBundle read(Place place) {
    try {
      return data(place)
          .map(data -> certificates(place, data))
          .orElseGet(() -> place.without(new Problem.NoObject()));
    } catch (KubernetesClientException e) {
      var message = requireNonNullElse(e.getMessage(), "");
      return place.without(
          e.getCode() == HttpURLConnection.HTTP_FORBIDDEN
              ? new Problem.Forbidden(message)
              : new Problem.Unreadable(message));
    }
  }

  private Optional<Map<String, String>> data(Place place) {
    var namespace = place.object().namespace();
    var name = place.object().name();
    return place.isSecret()
        ? Optional.ofNullable(client.secrets().inNamespace(namespace).withName(name).get())
            .map(secret -> requireNonNullElse(secret.getData(), Map.of()))
        : Optional.ofNullable(client.configMaps().inNamespace(namespace).withName(name).get())
            .map(configMap -> requireNonNullElse(configMap.getData(), Map.of()));
  }

  private static TrustBundle certificates(Place place, Map<String, String> data) {
    var value = data.get(place.key());
    if (value == null) {
      return place.without(new Problem.NoKey());
    }
    var certificates = Certificates.parse(place.isSecret() ? Pem.fromBase64(value) : value);
    return certificates.isEmpty()
        ? place.without(new Problem.NoCertificate())
        : new Found(Certificates.pem(certificates));
  }
}
