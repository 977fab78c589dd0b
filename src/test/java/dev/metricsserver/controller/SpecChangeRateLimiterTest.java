package dev.metricsserver.controller;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class SpecChangeRateLimiterTest {

  private static final Instant NOW = Instant.parse("2026-11-27T08:00:00Z");

  private final SpecChangeRateLimiter edits = new SpecChangeRateLimiter();

  @Test
  void aFewAreFollowedAtOnce() {
    for (var generation = 1; generation <= 3; generation++) {
      assertThat(edits.delay(generation, NOW)).as("generation %d", generation).isEmpty();
    }
    assertThat(edits.delay(4, NOW)).contains(Duration.ofMillis(600));
    assertThat(edits.delay(5, NOW.plusMillis(200))).contains(Duration.ofMillis(400));
    assertThat(edits.delay(5, NOW.plusMillis(600))).isEmpty();
    assertThat(edits.delay(6, NOW.plusMillis(600))).contains(Duration.ofMillis(600));
  }

  @Test
  void whatIsFollowedIsLookedAtAsOftenAsNeeded() {
    for (var generation = 1; generation <= 3; generation++) {
      edits.delay(generation, NOW);
    }
    assertThat(edits.delay(3, NOW)).isEmpty();
    assertThat(edits.delay(4, NOW)).isPresent();
  }

  @Test
  void afterAPauseAFewAreFollowedAtOnceAgain() {
    for (var generation = 1; generation <= 3; generation++) {
      edits.delay(generation, NOW);
    }
    var later = NOW.plusSeconds(60);
    for (var generation = 4; generation <= 6; generation++) {
      assertThat(edits.delay(generation, later)).as("generation %d", generation).isEmpty();
    }
    assertThat(edits.delay(7, later)).isPresent();
  }

  @Test
  void aHundredASecondAreFewRollouts() {
    var followed = new ArrayList<Long>();
    for (var edit = 1L; edit <= 1_000; edit++) {
      if (edits.delay(edit, NOW.plusMillis(10 * edit)).isEmpty()) {
        followed.add(edit);
      }
    }
    assertThat(followed).hasSizeBetween(17, 20);
    assertThat(edits.delay(1_000, NOW.plusMillis(10_000)))
        .as("the last one waits")
        .hasValueSatisfying(wait -> assertThat(wait).isLessThan(Duration.ofMillis(601)));
  }

  /** A resource that was deleted and created again begins with generation 1. */
  @Test
  void anotherResourceIsAnotherSpec() {
    edits.delay(1, NOW);
    edits.delay(2, NOW);
    assertThat(edits.delay(1, NOW)).isEmpty();
    assertThat(edits.delay(2, NOW)).isPresent();
  }
}
