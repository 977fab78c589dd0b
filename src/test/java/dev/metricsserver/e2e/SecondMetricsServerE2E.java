package dev.metricsserver.e2e;

import static dev.metricsserver.e2e.KubectlInstallation.IMAGE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.e2e.KubectlInstallation.Found;
import dev.metricsserver.e2e.KubectlInstallation.Remedy;
import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.LocalCluster;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Findings that come once all is well, by {@code doctor} and by the operator: a second
 * metrics-server, an owner that is not the operator, a network plugin that enforces no policy.
 */
@EndToEndTest(cluster = 3)
class SecondMetricsServerE2E {

  @RegisterExtension
  @Order(1)
  static final LocalCluster cluster = new LocalCluster();

  @RegisterExtension
  @Order(2)
  static final KubectlInstallation installation = new KubectlInstallation(cluster);

  @AfterAll
  static void remove() {
    cluster.kubectl("-n", "default", "delete", "deployment", "my-metrics", "--ignore-not-found");
    cluster.kubectl("delete", "msc", "cluster", "--ignore-not-found");
  }

  /** Hygiene checks run as soon as all is well, and again when the operator starts. */
  @Test
  void secondMetricsServer_andForeignOwner_areReported() {
    second();
    installation.found("SecondMetricsServer", f -> installation.run(f.command("kubectl")));

    second();
    cluster.apply("conflictPolicy: Observe");
    told(true, "SecondMetricsServer", _ -> cluster.apply(""));
    told(true, "Conflict", f -> installation.run(f.command("kubectl patch msc")));
    cluster.awaitReady();
    told(
        true,
        "SecondMetricsServer",
        f -> {
          installation.run(f.command("kubectl"));
          cluster.restartOperator();
        });
    // No network plugin enforces policies here; kind's kubelets sign for themselves.
    told(
        false,
        "NetworkPolicyNotEnforced",
        f -> {
          assertThat(f.remedy()).contains("spec.networkPolicy.mode: Disabled");
          cluster.kubectl(
              "patch",
              "msc",
              "cluster",
              "--type=merge",
              "-p",
              "{\"spec\": {\"networkPolicy\": {\"mode\": \"Disabled\"}}}");
        });
  }

  private static void second() {
    installation.apply(
        "second",
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: my-metrics, namespace: default}
        spec:
          selector: {matchLabels: {k8s-app: metrics-server}}
          template:
            metadata: {labels: {k8s-app: metrics-server}}
            spec:
              containers:
                - {name: metrics-server, image: "%s", args: [--cert-dir=/tmp, --secure-port=10250]}
        """
            .formatted(IMAGE));
  }

  /**
   * Waits until the operator tells of this, and when its remedy was followed, until not any more.
   *
   * @param first whether that is the first that it tells
   */
  private static void told(boolean first, String code, Remedy remedy) {
    var told = new AtomicReference<Found>();
    cluster.eventually(
        KubectlInstallation.A_WHILE,
        code,
        () -> {
          var findings = status().toList();
          var found = findings.stream().filter(f -> f.code().equals(code)).findFirst();
          assertThat(found).as("among " + findings).isPresent();
          if (first) {
            assertThat(findings).first().isEqualTo(found.get());
          }
          told.set(found.get());
        });
    remedy.follow(told.get());
    cluster.eventually(
        KubectlInstallation.A_WHILE,
        code + " is gone",
        () -> assertThat(status()).extracting(Found::code).doesNotContain(code));
  }

  private static Stream<Found> status() {
    return cluster.status().findings().stream()
        .map(f ->
            new Found(
                f.code(),
                f.severity(),
                f.remedy(),
                f.steps().stream()
                    .flatMap(s -> KubectlInstallation.commands(s.command(), s.text()))
                    .toList()));
  }
}
