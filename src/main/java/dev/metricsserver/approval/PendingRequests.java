package dev.metricsserver.approval;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The requests without a decision. Of each user only the newest are judged: a kubelet waits for the
 * newest one, and a user cannot take the time and the memory of the operator with more.
 */
final class PendingRequests {

  /** How many requests of one user are judged. */
  static final int NEWEST = 3;

  private static final Comparator<PendingRequest> NEWEST_FIRST =
      Comparator.comparing(PendingRequest::created).reversed().thenComparing(PendingRequest::name);

  private final Map<String, List<PendingRequest>> byUser = new HashMap<>();
  private final Map<String, PendingRequest> byUid = new HashMap<>();

  /** UIDs of older requests. */
  private final Set<String> superseded = new HashSet<>();

  /** Adds a request. Returns whether it is one of the newest of its user. */
  synchronized boolean add(PendingRequest request) {
    remove(request.uid());
    var newest = new ArrayList<>(byUser.getOrDefault(request.user(), List.of()));
    newest.add(request);
    newest.sort(NEWEST_FIRST);
    byUid.put(request.uid(), request);
    if (newest.size() > NEWEST) {
      var oldest = newest.removeLast();
      byUid.remove(oldest.uid());
      superseded.add(oldest.uid());
    }
    byUser.put(request.user(), List.copyOf(newest));
    return newest.contains(request);
  }

  /** Removes a request. Returns whether it was there. */
  synchronized boolean remove(String uid) {
    var request = byUid.remove(uid);
    if (request == null) {
      return superseded.remove(uid);
    }
    byUser.computeIfPresent(
        request.user(),
        (_, requests) -> {
          var others = requests.stream().filter(r -> r != request).toList();
          return others.isEmpty() ? null : others;
        });
    return true;
  }

  /** Removes all requests but these. Returns whether there were others. */
  synchronized boolean retain(Set<String> uids) {
    var gone = new ArrayList<String>();
    byUid.keySet().stream().filter(uid -> !uids.contains(uid)).forEach(gone::add);
    superseded.stream().filter(uid -> !uids.contains(uid)).forEach(gone::add);
    gone.forEach(this::remove);
    return !gone.isEmpty();
  }

  synchronized Optional<PendingRequest> get(String uid) {
    return Optional.ofNullable(byUid.get(uid));
  }

  /** Whether this request is still one of the newest of its user. */
  synchronized boolean contains(PendingRequest request) {
    return byUid.get(request.uid()) == request;
  }

  /** The newest requests of a user, the newest first. */
  synchronized List<PendingRequest> of(String user) {
    return byUser.getOrDefault(user, List.of());
  }

  /** The newest requests of all users. */
  synchronized List<PendingRequest> all() {
    return List.copyOf(byUid.values());
  }

  synchronized Set<String> users() {
    return Set.copyOf(byUser.keySet());
  }

  /** The number of requests without a decision, including those that are not judged. */
  synchronized int total() {
    return byUid.size() + superseded.size();
  }
}
