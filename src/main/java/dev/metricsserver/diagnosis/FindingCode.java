package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import java.util.Locale;

/**
 * The stable name of each kind of finding: part of the API, in the status, in metrics and in
 * alerts.
 */
public enum FindingCode {
  // The configuration is rejected, or an older one is in force.
  ApplyFailed(Severity.Error, Place.Configuration),
  Conflict(Severity.Error, Place.Configuration),
  Contested(Severity.Error, Place.Configuration),
  InvalidSpec(Severity.Error, Place.Configuration),
  NothingToObserve(Severity.Error, Place.Configuration),
  RolledBack(Severity.Error, Place.Configuration),

  // Why the pods of metrics-server are not created, not started or not ready.
  APIServerUnreachable(Severity.Error, Place.Pods),
  AggregationDisabled(Severity.Error, Place.Pods),
  CertificateDirectoryReadOnly(Severity.Error, Place.Pods),
  CommandMissing(Severity.Error, Place.Pods),
  ImageNotPulled(Severity.Error, Place.Pods),
  ImageRunsAsRoot(Severity.Error, Place.Pods),
  KubeletClientRefused(Severity.Error, Place.Pods),
  LimitRangeViolated(Severity.Error, Place.Pods),
  PodCrashing(Severity.Error, Place.Pods, true),
  PodNetworkBroken(Severity.Error, Place.Pods),
  PodNodeNotReady(Severity.Error, Place.Pods),
  PodNotRunning(Severity.Error, Place.Pods),
  PodOutOfMemory(Severity.Error, Place.Pods),
  PodSecurityViolated(Severity.Error, Place.Pods),
  PodUnschedulable(Severity.Error, Place.Pods),
  PodsNotCreated(Severity.Error, Place.Pods),
  PortInUse(Severity.Error, Place.Pods),
  PortPrivileged(Severity.Error, Place.Pods),
  PriorityClassForbidden(Severity.Error, Place.Pods),
  ProbesForbidden(Severity.Error, Place.Pods),
  QuotaExceeded(Severity.Error, Place.Pods),
  ResolutionRefused(Severity.Error, Place.Pods),
  RolloutStuck(Severity.Warning, Place.Pods),
  ScaledToZero(Severity.Error, Place.Pods),
  ScrapesTooSlow(Severity.Error, Place.Pods),
  SecurityContextConstraintViolated(Severity.Error, Place.Pods),
  ServiceAccountMissing(Severity.Error, Place.Pods),
  TokenMissing(Severity.Error, Place.Pods),
  UnknownFlag(Severity.Error, Place.Pods),
  VolumeMissing(Severity.Error, Place.Pods),
  WebhookDenied(Severity.Error, Place.Pods),
  WebhookUnreachable(Severity.Error, Place.Pods),
  WrongArchitecture(Severity.Error, Place.Pods),

  // Rights that metrics-server, the operator or a user does not have.
  ApprovalForbidden(Severity.Error, Place.Access),
  AuthDelegatorMissing(Severity.Error, Place.Access),
  AuthReaderMissing(Severity.Error, Place.Access),
  EvidenceNotReadable(Severity.Info, Place.Access),
  InformersForbidden(Severity.Error, Place.Access),
  MetricsForbidden(Severity.Error, Place.Access),
  MetricsServerRightsMissing(Severity.Error, Place.Access),
  ViewRoleMissing(Severity.Warning, Place.Access),

  // Connections between the API server, metrics-server and the kubelets.
  NetworkPolicyInTheWay(Severity.Error, Place.Network),
  NetworkPolicyNotApplied(Severity.Info, Place.Network),
  NetworkPolicyNotEnforced(Severity.Warning, Place.Network),
  NetworkPolicyOpen(Severity.Info, Place.Network),
  PrometheusShutOut(Severity.Info, Place.Network),

  // Why the API server does not get an answer from metrics-server.
  APIServiceUnavailable(Severity.Error, Place.APIService, true),
  APIServiceUnreachable(Severity.Error, Place.APIService),
  AddressNotAllowed(Severity.Error, Place.APIService),
  AuthorizationSlow(Severity.Error, Place.APIService),
  DiscoveryStale(Severity.Error, Place.APIService),
  FrontProxyNotTrusted(Severity.Error, Place.APIService, true),
  HTTP2Broken(Severity.Error, Place.APIService),
  HTTPProxyInTheWay(Severity.Error, Place.APIService),
  MetricsAPINotRegistered(Severity.Error, Place.APIService),
  MetricsNotAnswered(Severity.Error, Place.APIService, true),
  MetricsServerFails(Severity.Error, Place.APIService, true),
  MetricsServerMissing(Severity.Error, Place.APIService),
  MetricsStale(Severity.Warning, Place.APIService),
  NamespacesStuck(Severity.Warning, Place.APIService),
  PortClosed(Severity.Error, Place.APIService),
  RegistrationLeftBehind(Severity.Error, Place.APIService),
  ServiceMeshInTheWay(Severity.Error, Place.APIService),
  ServiceMissing(Severity.Error, Place.APIService),
  ServicePortMissing(Severity.Error, Place.APIService),
  ServicePortNameWrong(Severity.Error, Place.APIService),
  ServiceSelectsNothing(Severity.Error, Place.APIService),

