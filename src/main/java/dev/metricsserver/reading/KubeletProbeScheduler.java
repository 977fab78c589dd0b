package dev.metricsserver.reading;

import dev.metricsserver.model.Kubelet;
import dev.metricsserver.model.KubeletTarget;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Whose turn it is to be looked at, and what was seen. Knows the time from its callers only, and
 * leaves it to them to be called by one thread at a time.
 *
 * <p>The first round takes every target at once, as many in parallel as may be. After it a budget
 * rules: new and changed targets first, then requested ones, then the ones that are due, the
 * longest unseen first and evenly over the minute, so that there is nearly always room for a new
 * one at once.
 */
final class KubeletProbeScheduler {

  static final int PARALLEL = 32;
  static final int PER_MINUTE = 64;
  static final Duration WHEN_VERIFIED = Duration.ofSeconds(60);
  static final Duration WHEN_NOT = Duration.ofSeconds(10);

  /** How long a changed result waits for others before it is reported. */
  static final Duration COALESCED = Duration.ofSeconds(1);

  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration BETWEEN_ROUTINE = MINUTE.dividedBy(PER_MINUTE);

  /** How soon after a probe a requested one may follow. */
  private static final Duration SOONEST = Duration.ofSeconds(1);

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Deque<Instant> spent = new ArrayDeque<>();
  private Map<String, Kubelet> told = Map.of();
  private Map<String, Kubelet> snapshot;
  private Optional<Instant> changedAt = Optional.empty();
  private Instant nextRoutine = Instant.MIN;
  private boolean asked;
  private boolean firstRound = true;
  private int underWay;

  /** A target; a changed one is another entry, so that a look at the old one ends in nothing. */
  static final class Entry {

    private final KubeletTarget target;
    private Kubelet seen;
    private boolean underWay;
    private boolean wanted;
    private Instant looked = Instant.MIN;
    private Instant due = Instant.MIN;

    private Entry(KubeletTarget target) {
      this.target = target;
    }

    KubeletTarget target() {
      return target;
    }

    /** The lower, the sooner its turn. */
    private int rank() {
      return seen == null ? 0 : wanted ? 1 : 2;
    }
  }

  /** Takes these targets, and forgets the others. */
  void targets(Collection<KubeletTarget> targets) {
    asked = true;
    var names = new HashMap<String, KubeletTarget>();
    targets.forEach(target -> names.put(target.node(), target));
    if (entries.values().removeIf(e -> !e.target.equals(names.get(e.target.node())))) {
      snapshot = null;
    }
    names
        .values()
        .forEach(target -> entries.computeIfAbsent(target.node(), n -> new Entry(target)));
    firstRound &= entries.isEmpty() || !complete();
  }

  /** Forgets the targets too: there has been no word of any. */
  void clear() {
    entries.clear();
    afresh();
    asked = false;
  }

  /**
   * Forgets what was seen: it is a first round again, and what is seen then is told, even if it is
   * the same, because a reconcile may wait for it.
   */
  void afresh() {
    entries.replaceAll((node, entry) -> new Entry(entry.target));
    told = Map.of();
    snapshot = null;
    firstRound = true;
  }

  /** Makes a target due. */
  void again(String node, Instant now) {
    var entry = entries.get(node);
    if (entry != null && !entry.wanted) {
      entry.wanted = true;
      entry.due = entry.looked.equals(Instant.MIN) ? now : entry.looked.plus(SOONEST);
    }
  }

  /** The targets to look at now; each of them must be {@link #seen} in the end. */
  List<Entry> take(Instant now) {
    var taken = new ArrayList<Entry>();
    var next = next(now);
    while (next.isPresent()) {
      var entry = next.get();
      start(entry, now);
      taken.add(entry);
      next = next(now);
    }
    return taken;
  }

  private Optional<Entry> next(Instant now) {
    if (underWay >= PARALLEL) {
      return Optional.empty();
    }
    var budget = budget();
    return entries.values().stream()
        .filter(e -> !allowed(e, budget, now).isAfter(now))
        .min(Comparator.comparingInt(Entry::rank).thenComparing(e -> e.looked));
  }

  /** From when one more look is within the budget. */
  private Instant budget() {
    return spent.size() < PER_MINUTE ? Instant.MIN : spent.getFirst().plus(MINUTE);
  }

  /** From when an entry may be looked at; {@link Instant#MAX} while it is. */
  private Instant allowed(Entry entry, Instant budget, Instant now) {
    if (entry.underWay) {
      return Instant.MAX;
    }
    if (entry.rank() == 0 && firstRound) {
      return now;
    }
    var turn = max(entry.due, budget);
    return entry.rank() == 2 ? max(turn, nextRoutine) : turn;
  }

  private void start(Entry entry, Instant now) {
    if (entry.rank() > 0 || !firstRound) {
      if (spent.size() == PER_MINUTE) {
        spent.removeFirst();
      }
      spent.addLast(now);
    }
    if (entry.rank() == 2) {
      nextRoutine = now.plus(BETWEEN_ROUTINE);
    }
    entry.underWay = true;
    entry.wanted = false;
    entry.looked = now;
    underWay++;
  }

  /**
   * Notes what was seen of a target, unless it is none any more.
   *
   * @param verified whether metrics-server will find the certificate good
   */
  void seen(Entry entry, Kubelet kubelet, boolean verified, Instant now) {
    underWay--;
    entry.underWay = false;
    if (!entry.wanted) {
      entry.due = now.plus(verified ? WHEN_VERIFIED : WHEN_NOT);
    }
    if (!kubelet.equals(entry.seen)) {
      entry.seen = kubelet;
      snapshot = null;
      changedAt = Optional.of(changedAt.orElse(now));
    }
    firstRound &= !complete();
  }

  /** Whether to report that a result changed: when no probe is under way, or after a second. */
  boolean tell(Instant now) {
    if (changedAt.isEmpty() || (underWay > 0 && now.isBefore(changedAt.get().plus(COALESCED)))) {
      return false;
    }
    changedAt = Optional.empty();
    var changed = !snapshot().equals(told);
    told = snapshot();
    return changed;
  }

  /** When something is to be done next, if what is under way does not end before. */
  Optional<Instant> wake(Instant now) {
    var budget = budget();
    var look =
        underWay >= PARALLEL
            ? Stream.<Instant>empty()
            : entries.values().stream()
                .map(e -> allowed(e, budget, now))
                .filter(allowed -> !allowed.equals(Instant.MAX));
    return Stream.concat(look, changedAt.map(at -> at.plus(COALESCED)).stream())
        .min(Comparator.naturalOrder());
  }

  /** What was seen last, by node. */
  Map<String, Kubelet> snapshot() {
    if (snapshot == null) {
      var seen = new HashMap<String, Kubelet>();
      entries.forEach((node, entry) -> {
        if (entry.seen != null) {
          seen.put(node, entry.seen);
        }
      });
      snapshot = Map.copyOf(seen);
    }
    return snapshot;
  }

  /** Whether all targets were seen; not before there was a word of any. */
  boolean complete() {
    return asked && entries.values().stream().allMatch(e -> e.seen != null);
  }

  private static Instant max(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }
}
