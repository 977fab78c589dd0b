package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Step.Run;

/** Rights of the operator, granted with kustomize or with Helm. */
final class Grant {

  private static final String HELM = "(with Helm: set %s)";

  private Grant() {}

  /** The rights that the operator has from its installation. */
  static Step usual() {
    return new Run(Command.of("kubectl apply -k deploy/base"), "(with Helm: upgrade the release)");
  }

  /** The right to approve kubelets' certificate requests. */
  static Step approval() {
    return new Run(
        Command.of("kubectl apply -k deploy/csr-approval"),
        HELM.formatted("servingCertificateApproval.enabled=true"));
  }

  /** Removes the right to approve kubelets' certificate requests. */
  static Step noApproval() {
    return new Run(
        Command.of("kubectl delete -k deploy/csr-approval"),
        HELM.formatted("servingCertificateApproval.enabled=false"));
  }

  /** The right to read metrics-server's logs. */
  static Step logs() {
    return new Run(
        Command.of("kubectl apply -k deploy/diagnosis"), HELM.formatted("diagnosis.enabled=true"));
  }
}
