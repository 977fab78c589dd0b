package dev.metricsserver.reading;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.MetricsAnswer;
import io.fabric8.kubernetes.api.model.Duration;
import io.fabric8.kubernetes.api.model.metrics.v1beta1.NodeMetrics;
import io.fabric8.kubernetes.api.model.metrics.v1beta1.NodeMetricsBuilder;
import java.text.ParseException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which answers are published, when the next query is sent, and which measurements are old. */
class MetricsQueryTest {

  private static final java.time.Duration SECOND = java.time.Duration.ofSeconds(1);
  private static final java.time.Duration SCRAPE = java.time.Duration.ofSeconds(30);

  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

  private static MetricsAnswer nodes(int from, int to) {
    return MetricsAnswer.of(
        IntStream.range(from, to).mapToObj(i -> "node-" + i).collect(Collectors.toSet()));
  }

  @Test
  void settled_fewNodes_eachAnswerIs() {
    assertThat(MetricsQuery.settled(nodes(0, 100), nodes(0, 100), nodes(0, 99))).isTrue();
  }

  @Test
  void settled_firstAnswer_is() {
    assertThat(
            MetricsQuery.settled(MetricsAnswer.NOT_ASKED, MetricsAnswer.NOT_ASKED, nodes(0, 5_000)))
        .isTrue();
  }

  @Test
  void settled_manyNodes_twoAnswersHaveToAgree() {
    var all = nodes(0, 5_000);
    var fewer = nodes(0, 4_998);

    assertThat(MetricsQuery.settled(all, all, fewer)).isFalse();
    assertThat(MetricsQuery.settled(all, fewer, nodes(1, 5_000))).isFalse();
    assertThat(MetricsQuery.settled(all, fewer, fewer)).isTrue();
    assertThat(MetricsQuery.settled(all, fewer, all)).as("as published").isTrue();
  }

  @Test
  void settled_outage_isAtOnce() {
    var all = nodes(0, 5_000);

    assertThat(MetricsQuery.settled(all, all, MetricsAnswer.refused("503"))).isTrue();
    assertThat(MetricsQuery.settled(all, all, MetricsAnswer.of(Set.of()))).isTrue();
  }

  /** One list a minute, whatever is reconciled meanwhile. */
  @Test
  void pause_answered_isOneMinute() {
    var complete = Seen.fine(NOW).observations().coverage();

    assertThat(MetricsQuery.pause(nodes(0, 50), false, SECOND, SCRAPE)).hasMinutes(1);
    assertThat(MetricsQuery.sooner(nodes(0, 50), true, complete, SCRAPE)).isEmpty();
  }

  @Test
  void pause_nodesMissing_isOneScrape() {
    var incomplete = Seen.fine(NOW).reporting(48, 50).observations().coverage();

    assertThat(MetricsQuery.sooner(nodes(0, 48), true, incomplete, SCRAPE)).hasValue(SCRAPE);
    assertThat(MetricsQuery.pause(nodes(0, 5_000), true, SECOND, SCRAPE)).isEqualTo(SCRAPE);
  }

  @Test
  void pause_conditionAndAnswerDisagree_isNone() {
    var complete = Seen.fine(NOW).observations().coverage();

    assertThat(MetricsQuery.sooner(nodes(0, 50), false, complete, SCRAPE))
        .hasValue(java.time.Duration.ZERO);
  }

  @Test
  void pause_notAnswered_isTheRetry() {
    assertThat(MetricsQuery.pause(MetricsAnswer.refused("503"), false, SECOND, SCRAPE))
        .isEqualTo(SECOND);
  }

  /** Four rounds and a minute. */
  @ParameterizedTest(name = "window {0}, {1} s old: {2}")
  @CsvSource({"15s, 119, false", "15s, 121, true", "1m0s, 299, false", "1m0s, 301, true"})
  void theNewestMeasurementMayNotBeOld(String window, long age, boolean stale)
      throws ParseException {
    var items = List.of(metrics(age + 1_000, window), metrics(age, window));

    assertThat(MetricsQuery.staleSince(items, NOW).isPresent()).isEqualTo(stale);
  }

  @Test
  void noMeasurementIsNotOld() {
    assertThat(MetricsQuery.staleSince(List.of(), NOW)).isEmpty();
    assertThat(MetricsQuery.staleSince(List.of(new NodeMetrics()), NOW)).isEmpty();
  }

  private static NodeMetrics metrics(long age, String window) throws ParseException {
    return new NodeMetricsBuilder()
        .withTimestamp(NOW.minusSeconds(age).toString())
        .withWindow(Duration.parse(window))
        .build();
  }
}
