package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.api.KubeletSpec.CertificateAuthority;
import dev.metricsserver.api.KubeletSpec.KeyReference;
import dev.metricsserver.model.TrustBundle;
import dev.metricsserver.model.TrustBundle.Found;
import dev.metricsserver.model.TrustBundle.Missing;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Pem;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads the kubelets' CA that the spec refers to, by name. No watch reports its changes, so it is
 * read again when it is old.
 */
public final class TrustBundleReader {

  private static final Duration MAXIMUM_AGE = Duration.ofSeconds(30);

  /** The ServiceAccount in the API server's message about a missing right. */
  private static final Pattern USER =
      Pattern.compile("system:serviceaccount:([a-z0-9.-]+):([a-z0-9.-]+)");

  private final KubernetesClient client;
  private final Cached<Place, TrustBundle> cached;

  /** A key of an object: {@code kind} is that of a ConfigMap or a Secret. */
  private record Place(String kind, String namespace, KeyReference reference) {

    @Override
    public String toString() {
      return "%s %s in namespace %s".formatted(kind, reference.name(), namespace);
    }

    String resource() {
      return kind.equals("Secret") ? "secrets" : "configmaps";
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
        authority.secret() == null
            ? new Place("ConfigMap", namespace, authority.configMap())
            : new Place("Secret", namespace, authority.secret());
    return cached.get(place, () -> read(place));
  }

  private TrustBundle read(Place place) {
    try {
      var data = place.kind().equals("Secret") ? secret(place) : configMap(place);
      return data.map(d -> certificates(place, d))
          .orElseGet(() ->
              new Missing(
                  "there is no " + place,
                  "create it with the kubelets' CA under the key %s, or name another one in"
                          .formatted(place.reference().key())
                      + " spec.kubelet.tls.certificateAuthority"));
    } catch (KubernetesClientException e) {
      return e.getCode() == HttpURLConnection.HTTP_FORBIDDEN
          ? forbidden(place, e)
          : new Missing(
              "the %s could not be read: %s".formatted(place, e.getMessage()),
              "it is read again within a minute");
    }
  }

  private Optional<Map<String, String>> configMap(Place place) {
    return Optional.ofNullable(
            client
                .configMaps()
                .inNamespace(place.namespace())
                .withName(place.reference().name())
                .get())
        .map(object -> requireNonNullElse(object.getData(), Map.of()));
  }

  private Optional<Map<String, String>> secret(Place place) {
    return Optional.ofNullable(
            client
                .secrets()
                .inNamespace(place.namespace())
                .withName(place.reference().name())
                .get())
        .map(object -> requireNonNullElse(object.getData(), Map.of()));
  }

  private static TrustBundle certificates(Place place, Map<String, String> data) {
    var key = place.reference().key();
    var value = data.get(key);
    if (value == null) {
      return new Missing(
          "the %s has no key %s".formatted(place, key),
          "put the kubelets' CA under that key, or name another one in"
              + " spec.kubelet.tls.certificateAuthority");
    }
    var certificates =
        Certificates.parse(place.kind().equals("Secret") ? Pem.fromBase64(value) : value);
    if (!certificates.isEmpty()) {
      return new Found(Certificates.pem(certificates));
    }
    return new Missing(
        "the key %s of %s holds no certificate in PEM".formatted(key, place),
        "put the kubelets' CA there, as text between -----BEGIN CERTIFICATE----- and -----END"
            + " CERTIFICATE-----");
  }

  private static Missing forbidden(Place place, KubernetesClientException e) {
    var user = USER.matcher(requireNonNullElse(e.getMessage(), ""));
    var account =
        user.find()
            ? user.group(1) + ":" + user.group(2)
            : "metrics-server-operator:metrics-server-operator";
    return new Missing(
        "the operator is not allowed to read the %s".formatted(place),
        """
        kubectl create role metrics-server-operator-kubelet-ca -n %1$s --verb=get --resource=%2$s --resource-name=%3$s
        kubectl create rolebinding metrics-server-operator-kubelet-ca -n %1$s --role=metrics-server-operator-kubelet-ca --serviceaccount=%4$s\
        """
            .formatted(place.namespace(), place.resource(), place.reference().name(), account));
  }
}
