package dev.metricsserver.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.WatchEvent;
import org.junit.jupiter.api.Test;

/** What the process's client understands. */
class OperatorProcessTest {

  /** Else it would ask for the same watch for ever, and see no change any more. */
  @Test
  void aWatchThatIsTooOldIsToldSo() {
    var event =
        OperatorProcess.serialization(new ObjectMapper())
            .unmarshal(
                """
                {"type": "ERROR", "object": {"kind": "Status", "apiVersion": "v1", "metadata": {},
                 "status": "Failure", "reason": "Expired", "code": 410,
                 "message": "too old resource version: 1045 (1072)"}}
                """,
                WatchEvent.class);

    assertThat(event.getObject())
        .isInstanceOfSatisfying(Status.class, s -> assertThat(s.getCode()).isEqualTo(410));
  }
}
