package dev.metricsserver.reading;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackoffTest {

  private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(10));

  @Test
  void after_shortPause_doubles() {
    assertThat(BACKOFF.after(Duration.ofSeconds(2))).hasSeconds(4);
  }

  @Test
  void after_longPause_staysAtTheLongest() {
    assertThat(BACKOFF.after(Duration.ofSeconds(8))).hasSeconds(10);
  }

  @Test
  void bounded_shorterThanTheFirst_isTheFirst() {
    assertThat(BACKOFF.bounded(Duration.ZERO)).hasSeconds(1);
  }
}
