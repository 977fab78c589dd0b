package dev.metricsserver.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationsTest {

  @ParameterizedTest(name = "{0} is {1} ms")
  @CsvSource({
    "500ms, 500",
    "10s, 10000",
    "1m, 60000",
    "1m30s, 90000",
    "1h, 3600000",
    "1.5h, 5400000",
    "0.5m, 30000",
    "10.25s, 10250",
    "1h2m3s4ms, 3723004"
  })
  void aDurationIsReadAsGoReadsIt(String text, long millis) {
    assertThat(Durations.parse(text)).hasMillis(millis);
  }
}
