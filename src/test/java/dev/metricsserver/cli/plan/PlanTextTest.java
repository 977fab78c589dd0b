package dev.metricsserver.cli.plan;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.cli.cluster.Change;
import dev.metricsserver.cli.cluster.Change.Kind;
import dev.metricsserver.cli.common.Colours;
import dev.metricsserver.diagnosis.Explanation;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.Serving;
import dev.metricsserver.rendering.Workload;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;

/** What {@code plan} says of decisions and objects. */
class PlanTextTest {

  private static final Path GOLDEN = Path.of("src/test/resources/cli/plan.txt");
  private static final String UPDATE = "./mvnw -q test -Dtest=PlanTextTest -Dgolden=update";
  private static final String UNREAD = "pods in namespace kube-system";

  @Test
  void decisionsObjectsAndDifferences() throws IOException {
    var spec = "{metricResolution: 30s, replicas: 1, port: 4443}";
    var cluster = SampleCluster.ofNodes(3);
    var before = Plans.plan("{}", cluster);
    var plan = Plans.plan(spec, cluster);
    var changes =
        List.of(
            Change.of(deployment("{}"), deployment(spec), Names.MANAGED_BY),
            Change.of(Serving.service(before), Serving.service(plan), Names.MANAGED_BY),
            Change.created(Serving.apiService(plan), "once the first pod is ready"),
            Change.deleted(Workload.disruptionBudget(before)));
    var text =
        String.join(
                "\n",
                PlanText.lines(
                    Optional.of("the API server accepted cr.yaml in a dry run"),
                    Explanation.of(plan),
                    changes,
                    List.of(new Unread(UNREAD, true, "the API server refuses: no"))))
            + "\n";
    if ("update".equals(System.getProperty("golden"))) {
      Files.writeString(GOLDEN, text);
    }
    assertThat(GOLDEN).as("this writes it again: %s", UPDATE).content(UTF_8).isEqualTo(text);
  }

  @Test
  void everyDecisionHasAReason() {
    for (var spec :
        List.of(
            "{}",
            "{version: Latest, replicas: 3, hostNetwork: true, image: {tag: v1}}",
            "{version: 0.8.1, port: 8443, resources: {limits: {memory: 1Gi}}, kubelet:"
                + " {addressTypes: [Hostname], tls: {mode: Insecure}}}")) {
      var cluster = SampleCluster.ofNodes(2);
      assertThat(Explanation.of(Plans.plan(spec, cluster)))
          .allSatisfy(line -> {
            assertThat(line.choice()).isNotBlank();
            assertThat(line.reason()).isNotBlank().doesNotContain("null");
          });
    }
  }

  @Test
  void whatStaysAsItIsIsCounted() {
    var unchanged = Change.of(deployment("{}"), deployment("{}"), Names.MANAGED_BY);
    assertThat(unchanged.kind()).isEqualTo(Kind.Unchanged);
    assertThat(
            PlanText.lines(Optional.empty(), List.of(), List.of(unchanged, unchanged), List.of()))
        .contains("  = 2 stay as they are");
  }

  @Test
  void whatTheServerKeepsForItselfIsNoDifference() {
    var before = deployment("{}");
    before.getMetadata().setResourceVersion("1");
    before.getMetadata().setGeneration(1L);
    assertThat(Change.of(before, deployment("{}"), Names.MANAGED_BY).kind())
        .isEqualTo(Kind.Unchanged);
  }

  @Test
  void aSecretIsNeverPrinted() {
    var before = new SecretBuilder().withNewMetadata().withName("s").endMetadata().build();
    var after = new SecretBuilder(before).addToData("tls.key", "c2VjcmV0").build();
    var change = Change.of(before, after, Names.MANAGED_BY);
    assertThat(change.kind()).isEqualTo(Kind.Changed);
    assertThat(
            PlanText.lines(
                Optional.empty(), List.of(), List.of(change, Change.created(after, "")), List.of()))
        .contains("  ~ Secret/s")
        .noneMatch(line -> line.contains("c2VjcmV0"));
  }

  @Test
  void object_ofAnotherOwner_isAdopted() {
    var before = deployment("{}");
    before
        .getMetadata()
        .setManagedFields(
            List.of(
                new ManagedFieldsEntryBuilder().withManager("helm").build(),
                new ManagedFieldsEntryBuilder()
                    .withManager("kube-controller-manager")
                    .withSubresource("status")
                    .build()));
    assertThat(Change.of(before, deployment("{}"), Names.MANAGED_BY).remark())
        .isEqualTo("taken over from helm");
  }

  @Test
  void coloursAreForTerminals() {
    assertThat(new Colours(Ansi.OFF).difference("+ more")).isEqualTo("+ more");
    assertThat(new Colours(Ansi.ON).difference("+ more")).contains("\u001b[32m+ more");
    assertThat(new Colours(Ansi.ON).difference("-less")).contains("\u001b[31m-less");
    assertThat(new Colours(Ansi.ON).difference(" same")).isEqualTo(" same");
  }

  private static HasMetadata deployment(String spec) {
    return Workload.deployment(
        Plans.plan(spec, SampleCluster.ofNodes(3)), Optional.of("f1b5e2a0-uid"));
  }
}
