package dev.metricsserver.e2e;

import static dev.metricsserver.support.LocalCluster.A_ROLLOUT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.cli.CommandLineRun;
import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.LocalCluster;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.APIServiceBuilder;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code doctor} in front of a real cluster: what is well, what is broken, and well again. */
@EndToEndTest(cluster = 3)
class DoctorE2E {

  private static final String WHOLE =
      "kubelets ✓ → pods ✓ → Service ✓ → APIService ✓ → your query ✓";

  @RegisterExtension static final LocalCluster cluster = new LocalCluster();

  @BeforeEach
  void ready() {
    cluster.apply("");
    cluster.awaitReady();
  }

  @AfterAll
  static void gone() {
    cluster.apply("");
    cluster.awaitReady();
    cluster.delete(DeletionPropagation.BACKGROUND);
    cluster.awaitGone();
  }

  /** The kubelets sign for themselves, which is a warning, and nothing is broken. */
  @Test
  void doctor_ownInstallation_isHealthy(TestReporter reporter) {
    var start = Instant.now();
    var doctor = doctor();
    var took = Duration.between(start, Instant.now());
    reporter.publishEntry("answer of doctor", "%.1f s".formatted(took.toMillis() / 1000.0));
    assertThat(doctor.out())
        .contains(WHOLE, "kept by MetricsServerConfig/cluster", "Warning KubeletTLSInsecure")
        .doesNotContain("Error ");
    assertThat(doctor.status()).as(doctor.out()).isEqualTo(1);
  }

  /** Only the user repairs it, by the remedy or by doctor --fix. */
  @Test
  void externalInstallation_broken_isReportedWithItsRemedy() {
    cluster.apply("deletionPolicy: Retain");
    cluster.eventually(
        A_ROLLOUT,
        "nothing goes with the resource",
        () -> assertThat(cluster.deployment().getMetadata().getOwnerReferences()).isNullOrEmpty());
    cluster.delete(DeletionPropagation.BACKGROUND);
    cluster.eventually(
        A_ROLLOUT, "the resource is gone", () -> assertThat(cluster.config()).isNull());
    cluster.eventually(A_ROLLOUT, "all is well", () -> assertThat(doctor().status()).isZero());
    assertThat(doctor().out())
        .contains(
            WHOLE,
            "Info KubeletTLSInsecure, Deployment/kube-system/metrics-server",
            "→ remove --kubelet-insecure-tls")
        .doesNotContain("MetricsServerConfig", "msc", "breaks");

    lead("nowhere");
    cluster.eventually(
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

    var fixed = doctor("--fix", "ServiceMissing", "--yes");
    assertThat(fixed.out())
        .as(fixed.err())
        .contains(
            "-    name: \"nowhere\"\n",
            "+    name: \"metrics-server\"\n",
            " APIService/v1beta1.metrics.k8s.io was changed\n",
            " ServiceMissing is gone");
    cluster.eventually(
        A_ROLLOUT, "all is well again", () -> assertThat(doctor().status()).isZero());
  }

  private static void lead(String service) {
    cluster
        .admin()
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

  private static CommandLineRun doctor(String... options) {
    return CommandLineRun.of(
        Stream.concat(
                Stream.of("doctor", "--kubeconfig", cluster.kubeconfig().toString()),
                Stream.of(options))
            .toArray(String[]::new));
  }
}
