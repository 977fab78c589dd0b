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

/**
 * Reads a value in the background, on a thread of its own, and reconciles when it changed.
 * Subclasses decide when to read.
 *
 * @param <T> the value, a type of its own
 */
abstract class BackgroundPoller<T> extends AbstractEventSource<T, MetricsServerConfig> {

  private static final Event CHANGED = new Event(new ResourceID(MetricsServerConfig.NAME));

  private ScheduledExecutorService executor;
  private ScheduledFuture<?> next;
  private volatile T value;

  /**
   * Reads nothing yet.
   *
   * @param initial the value before the first read
   */
  BackgroundPoller(Class<T> type, T initial) {
    super(type, type.getSimpleName());
    this.value = initial;
  }

  /** Reads the value and publishes it; must not throw, which would end all polling. */
  abstract void poll();

  @Override
  public synchronized void start() {
    super.start();
    executor =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name(resourceType().getSimpleName()).factory());
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
    return Set.of(value);
  }

  T value() {
    return value;
  }

  /**
   * Sets the value.
   *
   * @return whether it is another one, so that {@link #reconcile} is due
   */
  synchronized boolean update(T read) {
    var changed = !read.equals(value);
    value = read;
    return changed;
  }

  /** Asks for a reconcile. */
  void reconcile() {
    getEventHandler().handleEvent(CHANGED);
  }

  /** Polls after this delay, or earlier if that is already scheduled; not while stopped. */
  synchronized void pollWithin(Duration delay) {
    if (!isRunning()) {
      return;
    }
    if (next != null && !next.isDone()) {
      if (next.getDelay(TimeUnit.MILLISECONDS) <= delay.toMillis()) {
        return;
      }
      next.cancel(false);
    }
    pollAfter(delay);
  }

  /** Polls after this delay. */
  synchronized void pollAfter(Duration delay) {
    if (isRunning()) {
      next = executor.schedule(this::poll, delay.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** Polls now, and again after a pause, until {@link #cancel}. */
  synchronized void pollEvery(Duration pause) {
    if (isRunning()) {
      next =
          executor.scheduleWithFixedDelay(this::poll, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** Cancels the scheduled poll; one that is under way ends by itself. */
  synchronized void cancel() {
    if (next != null) {
      next.cancel(false);
      next = null;
    }
  }
}
