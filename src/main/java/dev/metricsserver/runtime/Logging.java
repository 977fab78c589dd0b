package dev.metricsserver.runtime;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.Map;

/**
 * What the process logs, and how: to standard error, since what a command prints is its result. In
 * code, because reading it from XML takes 0.07 s at each start.
 */
public final class Logging extends ContextAwareBase implements Configurator {

  /** One line an entry: what a user wrote into a field cannot forge another one. */
  private static final String PATTERN =
      "%d{\"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'\", UTC} %-5level %replace(%msg){'[\\r\\n\\x1b]', '"
          + " '}%n%ex";

  private static final Map<String, Level> LEVELS =
      Map.of(
          "ROOT", Level.INFO,
          "io.fabric8", Level.WARN,
          "io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils", Level.ERROR,
          "io.javaoperatorsdk", Level.WARN,
          // A failed reconcile is told once, in our words, not with every retry and its stack.
          "io.javaoperatorsdk.operator.processing.event.EventProcessor", Level.ERROR,
          "Default ConfigurationService implementation", Level.WARN);

  /** For logback, which finds it as a service. */
  public Logging() {}

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    var encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(PATTERN);
    encoder.start();
    var stderr = new ConsoleAppender<ILoggingEvent>();
    stderr.setContext(context);
    stderr.setTarget("System.err");
    stderr.setEncoder(encoder);
    stderr.start();
    LEVELS.forEach((logger, level) -> context.getLogger(logger).setLevel(level));
    context.getLogger("ROOT").addAppender(stderr);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