  // The certificate that metrics-server presents to the API server.
  ServingCertificateExpired(Severity.Error, Place.ServingCertificate),
  ServingCertificateExpiring(Severity.Error, Place.ServingCertificate),
  ServingCertificateNotYetValid(Severity.Error, Place.ServingCertificate),
  ServingCertificateOtherName(Severity.Error, Place.ServingCertificate),
  ServingCertificateUntrusted(Severity.Error, Place.ServingCertificate),
  ServingCertificateUnusable(Severity.Error, Place.ServingCertificate),
  ServingTLSInsecure(Severity.Warning, Place.ServingCertificate),

  // Why metrics-server does not get metrics from kubelets.
  CertificateRequestDenied(Severity.Warning, Place.Kubelets),
  CertificateRequestRefused(Severity.Warning, Place.Kubelets),
  CertificateRequestsNotApproved(Severity.Error, Place.Kubelets),
  CertificateRequestsWaiting(Severity.Warning, Place.Kubelets),
  KubeletAddressFamily(Severity.Error, Place.Kubelets),
  KubeletAddressMissing(Severity.Error, Place.Kubelets),
  KubeletAnswerUnreadable(Severity.Error, Place.Kubelets),
  KubeletCertificateExpired(Severity.Error, Place.Kubelets),
  KubeletCertificateNotYetValid(Severity.Error, Place.Kubelets),
  KubeletCertificateOtherAddress(Severity.Error, Place.Kubelets),
  KubeletCertificateUnsigned(Severity.Error, Place.Kubelets),
  KubeletForbidden(Severity.Error, Place.Kubelets),
  KubeletNameUnknown(Severity.Error, Place.Kubelets),
  KubeletPlaintext(Severity.Warning, Place.Kubelets),
  KubeletPortWrong(Severity.Error, Place.Kubelets),
  KubeletReadOnlyPortOpen(Severity.Warning, Place.Kubelets),
  KubeletRefusesTLS(Severity.Error, Place.Kubelets),
  KubeletTLSInsecure(Severity.Warning, Place.Kubelets),
  KubeletUnauthorized(Severity.Error, Place.Kubelets),
  KubeletUnreachable(Severity.Error, Place.Kubelets),
  KubeletWithoutMetrics(Severity.Error, Place.Kubelets),
  KubeletsNotScraped(Severity.Error, Place.Kubelets, true),
  NodesNotReady(Severity.Info, Place.Kubelets),
  NodesWithoutMetrics(Severity.Error, Place.Kubelets, true),
  OwnNodeUnreachable(Severity.Error, Place.Kubelets),
  WindowsNodesWithoutMetrics(Severity.Error, Place.Kubelets, true),

  // Metrics are available, and a user or controller cannot use them.
  AutoscalerWithoutRequests(Severity.Info, Place.Consumers),
  PodsWithoutMetrics(Severity.Info, Place.Consumers),

  // Nothing fails; something is outdated, unused or owned by two parties.
  Adopted(Severity.Info, Place.Hygiene),
  ApprovalRightUnused(Severity.Warning, Place.Hygiene),
  DrainBlocked(Severity.Warning, Place.Hygiene),
  NewerVersion(Severity.Info, Place.Hygiene),
  Observing(Severity.Info, Place.Hygiene),
  ResizedByAddonResizer(Severity.Info, Place.Hygiene),
  RightsUnlimited(Severity.Warning, Place.Hygiene),
  RightsUnused(Severity.Warning, Place.Hygiene),
  SecondMetricsServer(Severity.Warning, Place.Hygiene),
  VersionOutOfRange(Severity.Warning, Place.Hygiene),

  // The diagnosis itself.
  CheckFailed(Severity.Warning, Place.Diagnosis);

  /** The part of the path from the kubelets to a query that a finding is about. */
  public enum Place {

    /** The configuration is rejected, or an older one is in force. */
    Configuration,
    /** Why the pods of metrics-server are not created, not started or not ready. */
    Pods,
    /** Rights that metrics-server, the operator or a user does not have. */
    Access,
    /** Connections between the API server, metrics-server and the kubelets. */
    Network,
    /** Why the API server does not get an answer from metrics-server. */
    APIService,
    /** The certificate that metrics-server presents to the API server. */
    ServingCertificate,
    /** Why metrics-server does not get metrics from kubelets. */
    Kubelets,
    /** Metrics are available, and a user or controller cannot use them. */
    Consumers,
    /** Nothing fails; something is outdated, unused or owned by two parties. */
    Hygiene,
    /** The diagnosis itself. */
    Diagnosis
  }

  private static final String PAGE =
      "https://metricsserver.github.io/metrics-server-operator/findings/#";

  private final Severity severity;
  private final Place place;
  private final boolean open;

  FindingCode(Severity severity, Place place) {
    this(severity, place, false);
  }

  FindingCode(Severity severity, Place place, boolean open) {
    this.severity = severity;
    this.place = place;
    this.open = open;
  }

  /** The highest severity that a finding of this kind has. */
  public Severity severity() {
    return severity;
  }

  /** The part of the path that it is about. */
  public Place place() {
    return place;
  }

  /** Its heading in docs/findings.md, as GitHub and the site name it. */
  public String anchor() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The address of its description, for ever. */
  public String url() {
    return PAGE + anchor();
  }

  /** Whether the reason is still unknown, so that the logs of the pods may tell more. */
  public boolean open() {
    return open;
  }
}
