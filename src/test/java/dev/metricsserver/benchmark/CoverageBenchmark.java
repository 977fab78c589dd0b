package dev.metricsserver.benchmark;

import static dev.metricsserver.plan.Plans.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.metricsserver.diagnosis.Diagnosis;
import dev.metricsserver.diagnosis.Evidence;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeSelector;
import dev.metricsserver.model.Observations;
import dev.metricsserver.model.SampleNode;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.reading.Observer;
import dev.metricsserver.reading.Seen;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * What it costs to find out which of 5,000 nodes have metrics, and to diagnose why others have
 * none. Run by {@code deploy/local/measure coverage}.
 */
class CoverageBenchmark {

  private static final int NODES = 5_000;
  private static final int SILENT = 50;
  private static final int ROUNDS = 200;
  private static final int CALIBRATIONS = 20;

  @Test
  void measure() {
    var nodes = List.of(SampleNode.many(NODES));
    var reporting =
        nodes.stream().skip(SILENT).map(NodeFacts::name).collect(Collectors.toUnmodifiableSet());
    var plan = Plans.plan("{}");
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    var times = new long[ROUNDS];
    var calibration = new Calibration();
    for (var run = 0; run < CALIBRATIONS; run++) {
      calibration.work();
    }
    var processor = threads.getCurrentThreadCpuTime();
    var bytes = threads.getCurrentThreadAllocatedBytes();
    for (var round = 0; round < ROUNDS; round++) {
      var started = System.nanoTime();
      var observations = observations(nodes, reporting);
      var evidence = Evidence.of(plan, false, observations, CertificateRequests.NONE, NOW);
      assertThat(Diagnosis.assess(evidence).findings()).isNotEmpty();
      times[round] = System.nanoTime() - started;
    }
    var garbage = (threads.getCurrentThreadAllocatedBytes() - bytes) / (double) ROUNDS / (1 << 20);
    var spent = (threads.getCurrentThreadCpuTime() - processor) / 1e6 / ROUNDS;
    var first = times[0] / 1e6;
    Arrays.sort(times);
    System.out.printf(
        "%,d nodes, %d without metrics: first %.1f ms, median %.2f ms, p99 %.2f ms, of the"
            + " processor %.2f ms; %.2f MiB of garbage%n",
        NODES,
        SILENT,
        first,
        times[ROUNDS / 2] / 1e6,
        times[ROUNDS * 99 / 100] / 1e6,
        spent,
        garbage);
    calibration.print("processor time", Duration.ofNanos((long) (spent * 1e6)));
  }

  private static Observations observations(List<NodeFacts> nodes, Set<String> reporting) {
    var fine = Seen.fine(NOW).observations();
    return new Observations(
        fine.rollout(),
        fine.pods(),
        fine.endpointReady(),
        fine.registration(),
        fine.answer(),
        Observer.coverage(nodes, NodeSelector.ALL, Duration.ofSeconds(15), reporting, 90, NOW),
        fine.certificates(),
        fine.conflictingWrites());
  }
}
