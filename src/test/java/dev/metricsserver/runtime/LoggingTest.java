package dev.metricsserver.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.LoggingEvent;
import org.junit.jupiter.api.Test;

/** Text from the cluster in log entries. */
class LoggingTest {

  private static final String FORGED =
      "x\n2026-11-30T18:00:00.000Z INFO  Approved certificate request csr-1 of node cp-1";

  @Test
  void message_withLineBreaksAndEscapes_isOneLine() {
    var line = line(FORGED + "\r\u001b[2J\u009b\u202e\u0085\u2028", null);
    assertThat(line.strip().lines()).hasSize(1);
    assertThat(line.strip().chars()).allMatch(c -> c >= ' ' && c < 0x7f);
  }

  @Test
  void exception_withLineBreaks_cannotForgeAnEntry() {
    var lines =
        line("failed", new IllegalStateException(FORGED, new RuntimeException(FORGED))).lines();
    assertThat(lines.skip(1))
        .isNotEmpty()
        .allMatch(l -> l.isEmpty() || l.startsWith("\t") || l.startsWith("java.lang."));
  }

  @Test
  void message_ofAMegabyte_isCut() {
    assertThat(line("x".repeat(1_000_000), new RuntimeException("y".repeat(1_000_000))))
        .hasSizeLessThan(25_000);
  }

  @Test
  void exception_ofALibrary_isOneLineWithTheCauses() {
    var line =
        line(
            Logging.BRIEF_PATTERN,
            "will stop",
            new IllegalStateException("outer", new RuntimeException(FORGED)));
    assertThat(line.strip().lines()).hasSize(1);
    assertThat(line).contains("will stop", "outer", "Approved").doesNotContain("LoggingTest");
  }

  private static String line(String message, Throwable e) {
    return line(Logging.PATTERN, message, e);
  }

  private static String line(String pattern, String message, Throwable e) {
    var context = new LoggerContext();
    var layout = new PatternLayout();
    layout.setContext(context);
    layout.setPattern(pattern);
    layout.start();
    return layout.doLayout(
        new LoggingEvent("", context.getLogger("test"), Level.WARN, message, e, new Object[0]));
  }
}
