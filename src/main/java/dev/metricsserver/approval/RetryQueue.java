package dev.metricsserver.approval;

import dev.metricsserver.reading.Backoff;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a task for keys: one run at a time for each key, with a back-off while the task asks for a
 * retry, and a limited rate, so that no key can take the time of the others.
 *
 * @param <K> the type of keys
 */
final class RetryQueue<K> {

  private static final Logger log = LoggerFactory.getLogger(RetryQueue.class);

  /**
   * Each thread waits for the API server nearly all of its time: four fall behind 100 requests a
   * second as soon as an answer takes 20 ms.
   */
  private static final int THREADS = 16;

  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final Backoff RETRY = new Backoff(Duration.ofMillis(500), Duration.ofMinutes(1));

  /** Runs of one key at once, and afterwards one in each interval. */
  private static final int BURST = 5;

  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final String name;
  private final InstantSource clock;
  private final Function<K, Next> task;
  private final Map<K, Entry> entries = new ConcurrentHashMap<>();
  private volatile ScheduledThreadPoolExecutor executor;

  /** What follows a run of the task. */
  sealed interface Next {

    /** No other run. */
    record Done() implements Next {}

    /** Another run, after a time that doubles from run to run. */
    record Retry() implements Next {}

    /** Another run, after this time. */
    record After(Duration delay) implements Next {}
  }

  /** The state of a key. A newer turn replaces the one that was planned before. */
  private final class Entry {

    private final TokenBucket bucket = new TokenBucket(clock, BURST, INTERVAL);
    private final Object running = new Object();
    private int turn;
    private Duration retry = RETRY.first();

    synchronized int next() {
      return ++turn;
    }

    synchronized boolean isCurrent(int wanted) {
      return turn == wanted;
    }

    synchronized void reset() {
      retry = RETRY.first();
    }

    synchronized Duration delay() {
      var delay = retry;
      retry = RETRY.after(delay);
      return delay;
    }
  }

  /**
   * A queue that is not started.
   *
   * @param name of its threads
   */
  RetryQueue(String name, InstantSource clock, Function<K, Next> task) {
    this.name = name;
    this.clock = clock;
    this.task = task;
  }

  void start() {
    executor =
        new ScheduledThreadPoolExecutor(
            THREADS, Thread.ofPlatform().daemon().name(name + "-", 0).factory());
    executor.setKeepAliveTime(IDLE.toMillis(), TimeUnit.MILLISECONDS);
    executor.allowCoreThreadTimeOut(true);
  }

  void stop() {
    executor.shutdownNow();
  }

  /** Runs the task for a key as soon as its rate allows, instead of any later run. */
  void run(K key) {
    var entry = entries.computeIfAbsent(key, _ -> new Entry());
    plan(key, entry, entry.next(), Duration.ZERO);
  }

  /** The same, and the next retry comes soon: there is news about the key. */
  void runAfresh(K key) {
    entries.computeIfAbsent(key, _ -> new Entry()).reset();
    run(key);
  }

  /** Runs something once, on a thread of the queue. */
  void later(Runnable other, Duration delay) {
    try {
      var _ = executor.schedule(other, delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("The queue {} is stopped", name, e);
    }
  }

  private void plan(K key, Entry entry, int turn, Duration delay) {
    later(() -> turn(key, entry, turn), delay);
  }

  private void turn(K key, Entry entry, int turn) {
    if (!entry.isCurrent(turn)) {
      return;
    }
    var wait = entry.bucket.take() ? Duration.ZERO : entry.bucket.untilNext().plusMillis(1);
    if (!wait.isZero()) {
      plan(key, entry, turn, wait);
      return;
    }
    Next next;
    synchronized (entry.running) {
      next = task.apply(key);
    }
    // A turn that was planned during the run comes first.
    if (entry.isCurrent(turn)) {
      follow(key, entry, turn, next);
    }
  }

  private void follow(K key, Entry entry, int turn, Next next) {
    switch (next) {
      case Next.Done() -> later(() -> forget(key, entry, turn), INTERVAL.multipliedBy(BURST));
      case Next.Retry() -> plan(key, entry, turn, entry.delay());
      case Next.After(var delay) -> plan(key, entry, turn, delay);
    }
  }

  /** The rate of a key is remembered for as long as it matters. */
  private void forget(K key, Entry entry, int turn) {
    if (entry.isCurrent(turn) && entry.bucket.isFull()) {
      entries.remove(key, entry);
    }
  }
}
