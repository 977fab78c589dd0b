package dev.metricsserver.reading;

import dev.metricsserver.model.Extension;
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

/** Finds out which kinds of other projects the cluster has. */
public final class ExtensionReader {

  /** A kind may join its group later, which no event reports. */
  private static final Backoff PAUSE = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(10));

  /**
   * A group as it was discovered last.
   *
   * @param uid of its APIService
   * @param appeared when the APIService was first seen
   */
  private record Group(String uid, Instant appeared, Instant read, Set<String> resources) {

    boolean old(Instant now) {
      return !now.isBefore(read.plus(PAUSE.bounded(Duration.between(appeared, read))));
    }
  }

  private final KubernetesClient client;
  private final InstantSource clock;
  private final Map<String, Group> groups = new HashMap<>();

  /** A reader that has read nothing yet. */
  public ExtensionReader(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  /**
   * The kinds that the cluster has. Each group is discovered when its APIService appears, and then
   * less and less often.
   *
   * @param apiServices the uid of each APIService, by its name
   */
  public synchronized Set<Extension> read(Map<String, String> apiServices) {
    groups.keySet().retainAll(apiServices.keySet());
    var found = EnumSet.noneOf(Extension.class);
    for (var extension : Extension.values()) {
      var uid = apiServices.get(extension.apiService());
      if (uid != null && resources(extension, uid).contains(extension.resource())) {
        found.add(extension);
      }
    }
    return found;
  }

  private Set<String> resources(Extension extension, String uid) {
    var now = clock.instant();
    var last = groups.get(extension.apiService());
    var same = last != null && last.uid().equals(uid);
    if (!same || last.old(now)) {
      last = new Group(uid, same ? last.appeared() : now, now, discover(extension));
      groups.put(extension.apiService(), last);
    }
    return last.resources();
  }

  private Set<String> discover(Extension extension) {
    return Optional.ofNullable(client.getApiResources(extension.groupVersion()))
        .map(APIResourceList::getResources)
        .stream()
        .flatMap(resources -> resources.stream().map(APIResource::getName))
        .collect(Collectors.toUnmodifiableSet());
  }
}
