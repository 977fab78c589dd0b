package dev.metricsserver.benchmark;

import dev.metricsserver.support.LocalCluster;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * What the machine can do, for measurements that are not Java programs. Run by {@code deploy/local/
 * measure calibration}; the system property {@code calibration.kubeconfig} names the cluster.
 */
class CalibrationBenchmark {

  private static final int RUNS = 50;

  @Test
  void machine() {
    var calibration = new Calibration();
    var kubeconfig = Path.of(System.getProperty("calibration.kubeconfig"));
    try (var client = LocalCluster.connect(kubeconfig)) {
      try {
        for (var run = 0; run < RUNS; run++) {
          calibration.work();
          calibration.write(client);
        }
      } finally {
        Calibration.clear(client);
      }
    }
    calibration.print();
  }
}
