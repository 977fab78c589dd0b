package dev.metricsserver.cli.doctor;

import static dev.metricsserver.plan.Plans.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.diagnosis.CatalogueTest;
import dev.metricsserver.diagnosis.CatalogueTest.Failure;
import dev.metricsserver.diagnosis.Diagnosis;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.diagnosis.Remedy;
import dev.metricsserver.diagnosis.RemedyRenderer;
import dev.metricsserver.diagnosis.Step;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code doctor --fix} depends on steps, not on sentences. */
class RemedyWriteTest {

  static Stream<Failure> failures() {
    return CatalogueTest.failures();
  }

  private static Stream<Finding> findings(Failure failure) {
    return Diagnosis.assess(failure.evidence()).findings().stream();
  }

  @ParameterizedTest(name = "{index} {0}")
  @MethodSource("failures")
  void everySentenceReplacedByItsCode_sendsTheSameWrites(Failure failure) {
    assertThat(findings(failure))
        .allSatisfy(finding -> {
          var coded = coded(finding);
          assertThat(writes(coded)).isEqualTo(writes(finding.remedy()));
          assertThat(coded.nodeConfiguration().map(RemedyRenderer::patch))
              .isEqualTo(finding.remedy().nodeConfiguration().map(RemedyRenderer::patch));
          assertThat(DoctorText.fixable(coded)).isEqualTo(DoctorText.fixable(finding.remedy()));
        });
  }

  /** Otherwise the test above compares nothing. */
  @Test
  void findings_withWrites_areMany() {
    assertThat(
            failures()
                .flatMap(RemedyWriteTest::findings)
                .filter(finding -> !writes(finding.remedy()).isEmpty())
                .map(Finding::code)
                .distinct())
        .hasSizeGreaterThan(20);
  }

  /** Each write as text, because objects of the client have no useful equality. */
  private static List<String> writes(Remedy remedy) {
    return RemedyWrite.of(remedy.executable(), NOW).stream().map(Object::toString).toList();
  }

  private static Remedy coded(Finding finding) {
    return coded(finding.remedy(), finding.code().name());
  }

  private static Remedy coded(Remedy remedy, String code) {
    return new Remedy(
        remedy.steps().stream().map(step -> coded(step, code)).toList(),
        remedy.alternatives().stream().map(way -> coded(way, code)).toList());
  }

  private static Step coded(Step step, String code) {
    return switch (step) {
      case Step.SetField(var path, var value, _) -> new Step.SetField(path, value, code);
      case Step.ChooseField(var path, _) -> new Step.ChooseField(path, code);
      case Step.Apply(var target, var fields, _) ->
          new Step.Apply(target, fields, Optional.empty());
      case Step.Edit(var target, _) -> new Step.Edit(target, code);
      case Step.FillIn(var target, var command, _) -> new Step.FillIn(target, command, code);
      case Step.Run(var command, _) -> new Step.Run(command, code);
      case Step.Manual _ -> new Step.Manual(code);
      case Step.None _ -> new Step.None(code);
      case Step.RemoveField _,
          Step.Patch _,
          Step.Label _,
          Step.Delete _,
          Step.Scale _,
          Step.RolloutRestart _,
          Step.HelmUpgrade _,
          Step.NodeConfiguration _ ->
          step;
    };
  }
}
