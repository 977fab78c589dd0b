package dev.metricsserver.cli.doctor;

import dev.metricsserver.cli.common.ExitStatus;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.Words;
import dev.metricsserver.model.Observations.Coverage;
import dev.metricsserver.reading.Installation;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What {@code doctor} found out.
 *
 * @param cluster the API server's address
 * @param installation which metrics-server it is about; empty when there is none
 * @param route from the kubelets to the clients
 * @param nodes all of them, by name
 * @param certificates those that could be seen, the first to expire first
 * @param findings the first to look at first
 */
record Examination(
    String cluster,
    Optional<Subject> installation,
    Route route,
    Coverage coverage,
    List<NodeMark> nodes,
    List<Certificate> certificates,
    List<Finding> findings) {

  /**
   * A metrics-server.
   *
   * @param keeper who changes it, as far as that can be seen
   */
  record Subject(Installation details, String keeper) {

    /** The Deployment, as namespace/name. */
    String deployment() {
      return details.namespace() + "/" + details.deployment();
    }
  }

  /** How a node is. */
  record NodeMark(String name, Mark mark) {

    /** Removes control characters. */
    NodeMark {
      name = Words.printable(name);
    }
  }

  /** What is expected of a node, and comes of it. */
  enum Mark {
    /** It has metrics. */
    Reporting,
    /** It should have metrics, and has none. */
    Missing,
    /** It is not Ready. */
    NotReady,
    /** It is not asked, or has only just come. */
    NotExpected
  }

  /**
   * A certificate.
   *
   * @param of whose it is
   */
  record Certificate(String of, Instant notAfter) {

    /** Removes control characters. */
    Certificate {
      of = Words.printable(of);
    }
  }

  /** Which metrics-server it is about, in one line. */
  String about() {
    return Words.printable(
        installation
            .map(i ->
                "Deployment %s (%s), kept by %s, in %s"
                    .formatted(i.deployment(), i.details().image(), i.keeper(), cluster))
            .orElse("No metrics-server found in " + cluster));
  }

  /** What there is to conclude, as the process's exit status. */
  int status() {
    if (findings.stream().anyMatch(finding -> finding.severity() != Severity.Info)) {
      return ExitStatus.ATTENTION;
    }
    return route.whole() ? ExitStatus.OK : ExitStatus.FAILED;
  }
}
