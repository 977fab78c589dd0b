package dev.metricsserver.support;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.ThrowingRunnable;

/**
 * Repeats an assertion until it holds.
 *
 * @param evidence added to the message of a failure, for example a log
 * @param hopeless ends the wait early: the assertion cannot hold any more
 */
record Eventually(Supplier<String> evidence, BooleanSupplier hopeless) {

  private static final Duration INTERVAL = Duration.ofMillis(100);

  /**
   * Returns as soon as the assertion holds.
   *
   * @throws AssertionError with the description, the elapsed time, the last error and the evidence
   */
  void within(Duration limit, String description, ThrowingRunnable assertion) {
    var started = System.nanoTime();
    var last = new AtomicReference<Throwable>();
    try {
      await(description)
          .atMost(limit)
          .pollDelay(Duration.ZERO)
          .pollInterval(INTERVAL)
          .until(() -> holds(assertion, last) || hopeless.getAsBoolean());
    } catch (ConditionTimeoutException e) {
      if (last.get() == null) {
        last.set(e);
      }
    }
    if (last.get() != null) {
      throw failure(description, Duration.ofNanos(System.nanoTime() - started), last.get());
    }
  }

  private static boolean holds(ThrowingRunnable assertion, AtomicReference<Throwable> last) {
    try {
      assertion.run();
      last.set(null);
      return true;
    } catch (Throwable e) {
      last.set(e);
      return false;
    }
  }

  private AssertionError failure(String description, Duration elapsed, Throwable last) {
    return new AssertionError(
        "%s: not %s after %.1f s; last error: %s%n%s"
            .formatted(
                description,
                hopeless.getAsBoolean() ? "possible any more" : "yet",
                elapsed.toMillis() / 1000.0,
                last,
                evidence.get()),
        last);
  }
}
