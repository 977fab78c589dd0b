package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The cases are those of Go's time.ParseDuration. */
class DurationsTest {

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "0, PT0S",
    "500ms, PT0.5S",
    "10s, PT10S",
    "1m, PT1M",
    "1m30s, PT1M30S",
    "1h, PT1H",
    "1.5h, PT1H30M",
    "0.5m, PT30S",
    ".5m, PT30S",
    "1.s, PT1S",
    "10.25s, PT10.25S",
    "1h2m3s4ms, PT1H2M3.004S",
    "3s1h, PT1H3S",
    "7us, PT0.000007S",
    "7µs, PT0.000007S",
    "7ns, PT0.000000007S",
    "-1m, PT-1M",
    "+1m, PT1M"
  })
  void parse_validDuration_isReadAsGoReadsIt(String text, Duration duration) {
    assertThat(Durations.parse(text)).contains(duration);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "15", "s", "15 s", "15S", "1d", "fast", ".s", "-", "1m30", "1e3s", "9999999h"})
  void parse_notADuration_isEmpty(String text) {
    assertThat(Durations.parse(text)).isEmpty();
  }

  @Test
  void of_notADuration_throws() {
    assertThatThrownBy(() -> Durations.of("15"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("\"15\" is not a duration such as 15s");
  }
}
