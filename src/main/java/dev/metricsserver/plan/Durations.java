package dev.metricsserver.plan;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

/** Durations as metrics-server's flags write them: {@code 15s}, {@code 1m30s}, {@code 1.5h}. */
public final class Durations {

  private static final Pattern PART = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(ms|s|m|h)");
  private static final Map<String, Long> MILLIS =
      Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L);

  private Durations() {}

  /** Reads one that the schema admitted; anything else is zero. */
  public static Duration parse(String text) {
    return PART.matcher(text)
        .results()
        .map(part ->
            new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(MILLIS.get(part.group(2)))))
        .map(millis -> Duration.ofMillis(millis.longValue()))
        .reduce(Duration.ZERO, Duration::plus);
  }
}
