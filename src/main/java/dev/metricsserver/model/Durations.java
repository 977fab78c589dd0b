package dev.metricsserver.model;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Durations as Go and the API server read them: {@code 15s}, {@code 1m30s}, {@code 1.5h}, {@code
 * -2ms}, {@code 0}.
 */
public final class Durations {

  private static final String PART = "([0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)";
  private static final Pattern PARTS = Pattern.compile(PART);
  private static final Pattern DURATION = Pattern.compile("([-+]?)(0|(?:%s)+)".formatted(PART));
  private static final Map<String, Long> NANOS =
      Map.of(
          "ns", 1L,
          "us", 1_000L,
          "µs", 1_000L,
          "μs", 1_000L,
          "ms", 1_000_000L,
          "s", 1_000_000_000L,
          "m", 60_000_000_000L,
          "h", 3_600_000_000_000L);

  private Durations() {}

  /**
   * Reads a duration; empty where the text is none, or more than 2^63 nanoseconds (292 years), the
   * limit of Go.
   */
  public static Optional<Duration> parse(String text) {
    var matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    var nanos =
        PARTS
            .matcher(matcher.group(2))
            .results()
            .map(part ->
                new BigDecimal(part.group(1))
                    .multiply(BigDecimal.valueOf(NANOS.get(part.group(2)))))
            .reduce(BigDecimal.ZERO, BigDecimal::add);
    if (nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      return Optional.empty();
    }
    var duration = Duration.ofNanos(nanos.longValue());
    return Optional.of(matcher.group(1).equals("-") ? duration.negated() : duration);
  }

  /**
   * Reads a duration that the schema has validated.
   *
   * @throws IllegalArgumentException where it is none
   */
  public static Duration of(String text) {
    return parse(text)
        .orElseThrow(() ->
            new IllegalArgumentException("\"%s\" is not a duration such as 15s".formatted(text)));
  }
}
