package dev.metricsserver.reading;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Supplier;

/**
 * The last value that was read, for as long as it is fresh and the same is asked for. Thread-safe;
 * concurrent callers wait for one read.
 *
 * @param <K> what the value was read for
 */
final class Cached<K, V> {

  private final Duration maximumAge;
  private final InstantSource clock;
  private K key;
  private V value;
  private Instant read = Instant.MIN;

  /** A cache without a value. */
  Cached(Duration maximumAge, InstantSource clock) {
    this.maximumAge = maximumAge;
    this.clock = clock;
  }

  /**
   * The value for this key, read again when the last one is for another key or older than the
   * maximum age. When {@code reader} throws, the previous value is kept and tried again next time.
   *
   * @param reader never returns null
   */
  synchronized V get(K requested, Supplier<V> reader) {
    var now = clock.instant();
    if (!requested.equals(key) || read.isBefore(now.minus(maximumAge))) {
      value = reader.get();
      key = requested;
      read = now;
    }
    return value;
  }

  /** Makes the next {@link #get} read again. */
  synchronized void expire() {
    read = Instant.MIN;
  }
}
