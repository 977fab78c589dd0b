package dev.metricsserver.controller;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Lets work through until it is closed. The framework stops the watches before the reconciles, and
 * a reconcile that goes on with empty caches would take every object for deleted.
 */
final class StopGate {

  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean closed;

  /** Returns the result of the work, or {@code otherwise} when the gate is closed. */
  <T> T run(Supplier<T> work, Supplier<T> otherwise) {
    lock.lock();
    try {
      return closed ? otherwise.get() : work.get();
    } finally {
      lock.unlock();
    }
  }

  /** Closes the gate and waits, at most so long, until the work that is under way has ended. */
  void close(Duration patience) {
    closed = true;
    try {
      if (lock.tryLock(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        lock.unlock();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
