package dev.metricsserver.runtime;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects the heap when it has grown. The serial collector enlarges the old generation before it
 * collects it, and an idle process never makes it collect: what the start, or a flood of requests,
 * took would stay with the process for ever. A collection takes about 50 ms, and there is at most
 * one a minute.
 */
final class IdleCollector {

  private static final Logger log = LoggerFactory.getLogger(IdleCollector.class);

  private static final Duration INTERVAL = Duration.ofMinutes(1);
  private static final long MIB = 1024 * 1024;

  /** Less would be collected again and again for what an idle operator allocates. */
  private static final long GROWTH = 2 * MIB;

  private long sizeAfterCollection;

  /** Watches the heap until the process ends. */
  static void start() {
    Thread.ofPlatform().daemon().name("idle-collector").start(new IdleCollector()::run);
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(INTERVAL);
        look(Runtime.getRuntime());
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(Runtime runtime) {
    var size = runtime.totalMemory();
    if (isDue(size)) {
      System.gc();
      collected(runtime.totalMemory());
      log.debug("Heap collected: {} MiB, {} before", sizeAfterCollection / MIB, size / MIB);
    }
  }

  /** Whether a heap that has taken {@code size} bytes has grown since it was collected. */
  boolean isDue(long size) {
    return size - sizeAfterCollection > GROWTH;
  }

  /** Notes the bytes that the heap still takes after a collection. */
  void collected(long size) {
    sizeAfterCollection = size;
  }
}
