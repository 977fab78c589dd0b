package dev.metricsserver.reading;

import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a value while it is enabled: at once, and again after a pause. Reconciles when the value
 * changed.
 *
 * @param <T> the value, a type of its own
 */
public final class OnDemandPoller<T> extends BackgroundPoller<T> {

  private static final Logger log = LoggerFactory.getLogger(OnDemandPoller.class);

  private final T none;
  private final Duration pause;
  private Supplier<T> reader;
  private boolean enabled;

  /**
   * Reads nothing until {@link #enable} is called.
   *
   * @param none the value while the poller is disabled
   * @param pause between two reads
   */
  public OnDemandPoller(Class<T> type, T none, Duration pause) {
    super(type, none);
    this.none = none;
    this.pause = pause;
  }

  /** Reads from now on, by this reader. */
  public synchronized void enable(Supplier<T> reader) {
    this.reader = reader;
    if (isRunning() && !enabled) {
      enabled = true;
      pollEvery(pause);
    }
  }

  /** Reads no more, and forgets the value. */
  public synchronized void disable() {
    enabled = false;
    cancel();
    update(none);
  }

  @Override
  void poll() {
    Supplier<T> current;
    synchronized (this) {
      current = reader;
    }
    try {
      if (updateIfEnabled(current.get())) {
        reconcile();
      }
    } catch (RuntimeException | StackOverflowError e) {
      log.warn("Cannot read {}: {}", resourceType().getSimpleName(), e.toString());
    }
  }

  private synchronized boolean updateIfEnabled(T read) {
    return enabled && update(read);
  }
}
