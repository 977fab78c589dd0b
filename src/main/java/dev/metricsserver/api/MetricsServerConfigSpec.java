package dev.metricsserver.api;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/**
 * Desired state. Every field is optional; {@code spec: {}} is a complete configuration. A component
 * without a default in the schema is null if the user did not set it; the plan then chooses its
 * value.
 */
@JsonClassDescription("Desired state. Every field is optional; {} is a complete configuration.")
@ValidationRule(
    value =
        "!has(self.kubelet) || !has(self.kubelet.requestTimeout) || !has(self.metricResolution) ||"
            + " !self.kubelet.requestTimeout."
            + MetricsServerConfigSpec.IS_DURATION
            + " || !self.metricResolution."
            + MetricsServerConfigSpec.IS_DURATION
            + " || duration(self.kubelet.requestTimeout).getMilliseconds() * 10 <="
            + " duration(self.metricResolution).getMilliseconds() * 9",
    message =
        "kubelet.requestTimeout must be at most 0.9 times metricResolution, or metrics-server does"
            + " not start: lower kubelet.requestTimeout, raise metricResolution, or leave"
            + " kubelet.requestTimeout out")
public record MetricsServerConfigSpec(
    @JsonPropertyDescription(
            "The metrics-server version, such as 0.9.0, or Latest for the newest version that"
                + " supports the cluster's Kubernetes version. Default: the newest supported"
                + " version at installation, kept for as long as it is supported.")
        @Size(max = 32)
        @ValidationRule(
            value = "self == 'Latest' || self.matches('^[0-9]+[.][0-9]+[.][0-9]+$')",
            message =
                "version must be Latest or three numbers, such as 0.9.0 (without a leading v)")
        String version,
    @JsonPropertyDescription(
            "The image, for example from a mirror or an air-gapped registry, or pinned by digest.")
        ImageSpec image,
    @JsonPropertyDescription(
            "The namespace of metrics-server. It must exist, and cannot be changed. Default:"
                + " kube-system.")
        @Default("kube-system")
        @Size(max = 63)
        @ValidationRule(
            value = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
            message =
                "namespace must be a namespace's name: lower-case letters, digits and '-', such as"
                    + " kube-system")
        @ValidationRule(
            value = "self == oldSelf",
            message =
                "namespace cannot be changed: delete this MetricsServerConfig (its objects go with"
                    + " it) and create it again with the new namespace")
        String namespace,
    @JsonPropertyDescription(
            "The interval at which metrics-server collects metrics, as a duration with a unit (s,"
                + " m, h): at least 10s, at most 1h. The first metrics are available after one to"
                + " two intervals. Default: 15s.")
        @Default("15s")
        @Size(max = 32)
        @ValidationRule(
            value =
                "self."
                    + IS_DURATION
                    + " && duration(self).getMilliseconds() >= 10000 &&"
                    + " duration(self).getMilliseconds() <= 3600000",
            message = "metricResolution must be a duration between 10s and 1h, such as 15s or 1m")
        String metricResolution,
    @JsonPropertyDescription("How metrics-server reaches the kubelets.") KubeletSpec kubelet,
    @JsonPropertyDescription("When metrics count as available.") ReadinessSpec readiness,
    @JsonPropertyDescription("How metrics-server serves its API.") ServingSpec serving,
    @JsonPropertyDescription(
            "The number of metrics-server pods. Default: 2 on different nodes if two nodes can run"
                + " them, else 1.")
        @Min(1)
        @Max(10)
        Integer replicas,
    @JsonPropertyDescription(
            "Requests and limits of the metrics-server container. Default: depends on the number of"
                + " nodes and pods.")
        ResourcesSpec resources,
    @JsonPropertyDescription("The nodes on which the metrics-server pods may run.")
        SchedulingSpec scheduling,
    @JsonPropertyDescription(
            "Runs the pods in the host network, for clusters whose control plane cannot reach the"
                + " pod network. NetworkPolicies do not apply to such pods. Default: false.")
        @Default("false")
        Boolean hostNetwork,
    @JsonPropertyDescription(
            "The TCP port on which metrics-server listens, 1024 to 65535. Default: 10250; with"
                + " hostNetwork 4443, because the kubelet uses 10250.")
        @Min(1024)
        @Max(65535)
        Integer port,
    @JsonPropertyDescription("The connections to and from metrics-server that are allowed.")
        NetworkPolicySpec networkPolicy,
    @JsonPropertyDescription("What metrics-server logs.") LoggingSpec logging,
    @JsonPropertyDescription("The audit log of requests for metrics.") AuditSpec audit,
    @JsonPropertyDescription("How Prometheus monitors metrics-server.") MonitoringSpec monitoring,
    @JsonPropertyDescription(
            "Additional metrics-server flags, each as --name=value. A flag is rejected if the"
                + " version does not have it, if a field of this resource sets it, or if it would"
                + " weaken authentication. At most 32. Default: none.")
        @Size(max = 32)
        @ValidationRule(
            value = "self.all(a, a.matches('^--[a-z][a-z0-9_-]*=[ -~]*$'))",
            message =
                "extraArgs takes flags as --name=value, one each, such as --request-timeout=2m")
        List<@Size(max = 512) String> extraArgs,
    @JsonPropertyDescription(
            "The behavior if another metrics API is already installed (by a Helm release, a"
                + " distribution's add-on, prometheus-adapter). Default: Refuse."
                + "\n- Refuse: nothing is changed, and the status names the owner and the options."
                + "\n- Adopt: the operator adopts it in place, without a gap in metrics."
                + "\n- Observe: the operator writes no object, and the status reports the state of"
                + " the existing installation.")
        @Default("Refuse")
        ConflictPolicy conflictPolicy,
    @JsonPropertyDescription(
            "The behavior if the pods of a new configuration never become ready. Default:"
                + " Automatic.\n"
                + "- Automatic: the operator restores the version, image, resources, scheduling and"
                + " extraArgs that were last Ready, reports this, and waits until the spec"
                + " changes.\n"
                + "- Never: the rollout is left as it is.")
        @Default("Automatic")
        RollbackPolicy rollback,
    @JsonPropertyDescription(
            "The behavior if this resource is deleted. Default: Delete."
                + "\n- Delete: every object of metrics-server is deleted."
                + "\n- Retain: all of them are kept, and metrics-server continues to run.")
        @Default("Delete")
        DeletionPolicy deletionPolicy,
    @JsonPropertyDescription(
            "Stops the operator from changing objects; only certificates are renewed, owner"
                + " references follow deletionPolicy, and the status is updated. Default: false.")
        @Default("false")
        Boolean paused) {

  /**
   * A test in CEL for Go's duration syntax. At most five digits, because CEL's {@code duration()}
   * fails above 292 years with an unhelpful message.
   */
  static final String IS_DURATION = "matches('^([0-9]{1,5}([.][0-9]{1,5})?(ms|s|m|h))+$')";

  /** The configuration of {@code spec: {}}. */
  public static final MetricsServerConfigSpec DEFAULT =
      new MetricsServerConfigSpec(
          null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
          null, null, null, null, null, null);

  /**
   * Applies the schema's defaults, so that a spec built in code equals the same spec from the API
   * server.
   */
  public MetricsServerConfigSpec {
    image = requireNonNullElse(image, ImageSpec.DEFAULT);
    namespace = requireNonNullElse(namespace, "kube-system");
    metricResolution = requireNonNullElse(metricResolution, "15s");
    kubelet = requireNonNullElse(kubelet, KubeletSpec.DEFAULT);
    readiness = requireNonNullElse(readiness, ReadinessSpec.DEFAULT);
    serving = requireNonNullElse(serving, ServingSpec.DEFAULT);
    resources = requireNonNullElse(resources, ResourcesSpec.DEFAULT);
    scheduling = requireNonNullElse(scheduling, SchedulingSpec.DEFAULT);
    hostNetwork = requireNonNullElse(hostNetwork, false);
    networkPolicy = requireNonNullElse(networkPolicy, NetworkPolicySpec.DEFAULT);
    logging = requireNonNullElse(logging, LoggingSpec.DEFAULT);
    audit = requireNonNullElse(audit, AuditSpec.DEFAULT);
    monitoring = requireNonNullElse(monitoring, MonitoringSpec.DEFAULT);
    extraArgs = List.copyOf(requireNonNullElse(extraArgs, List.of()));
    conflictPolicy = requireNonNullElse(conflictPolicy, ConflictPolicy.Refuse);
    rollback = requireNonNullElse(rollback, RollbackPolicy.Automatic);
    deletionPolicy = requireNonNullElse(deletionPolicy, DeletionPolicy.Delete);
    paused = requireNonNullElse(paused, false);
  }

  /** Returns a copy with another version, image, resources, scheduling and extraArgs. */
  public MetricsServerConfigSpec with(
      String version,
      ImageSpec image,
      ResourcesSpec resources,
      SchedulingSpec scheduling,
      List<String> extraArgs) {
    return new MetricsServerConfigSpec(
        version,
        image,
        namespace,
        metricResolution,
        kubelet,
        readiness,
        serving,
        replicas,
        resources,
        scheduling,
        hostNetwork,
        port,
        networkPolicy,
        logging,
        audit,
        monitoring,
        extraArgs,
        conflictPolicy,
        rollback,
        deletionPolicy,
        paused);
  }

  /** Returns a copy with another serving configuration. */
  public MetricsServerConfigSpec with(ServingSpec other) {
    return new MetricsServerConfigSpec(
        version,
        image,
        namespace,
        metricResolution,
        kubelet,
        readiness,
        other,
        replicas,
        resources,
        scheduling,
        hostNetwork,
        port,
        networkPolicy,
        logging,
        audit,
        monitoring,
        extraArgs,
        conflictPolicy,
        rollback,
        deletionPolicy,
        paused);
  }

  /** The behavior if another metrics API is already installed. */
  public enum ConflictPolicy {
    /** It is not changed, and nothing is installed. */
    Refuse,
    /** The operator adopts it in place. */
    Adopt,
    /** It is not changed, and the status reports its state. */
    Observe
  }

  /** The behavior if a configuration never becomes ready. */
  public enum RollbackPolicy {
    /** The configuration that was last Ready is restored until the spec changes. */
    Automatic,
    /** The rollout is left as it is. */
    Never
  }

  /** What happens to the objects if the resource is deleted. */
  public enum DeletionPolicy {
    /** Every object is deleted with the resource. */
    Delete,
    /** The objects are kept. */
    Retain
  }
}
