package dev.metricsserver.diagnosis;

/** How the operator gets rights and loses them, by who installed it with kustomize or with Helm. */
final class Grant {

  /** What it has from the start, where somebody took some away. */
  static final String USUAL = "kubectl apply -k deploy/base (with Helm: helm upgrade)";

  /** To approve kubelets' certificate requests. */
  static final String APPROVAL =
      "kubectl apply -k deploy/csr-approval (with Helm: servingCertificateApproval.enabled=true)";

  static final String NO_APPROVAL =
      "kubectl delete -k deploy/csr-approval (with Helm: servingCertificateApproval.enabled=false)";

  /** To read metrics-server's logs. */
  static final String LOGS =
      "kubectl apply -k deploy/diagnosis (with Helm: diagnosis.enabled=true)";

  private Grant() {}
}
