package dev.metricsserver.operator;

import static dev.metricsserver.operator.LocalCluster.A_ROLLOUT;
import static dev.metricsserver.operator.LocalCluster.within;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.cli.CommandLineRun;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.APIServiceBuilder;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code doctor} in front of a real cluster: what is well, what is broken, and well again. */
class DoctorE2E {

  private static LocalCluster cluster;

  @BeforeAll
  static void connect() {
    cluster = new LocalCluster();
  }

  @BeforeEach
  void ready() {
    cluster.apply("");
    cluster.awaitReady();
  }

  @AfterAll
  static void gone() {
    if (cluster != null) {
      cluster.apply("");
      cluster.awaitReady();
      cluster.delete(DeletionPropagation.BACKGROUND);
      cluster.awaitGone();
      cluster.close();
    }
  }

  /** The kubelets sign for themselves, which is a warning, and nothing is broken. */
  @Test
  void theOperatorsOwn() {
    var start = Instant.now();
    var doctor = doctor();
    var took = Duration.between(start, Instant.now());
    System.out.printf("doctor answered in %.1f s%n", took.toMillis() / 1000.0);
    assertThat(doctor.out())
        .contains(
            "kubelets ✓ → pods ✓ → Service ✓ → APIService ✓ → your query ✓",
            "kept by MetricsServerConfig/cluster",
            "Warning KubeletTLSInsecure")
        .doesNotContain("Error ");
    assertThat(doctor.status()).as(doctor.out()).isEqualTo(1);
  }

  /** Nobody repairs it but whoever reads the remedy. */
  @Test
  void somebodyElses() {
    cluster.apply("deletionPolicy: Retain");
    within(
        A_ROLLOUT,
        "nothing goes with the resource",
        () -> assertThat(cluster.deployment().getMetadata().getOwnerReferences()).isNullOrEmpty());
    cluster.delete(DeletionPropagation.BACKGROUND);
    within(A_ROLLOUT, "the resource is gone", () -> assertThat(cluster.config()).isNull());
    within(A_ROLLOUT, "all is well", () -> assertThat(doctor().status()).isZero());
    assertThat(doctor().out())
        .contains("All is well.")
        .doesNotContain("MetricsServerConfig", "breaks");

    lead("nowhere");
    within(
        A_ROLLOUT,
        "what is broken is found first",
        () -> assertThat(doctor().out()).contains("1. Error ServiceMissing, APIService/"));
    var broken = doctor();
    assertThat(broken.status()).isEqualTo(1);
    assertThat(broken.out())
        .contains(
            "✓ pods        2 of 2 ready",
            "✗ Service     kube-system/nowhere does not exist",
            "✗ your query");

    lead("metrics-server");
    within(A_ROLLOUT, "all is well again", () -> assertThat(doctor().status()).isZero());
  }

  private static void lead(String service) {
    cluster
        .client()
        .resources(APIService.class)
        .withName("v1beta1.metrics.k8s.io")
        .edit(registration ->
            new APIServiceBuilder(registration)
                .editSpec()
                .editService()
                .withName(service)
                .endService()
                .endSpec()
                .build());
  }

  private static CommandLineRun doctor() {
    return CommandLineRun.of("doctor", "--kubeconfig", "target/local/kubeconfig");
  }
}
