package dev.metricsserver.plan;

/** The keys of the annotations that the operator writes. */
public final class Annotations {

  // On the Deployment, for later decisions.

  /** The mode in which metrics-server connects to the kubelets. */
  public static final String KUBELET_TLS = "metricsserver.dev/kubelet-tls";

  /** The value of {@link #KUBELET_TLS} for kubelets of which no certificate was ever seen. */
  public static final String NEVER_SEEN = "NeverSeen";

  /** The number of replicas that was planned. */
  public static final String PLANNED_REPLICAS = "metricsserver.dev/planned-replicas";

  /** The number of nodes for which the resource requests suffice. */
  public static final String SIZED_FOR = "metricsserver.dev/sized-for-nodes";

  /** The time since which fewer replicas suffice. */
  public static final String FEWER_SINCE = "metricsserver.dev/fewer-replicas-since";

  /** The time since which smaller requests suffice. */
  public static final String SMALLER_SINCE = "metricsserver.dev/smaller-since";

  /** The key of the configuration and of the spec from which it was planned. */
  public static final String CONFIGURATION = "metricsserver.dev/configuration";

  /** The time at which the Deployment got its configuration. */
  public static final String CONFIGURED_AT = "metricsserver.dev/configured-at";

  /** The owner from which the Deployment was adopted. */
  public static final String TAKEN_FROM = "metricsserver.dev/taken-from";

  /** How the pods of the previous owner are replaced. */
  public static final String TAKEOVER = "metricsserver.dev/takeover";

  // On the pod template: a change replaces the pods.

  /** The SHA-256 digest of the kubelets' CA, which metrics-server reads only at its start. */
  public static final String KUBELET_CA = "metricsserver.dev/kubelet-ca";

  /**
   * The UID of the ServiceAccount: a new ServiceAccount of the same name invalidates the tokens of
   * running pods.
   */
  public static final String SERVICE_ACCOUNT_UID = "metricsserver.dev/service-account-uid";

  /** The SHA-256 digest of the audit policy, which metrics-server reads only at its start. */
  public static final String AUDIT_POLICY = "metricsserver.dev/audit-policy";

  // On other objects.

  /** On the Secret of the pods: the time since which it has its content. */
  public static final String CHANGED = "metricsserver.dev/changed";

  /** On the APIService: a new value makes the API server check its availability at once. */
  public static final String RECHECK = "metricsserver.dev/look-again";

  /** On the ControllerRevision: the key of the configuration that was rolled back. */
  public static final String FAILED_CONFIGURATION = "metricsserver.dev/failed-configuration";

  /** On the ControllerRevision: the reason of that failure, in one word. */
  public static final String FAILED_REASON = "metricsserver.dev/failed-reason";

  /** On the ControllerRevision: the message of that failure. */
  public static final String FAILED_MESSAGE = "metricsserver.dev/failed-message";

  private Annotations() {}
}
