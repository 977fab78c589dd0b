package dev.metricsserver.reading;

import dev.metricsserver.api.MetricsServerConfig;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A question that is asked only at times, in the background: at once, and again after a while for
 * as long as it is of interest. Reconciles when the answer changed.
 *
 * @param <T> the answer, a type of its own
 */
public final class OnDemandPoller<T> extends AbstractEventSource<T, MetricsServerConfig> {

  private static final Logger log = LoggerFactory.getLogger(OnDemandPoller.class);
  private static final Event CHANGED = new Event(new ResourceID(MetricsServerConfig.NAME));

  private final String name;
  private final T nothing;
  private final Duration again;
  private ScheduledExecutorService executor;
  private ScheduledFuture<?> next;
  private Supplier<T> question;
  private volatile T answer;

  /**
   * Asks nothing until {@link #about} is called.
   *
   * @param nothing the answer while nothing is asked
   * @param again after which time the question is asked again
   */
  public OnDemandPoller(Class<T> type, T nothing, Duration again) {
    super(type, type.getSimpleName());
    this.name = type.getSimpleName();
    this.nothing = nothing;
    this.answer = nothing;
    this.again = again;
  }

  @Override
  public synchronized void start() {
    super.start();
    executor =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name(name).factory());
  }

  @Override
  public synchronized void stop() {
    super.stop();
    if (executor != null) {
      executor.shutdownNow();
    }
  }

  @Override
  public Set<T> getSecondaryResources(MetricsServerConfig primary) {
    return Set.of(answer);
  }

  /** The question is of interest, from now on in this form. */
  public synchronized void about(Supplier<T> question) {
    this.question = question;
    if (isRunning() && next == null) {
      next = executor.scheduleWithFixedDelay(this::ask, 0, again.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** The question is of no interest any more, and the last answer no longer true. */
  public synchronized void over() {
    answer = nothing;
    if (next != null) {
      next.cancel(false);
      next = null;
    }
  }

  private void ask() {
    Supplier<T> current;
    synchronized (this) {
      current = question;
    }
    try {
      if (publish(current.get())) {
        getEventHandler().handleEvent(CHANGED);
      }
    } catch (RuntimeException e) {
      // What is thrown from here would end all further asking.
      log.warn("{} could not be had: {}", name, e.toString());
    }
  }

  private synchronized boolean publish(T found) {
    if (next == null || found.equals(answer)) {
      return false;
    }
    answer = found;
    return true;
  }
}
