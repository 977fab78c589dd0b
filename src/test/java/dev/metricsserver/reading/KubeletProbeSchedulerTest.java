package dev.metricsserver.reading;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.Kubelet;
import dev.metricsserver.model.Kubelet.Handshake;
import dev.metricsserver.model.KubeletTarget;
import dev.metricsserver.reading.KubeletProbeScheduler.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KubeletProbeSchedulerTest {

  private static final Kubelet VERIFIED = kubelet(true);
  private static final Kubelet UNSIGNED = kubelet(false);

  private final KubeletProbeScheduler turns = new KubeletProbeScheduler();
  private Instant now = Instant.parse("2026-11-21T12:00:00Z");

  @Test
  void theFirstRoundTakesAllAtOnceAndSoManyInParallel() {
    turns.targets(targets(100));

    var first = turns.take(now);
    assertThat(first).hasSize(KubeletProbeScheduler.PARALLEL);
    assertThat(turns.take(now)).isEmpty();
    var looked = 0;
    for (var under = new ArrayList<>(first); !under.isEmpty(); looked++) {
      turns.seen(under.removeFirst(), VERIFIED, true, now);
      under.addAll(turns.take(now));
    }

    assertThat(looked).isEqualTo(100);
    assertThat(turns.complete()).isTrue();
    assertThat(turns.snapshot()).hasSize(100);
  }

  @Test
  void nothingIsCompleteBeforeThereWasAWordOfTargets() {
    assertThat(turns.complete()).isFalse();
    assertThat(turns.wake(now)).isEmpty();

    turns.targets(List.of());

    assertThat(turns.complete()).isTrue();
  }

  @Test
  void aVerifiedNodeIsDueAfterAMinuteAnyOtherAfterTenSeconds() {
    turns.targets(targets(2));
    var taken = turns.take(now);
    turns.seen(taken.getFirst(), VERIFIED, true, now);
    turns.seen(taken.getLast(), UNSIGNED, false, now);
    assertThat(turns.tell(now)).isTrue();

    assertThat(turns.wake(now)).hasValue(now.plusSeconds(10));
    after(Duration.ofMillis(9999));
    assertThat(turns.take(now)).isEmpty();
    after(Duration.ofMillis(1));
    assertThat(finish(UNSIGNED, false)).containsExactly("node-2");

    after(Duration.ofSeconds(49));
    assertThat(finish(UNSIGNED, false)).containsExactly("node-2");
    after(Duration.ofSeconds(1));
    assertThat(finish(VERIFIED, true)).containsExactly("node-1");
  }

  @Test
  void afterTheFirstRoundAtMostSixtyFourAMinute() {
    turns.targets(targets(500));
    finish(UNSIGNED, false);

    var looks = new ArrayList<Instant>();
    var end = now.plus(Duration.ofMinutes(5));
    while (now.isBefore(end)) {
      finish(UNSIGNED, false).forEach(node -> looks.add(now));
      after(Duration.ofMillis(100));
    }

    assertThat(looks).hasSizeBetween(64 * 4, 64 * 5);
    for (var i = KubeletProbeScheduler.PER_MINUTE; i < looks.size(); i++) {
      assertThat(Duration.between(looks.get(i - KubeletProbeScheduler.PER_MINUTE), looks.get(i)))
          .isGreaterThanOrEqualTo(Duration.ofMinutes(1));
    }
  }

  @Test
  void theLongestUnseenIsNext() {
    turns.targets(targets(200));
    finish(UNSIGNED, false);

    var looked = new ArrayList<String>();
    while (looked.size() < 400) {
      after(Duration.ofMillis(500));
      looked.addAll(finish(UNSIGNED, false));
    }

    assertThat(looked.subList(0, 200)).doesNotHaveDuplicates();
    assertThat(looked.subList(200, 400)).isEqualTo(looked.subList(0, 200));
  }

  @Test
  void newAndChangedNodesComeFirstAndThenThoseAskedFor() {
    turns.targets(targets(200));
    finish(UNSIGNED, false);
    spendTheBudget();

    var targets = targets(201);
    targets.set(6, new KubeletTarget("node-7", "10.9.9.9", 10250));
    turns.again("node-9", now);
    turns.targets(targets);

    var looked = new ArrayList<String>();
    while (looked.size() < 4) {
      looked.addAll(finish(UNSIGNED, false));
      after(Duration.ofMillis(100));
    }
    assertThat(looked.subList(0, 2)).containsExactlyInAnyOrder("node-7", "node-201");
    assertThat(looked.get(2)).isEqualTo("node-9");
  }

  /** With routine looks spread over the minute there is nearly always room for a new node. */
  @Test
  void aNewNodeWaitsOneTurnInALargeCluster() {
    turns.targets(targets(1000));
    finish(UNSIGNED, false);
    spendTheBudget();
    turns.targets(targets(1001));

    var waited = Duration.ZERO;
    while (!turns.snapshot().containsKey("node-1001")) {
      finish(UNSIGNED, false);
      after(Duration.ofMillis(100));
      waited = waited.plusMillis(100);
    }
    assertThat(waited).isLessThan(Duration.ofMillis(1200));
  }

  @Test
  void aNodeThatIsAskedForIsLookedAtSoonButNotAtOnceAgain() {
    turns.targets(targets(1));
    finish(VERIFIED, true);

    turns.again("node-1", now);
    turns.again("node-1", now);
    turns.again("gone", now);

    assertThat(turns.take(now)).isEmpty();
    after(Duration.ofSeconds(1));
    assertThat(finish(VERIFIED, true)).containsExactly("node-1");
    after(Duration.ofSeconds(30));
    assertThat(turns.take(now)).isEmpty();
  }

  /** What the look under way sees may be from before the change. */
  @Test
  void aNodeThatIsAskedForDuringALookIsLookedAtOnceMore() {
    turns.targets(targets(1));
    finish(VERIFIED, true);
    after(Duration.ofMinutes(1));
    var underWay = turns.take(now);
    turns.again("node-1", now);
    turns.seen(underWay.getFirst(), VERIFIED, true, now);

    after(Duration.ofSeconds(1));

    assertThat(finish(VERIFIED, true)).containsExactly("node-1");
  }

  @Test
  void changes_shortRound_areReportedOnceAtItsEnd() {
    turns.targets(targets(3));
    var taken = turns.take(now);
    turns.seen(taken.get(0), VERIFIED, true, now);
    assertThat(turns.tell(now)).isFalse();
    turns.seen(taken.get(1), VERIFIED, true, now);
    assertThat(turns.tell(now)).isFalse();
    turns.seen(taken.get(2), VERIFIED, true, now);

    assertThat(turns.tell(now)).isTrue();
    assertThat(turns.tell(now)).isFalse();
  }

  @Test
  void changes_longRound_areReportedEverySecond() {
    turns.targets(targets(3));
    var taken = turns.take(now);
    turns.seen(taken.getFirst(), VERIFIED, true, now);

    assertThat(turns.wake(now)).hasValue(now.plusSeconds(1));
    after(Duration.ofSeconds(1));
    assertThat(turns.tell(now)).isTrue();
    assertThat(turns.tell(now)).isFalse();
    assertThat(turns.complete()).isFalse();
  }

  @Test
  void changes_none_areNotReported() {
    turns.targets(targets(2));
    finish(VERIFIED, true);
    assertThat(turns.tell(now)).isTrue();

    after(Duration.ofMinutes(2));
    finish(kubelet(true), true);

    assertThat(turns.tell(now)).isFalse();
  }

  @Test
  void whatIsNoTargetAnyMoreIsForgotten() {
    turns.targets(targets(2));
    finish(VERIFIED, true);

    turns.targets(targets(1));

    assertThat(turns.snapshot()).containsOnlyKeys("node-1");
    assertThat(turns.complete()).isTrue();
  }

  @Test
  void aLookAtAnOldAddressCountsForNothing() {
    turns.targets(targets(1));
    var old = turns.take(now).getFirst();
    turns.targets(List.of(new KubeletTarget("node-1", "10.9.9.9", 10250)));
    var current = turns.take(now).getFirst();

    turns.seen(old, UNSIGNED, false, now);
    assertThat(turns.snapshot()).isEmpty();
    assertThat(turns.complete()).isFalse();
    turns.seen(current, VERIFIED, true, now);

    assertThat(turns.snapshot()).containsEntry("node-1", VERIFIED);
  }

  @Test
  void withAnotherAuthorityNothingIsKnownAndItIsAFirstRound() {
    turns.targets(targets(100));
    finish(VERIFIED, true);
    var old = turns.take(now.plusSeconds(60)).getFirst();

    turns.afresh();

    assertThat(turns.snapshot()).isEmpty();
    assertThat(turns.complete()).isFalse();
    turns.seen(old, VERIFIED, true, now);
    assertThat(turns.snapshot()).isEmpty();
    assertThat(finish(UNSIGNED, false)).hasSize(100);
    assertThat(turns.snapshot()).containsEntry("node-1", UNSIGNED);
  }

  @Test
  void twoVerifiedNodesAreTwoLooksAMinute() {
    turns.targets(targets(2));
    finish(VERIFIED, true);
    var start = now;
    var woken = 0;
    var looked = 0;

    while (now.isBefore(start.plus(Duration.ofMinutes(10)))) {
      assertThat(turns.tell(now)).isEqualTo(woken == 0);
      now = turns.wake(now).orElseThrow();
      woken++;
      looked += finish(VERIFIED, true).size();
    }

    assertThat(looked).isLessThanOrEqualTo(20);
    assertThat(woken).isLessThanOrEqualTo(20);
  }

  private void after(Duration time) {
    now = now.plus(time);
  }

  private void spendTheBudget() {
    for (var i = 0; i < 800; i++) {
      after(Duration.ofMillis(100));
      finish(UNSIGNED, false);
    }
  }

  /** Looks at all whose turn it is, each in no time. */
  private List<String> finish(Kubelet kubelet, boolean verified) {
    var looked = new ArrayList<String>();
    for (var taken = turns.take(now); !taken.isEmpty(); taken = turns.take(now)) {
      for (Entry entry : taken) {
        looked.add(entry.target().node());
        turns.seen(entry, kubelet, verified, now);
      }
    }
    return looked;
  }

  private static List<KubeletTarget> targets(int count) {
    return IntStream.rangeClosed(1, count)
        .mapToObj(i -> new KubeletTarget("node-" + i, "10.0." + i / 256 + "." + i % 256, 10250))
        .collect(toCollection(ArrayList::new));
  }

  private static Kubelet kubelet(boolean signed) {
    return new Kubelet(
        Handshake.Completed,
        "",
        signed,
        false,
        List.of("10.0.0.1"),
        Instant.EPOCH,
        Instant.EPOCH,
        false);
  }
}
