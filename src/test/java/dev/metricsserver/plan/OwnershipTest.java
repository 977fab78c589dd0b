package dev.metricsserver.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Decision.Violation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What people read about a metrics API that is somebody else's. */
class OwnershipTest {

  private static final KubernetesSerialization OBJECTS = new KubernetesSerialization();

  private static final Path OWNERS = Path.of("src/test/resources/owners");
  private static final Path GOLDEN = Path.of("src/test/resources/owners.txt");

  @Test
  void everyConflictIsWordedAsItWasReviewed() throws IOException {
    String text;
    try (var files = Files.list(OWNERS)) {
      text =
          files
              .sorted()
              .map(file -> {
                var violation = conflict(file);
                return "%s\n  %s\n  %s\n"
                    .formatted(file.getFileName(), violation.message(), violation.remedy());
              })
              .collect(Collectors.joining("\n"));
    }
    if ("update".equals(System.getProperty("golden"))) {
      Files.writeString(GOLDEN, text);
    }
    assertThat(GOLDEN).content().isEqualTo(text);
  }

  @Test
  void whatOneOwnerInstalledIsToldTogether() {
    var foreign = Stream.of("helm", "kubectl-client-side", "helm").map(f -> foreign(path(f)));

    assertThat(Ownership.conflicts(foreign.toList()))
        .extracting(Violation::message)
        .containsExactly(
            "Helm release metrics-server in namespace kube-system installed"
                + " Deployment/kube-system/metrics-server, Deployment/kube-system/metrics-server"
                + " (recognised by annotation meta.helm.sh/release-name=metrics-server), and"
                + " nothing of it was touched",
            "somebody with kubectl installed APIService/v1beta1.metrics.k8s.io (for Service"
                + " kube-system/metrics-server) (recognised by annotation"
                + " kubectl.kubernetes.io/last-applied-configuration), and nothing of it was"
                + " touched");
  }

  private static Violation conflict(Path file) {
    return Ownership.conflicts(List.of(foreign(file))).getFirst();
  }

  private static Path path(String name) {
    return OWNERS.resolve(name + ".yaml");
  }

  private static UnmanagedObject foreign(Path file) {
    try {
      return UnmanagedObject.of(OBJECTS.<HasMetadata>unmarshal(Files.readString(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
