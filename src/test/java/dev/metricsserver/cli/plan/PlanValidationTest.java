package dev.metricsserver.cli.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.cli.CommandLineRun;
import dev.metricsserver.mock.MockCluster;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who validates the file of {@code plan}: the API server, or the program itself. */
class PlanValidationTest {

  private static final String VALID = "{metricResolution: 30s}";
  private static final String INVALID = "{replicas: many}";
  private static final String VERSION = HasMetadata.getApiVersion(MetricsServerConfig.class);

  @TempDir private static Path directory;
  private static MockCluster cluster;
  private final List<String> dryRuns = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void start() {
    cluster = MockCluster.healthyWithoutTls();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @BeforeEach
  void record() {
    cluster.fail(request -> {
      if (isValidation(MockCluster.call(request))) {
        dryRuns.add(request.method() + " " + request.query());
      }
      return false;
    });
  }

  @Test
  void file_whereAConfigExists_isValidatedAsItsReplacement() throws IOException {
    var plan = plan(VALID);
    assertThat(plan.status()).as(plan.err()).isEqualTo(1);
    assertThat(plan.out())
        .startsWith("Validation: the API server accepted %s in a dry run\n".formatted(file()));
    assertThat(dryRuns)
        .singleElement()
        .satisfies(request ->
            assertThat(request).startsWith("PUT").contains("dryRun=All", "fieldValidation=Strict"));
  }

  @Test
  void file_rejectedByTheAPIServer_isRejectedInItsWords() throws IOException {
    answer(422, "Invalid value: 31: the rule of this cluster");
    var plan = plan(VALID);
    assertThat(plan.status()).isEqualTo(2);
    assertThat(plan.out()).isEmpty();
    assertThat(plan.err())
        .contains("was rejected by the API server in a dry run", "31: the rule of this cluster");
  }

  @Test
  void file_deniedByAdmission_isRejectedInItsWords() throws IOException {
    answer(403, "admission webhook \\\"rules\\\" denied the request: not on Fridays");
    var plan = plan(VALID);
    assertThat(plan.status()).isEqualTo(2);
    assertThat(plan.err()).contains("denied the request: not on Fridays");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          404 | the server could not find the requested resource | does not serve
          403 | x is forbidden: User \\"me\\" cannot update resource \\"x\\" in API group \\"\\" | you have no right to update metricsserverconfigs
          400 | admission webhook \\"w\\" does not support dry run | does not support dry runs
          """)
  void file_thatTheAPIServerCannotValidate_isValidatedOffline(
      int code, String message, String reason) throws IOException {
    answer(code, message);
    assertThat(plan(VALID).out())
        .startsWith("Validation: offline, by the rules of this program, because ")
        .contains(reason);
    var invalid = plan(INVALID);
    assertThat(invalid.status()).isEqualTo(2);
    assertThat(invalid.err()).contains("would be refused:", "spec.replicas");
  }

  private static void answer(int code, String message) {
    cluster.fail(request -> {
      if (!isValidation(MockCluster.call(request))) {
        return false;
      }
      request
          .response()
          .setStatusCode(code)
          .putHeader("Content-Type", "application/json")
          .end(
              """
              {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": %d, "message": "%s"}\
              """
                  .formatted(code, message));
      return true;
    });
  }

  private static boolean isValidation(String call) {
    return call.matches("(PUT|POST) metricsserverconfigs");
  }

  private static Path file() {
    return directory.resolve("cr.yaml");
  }

  private static CommandLineRun plan(String spec) throws IOException {
    Files.writeString(
        file(),
        "{apiVersion: %s, kind: MetricsServerConfig, metadata: {name: cluster}, spec: %s}"
            .formatted(VERSION, spec));
    var kubeconfig = cluster.kubeconfig(directory.resolve("kubeconfig"), "me");
    return CommandLineRun.of(
        "plan", "-f", file().toString(), "--kubeconfig", kubeconfig.toString());
  }
}
