package dev.metricsserver.model;

import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Kinds that others bring into a cluster, and of which the operator then writes objects. */
public enum Extension {
  /** Cilium's own policies. */
  CILIUM_NETWORK_POLICY("cilium.io", "v2", "ciliumnetworkpolicies"),
  /** What Prometheus Operator tells Prometheus to read. */
  SERVICE_MONITOR("monitoring.coreos.com", "v1", "servicemonitors"),
  /** What Prometheus Operator tells Prometheus to alert about. */
  PROMETHEUS_RULE("monitoring.coreos.com", "v1", "prometheusrules"),
  /** What cert-manager is to keep in a Secret. */
  CERTIFICATE("cert-manager.io", "v1", "certificates"),
  /** Who signs for cert-manager. */
  ISSUER("cert-manager.io", "v1", "issuers");

  private final String group;
  private final String version;
  private final String resource;

  Extension(String group, String version, String resource) {
    this.group = group;
    this.version = version;
    this.resource = resource;
  }

  /**
   * The APIService that the API server makes when the group gets its first definition, and takes
   * away with its last: small, and an event tells of it.
   */
  public String registration() {
    return version + "." + group;
  }

  /** Finds out which there are. */
  public static final class Reader {

    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration OLD = Duration.ofMinutes(10);

    private record Known(String uid, Instant came, Instant read, Set<String> resources) {

      /**
       * A kind may come into its group later, and nobody tells: ever more rarely, the longer the
       * group is there.
       */
      boolean old(Instant now) {
        var age = Duration.between(came, read);
        var pause = age.compareTo(SOON) < 0 ? SOON : age.compareTo(OLD) > 0 ? OLD : age;
        return !now.isBefore(read.plus(pause));
      }
    }

    private final KubernetesClient client;
    private final InstantSource clock;
    private final Map<String, Known> known = new HashMap<>();

    /** A reader that has read nothing yet. */
    public Reader(KubernetesClient client, InstantSource clock) {
      this.client = client;
      this.clock = clock;
    }

    /**
     * Those that there are; a request for each group when it came, and then ever more rarely.
     *
     * @param registrations the uid of each APIService that was seen, by its name
     */
    public synchronized Set<Extension> read(Map<String, String> registrations) {
      known.keySet().retainAll(registrations.keySet());
      var found = EnumSet.noneOf(Extension.class);
      for (var extension : values()) {
        var uid = registrations.get(extension.registration());
        if (uid != null && resources(extension, uid).contains(extension.resource)) {
          found.add(extension);
        }
      }
      return found;
    }

    private Set<String> resources(Extension extension, String uid) {
      var now = clock.instant();
      var last = known.get(extension.registration());
      var same = last != null && last.uid().equals(uid);
      if (!same || last.old(now)) {
        last = new Known(uid, same ? last.came() : now, now, resources(extension));
        known.put(extension.registration(), last);
      }
      return last.resources();
    }

    private Set<String> resources(Extension extension) {
      return Optional.ofNullable(client.getApiResources(extension.group + "/" + extension.version))
          .map(APIResourceList::getResources)
          .stream()
          .flatMap(resources -> resources.stream().map(APIResource::getName))
          .collect(Collectors.toUnmodifiableSet());
    }
  }
}
