package dev.metricsserver.controller;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.diagnosis.Diagnosis;
import dev.metricsserver.diagnosis.Evidence;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.model.DiagnosticData;
import dev.metricsserver.model.HygieneData;
import dev.metricsserver.reading.Cluster;
import dev.metricsserver.reading.DiagnosticDataReader;
import dev.metricsserver.reading.HygieneReader;
import dev.metricsserver.reading.OnDemandPoller;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * Reads the evidence that a diagnosis asks for: diagnostic data while something is wrong, hygiene
 * data while nothing is. Both are read in the background, and the next reconcile diagnoses with
 * them.
 */
final class EvidenceReaders {

  private final DiagnosticDataReader diagnosticDataReader;
  private final HygieneReader hygieneReader;
  private final OnDemandPoller<DiagnosticData> diagnosticData =
      new OnDemandPoller<>(DiagnosticData.class, DiagnosticData.NONE, Duration.ofSeconds(30));
  private final OnDemandPoller<HygieneData> hygieneData =
      new OnDemandPoller<>(HygieneData.class, HygieneData.NONE, Duration.ofHours(1));

  EvidenceReaders(KubernetesClient client) {
    this.diagnosticDataReader = new DiagnosticDataReader(client);
    this.hygieneReader = new HygieneReader(client);
  }

  List<EventSource<?, MetricsServerConfig>> eventSources() {
    return List.of(diagnosticData, hygieneData);
  }

  /**
   * Diagnoses, and reads the evidence that is asked for. Once a pass; a second time, with the
   * diagnostic data, only while something is wrong.
   *
   * @param hygiene reads the hygiene data
   */
  List<Finding> diagnose(
      Evidence evidence, Function<HygieneReader, HygieneData> hygiene, Cluster cluster) {
    var withHygiene = evidence.with(cluster.hygieneData());
    var assessment = Diagnosis.assess(withHygiene);
    if (!assessment.wrong()) {
      diagnosticData.disable();
      if (evidence.observations().coverage().sufficient()) {
        hygieneData.enable(() -> hygiene.apply(hygieneReader));
      }
      return assessment.findings();
    }
    var pods = evidence.observations().pods();
    diagnosticData.enable(() ->
        diagnosticDataReader.read(
            evidence.installation(),
            pods,
            read -> Diagnosis.assess(evidence.with(read)).undecided()));
    var found = cluster.diagnosticData();
    return found.equals(DiagnosticData.NONE)
        ? assessment.findings()
        : Diagnosis.assess(withHygiene.with(found)).findings();
  }

  /** Forgets the hygiene data: the next installation is checked from the start. */
  void forgetHygiene() {
    hygieneData.disable();
  }
}
