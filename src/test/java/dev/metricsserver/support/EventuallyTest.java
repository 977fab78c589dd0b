package dev.metricsserver.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EventuallyTest {

  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofMinutes(5);

  private final AtomicInteger tries = new AtomicInteger();

  @Test
  void within_assertionFailsAtFirst_returnsWhenItHolds() {
    eventually(false)
        .within(LONG, "the third try", () -> assertThat(tries.incrementAndGet()).isEqualTo(3));

    assertThat(tries).hasValue(3);
  }

  @Test
  void within_exceptionAtFirst_isRetried() {
    eventually(false)
        .within(
            LONG,
            "the second try",
            () -> {
              if (tries.incrementAndGet() == 1) {
                throw new IllegalStateException("not there");
              }
            });

    assertThat(tries).hasValue(2);
  }

  @Test
  void within_assertionNeverHolds_reportsDescriptionElapsedTimeLastErrorAndEvidence() {
    assertThatThrownBy(() ->
            eventually(false)
                .within(
                    SHORT,
                    "the Deployment exists",
                    () -> {
                      throw new IllegalStateException("try " + tries.incrementAndGet());
                    }))
        .isInstanceOf(AssertionError.class)
        .hasMessageMatching(
            "(?s)the Deployment exists: not yet after 0[.][3-9] s; last error:"
                + " java[.]lang[.]IllegalStateException: try [2-9]\\R.*")
        .hasMessageContaining("the log")
        .hasCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void within_hopeless_failsAtOnce() {
    assertThatThrownBy(() ->
            eventually(true)
                .within(LONG, "the Deployment exists", () -> assertThat(tries).hasValue(1)))
        .hasMessageStartingWith("the Deployment exists: not possible any more after 0.");
  }

  private static Eventually eventually(boolean hopeless) {
    return new Eventually(() -> "the log", () -> hopeless);
  }
}
