package dev.metricsserver.controller;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StopGateTest {

  private static final Duration LONG = Duration.ofMinutes(2);

  private final StopGate gate = new StopGate();

  @Test
  void work_gateOpen_runs() {
    assertThat(gate.run(() -> "work", () -> "nothing")).isEqualTo("work");
  }

  @Test
  void work_gateClosed_doesNotRun() {
    gate.close(LONG);

    assertThat(gate.run(() -> "work", () -> "nothing")).isEqualTo("nothing");
  }

  @Test
  void close_workUnderWay_waitsForIt() throws Exception {
    var begun = new CountDownLatch(1);
    var end = new CountDownLatch(1);
    var work =
        CompletableFuture.supplyAsync(() ->
            gate.run(
                () -> {
                  begun.countDown();
                  await(end);
                  return "work";
                },
                () -> "nothing"));
    await(begun);
    var closed = CompletableFuture.runAsync(() -> gate.close(LONG));

    assertThat(closed).isNotDone();
    end.countDown();
    closed.get(2, TimeUnit.MINUTES);

    assertThat(work).isCompletedWithValue("work");
  }

  @Test
  void close_workThatDoesNotEnd_waitsOnlySoLong() {
    var begun = new CountDownLatch(1);
    var end = new CountDownLatch(1);
    var _ =
        CompletableFuture.runAsync(() ->
            gate.run(
                () -> {
                  begun.countDown();
                  await(end);
                  return "";
                },
                () -> ""));
    await(begun);

    gate.close(Duration.ofMillis(1));

    end.countDown();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(2, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
