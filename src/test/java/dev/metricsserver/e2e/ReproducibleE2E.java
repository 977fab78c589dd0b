package dev.metricsserver.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Shell;
import org.junit.jupiter.api.Test;

/** A build of the released commit gives the released files. */
@IntegrationTest
class ReproducibleE2E {

  @Test
  void builds_sameCommit_areIdentical() {
    assertThat(Shell.run(".ci/reproducible"))
        .contains("layer with the program", "Two builds of ", " are the same.");
  }
}
