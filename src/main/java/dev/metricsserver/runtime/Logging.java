package dev.metricsserver.runtime;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.List;
import java.util.Map;

/**
 * Configures logging: to standard error, because the output of commands goes to standard output. In
 * code, because an XML file would add 0.07 s to each start.
 */
public final class Logging extends ContextAwareBase implements Configurator {

  /** Everything that a terminal or a log viewer interprets, except line feed and tab. */
  private static final String CONTROL =
      "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]";

  private static final String TIME = "%d{\"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'\", UTC} %-5level ";

  /**
   * One line per entry, cut to 4,000 characters. Text from the cluster cannot forge an entry: line
   * breaks in a message become spaces, and the lines of a stack trace begin with a tab.
   */
  static final String PATTERN =
      TIME
          + line("%msg")
          + "%.-16000replace(%replace(%ex){'"
          + CONTROL
          + "', ' '}){'\\n(?!\\t|$)', '\n\t'}%nopex";

  /** The same with the messages of an exception instead of its stack trace. */
  static final String BRIEF_PATTERN = TIME + line("%msg %ex{0}") + "%nopex";

  private static final Map<String, Level> LEVELS =
      Map.of(
          "ROOT", Level.INFO,
          "io.fabric8", Level.WARN,
          "io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils", Level.ERROR,
          "io.javaoperatorsdk", Level.WARN,
          // A failed start is logged by the operator, without a stack trace.
          "io.javaoperatorsdk.operator.processing.event.source.informer.InformerWrapper", Level.OFF,
          // The operator logs a failed reconcile itself, once and without a stack trace.
          "io.javaoperatorsdk.operator.processing.event.EventProcessor", Level.ERROR,
          "Default ConfigurationService implementation", Level.WARN);

  /** Their errors are those of the API server, which a stack trace does not explain. */
  private static final List<String> LIBRARIES = List.of("io.fabric8", "io.javaoperatorsdk");

  /** Created by logback's service loader. */
  public Logging() {}

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    var own = Level.toLevel(System.getenv("LOG_LEVEL"), Level.INFO);
    LEVELS.forEach((logger, level) -> context.getLogger(logger).setLevel(level));
    context.getLogger("dev.metricsserver").setLevel(own);
    context.getLogger("ROOT").addAppender(appender(context, PATTERN));
    if (own.isGreaterOrEqual(Level.INFO)) {
      var brief = appender(context, BRIEF_PATTERN);
      for (var library : LIBRARIES) {
        context.getLogger(library).setAdditive(false);
        context.getLogger(library).addAppender(brief);
      }
    }
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  private static Appender<ILoggingEvent> appender(LoggerContext context, String pattern) {
    var encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(pattern);
    encoder.start();
    var stderr = new ConsoleAppender<ILoggingEvent>();
    stderr.setContext(context);
    stderr.setTarget("System.err");
    stderr.setEncoder(encoder);
    stderr.start();
    return stderr;
  }

  private static String line(String text) {
    return "%.-4000replace(%replace(" + text + "){'" + CONTROL + "', ' '}){'[\\n\\t]', ' '}%n";
  }
}
