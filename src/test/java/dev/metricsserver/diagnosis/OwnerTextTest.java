package dev.metricsserver.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Decision.Observing;
import dev.metricsserver.plan.Decision.Refused;
import dev.metricsserver.plan.Ownership;
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

/** The words for a metrics API that another owner installed. */
class OwnerTextTest {

  private static final KubernetesSerialization OBJECTS = new KubernetesSerialization();

  private static final Path OWNERS = Path.of("src/test/resources/owners");
  private static final Path GOLDEN = Path.of("src/test/resources/owners.txt");

  @Test
  void conflict_eachKindOfOwner_isWordedAsReviewed() throws IOException {
    String text;
    try (var files = Files.list(OWNERS)) {
      text =
          files
              .sorted()
              .map(file -> {
                var violation = conflict(file);
                return "%s\n  %s\n  %s\n"
                    .formatted(
                        file.getFileName(),
                        violation.message(),
                        RemedyRenderer.line(violation.remedy()));
              })
              .collect(Collectors.joining("\n"));
    }
    if ("update".equals(System.getProperty("golden"))) {
      Files.writeString(GOLDEN, text);
    }
    assertThat(GOLDEN).content().isEqualTo(text);
  }

  @Test
  void conflict_severalObjectsOfOneOwner_isOneViolation() {
    var foreign = Stream.of("helm", "kubectl-client-side", "helm").map(f -> foreign(path(f)));

    assertThat(conflicts(foreign.toList()))
        .extracting(ViolationText::message)
        .containsExactly(
            "Helm release metrics-server in namespace kube-system installed"
                + " Deployment/kube-system/metrics-server, Deployment/kube-system/metrics-server"
                + " (recognised by annotation meta.helm.sh/release-name=metrics-server), and"
                + " the operator changed nothing",
            "a user with kubectl installed APIService/v1beta1.metrics.k8s.io (for Service"
                + " kube-system/metrics-server) (recognised by annotation"
                + " kubectl.kubernetes.io/last-applied-configuration), and the operator changed"
                + " nothing");
  }

  private static ViolationText conflict(Path file) {
    return conflicts(List.of(foreign(file))).getFirst();
  }

  private static List<ViolationText> conflicts(List<UnmanagedObject> foreign) {
    return Ownership.respected(new Observing(foreign), foreign)
            instanceof Refused(_, var violations)
        ? violations.stream().map(ViolationText::of).toList()
        : List.of();
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
