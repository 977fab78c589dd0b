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
 * What the user wants. Every field is optional; {@code spec: {}} is a complete configuration. A
 * component without a value in the schema is null here when the plan chooses it, and the default
 * otherwise.
 */
@JsonClassDescription("What you want. Every field is optional; {} is a complete configuration.")
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
            "The metrics-server version, such as 0.9.0, or Latest for the newest one that the"
                + " cluster's Kubernetes supports. Default: the newest supported one at install,"
                + " kept as long as it is supported.")
        @Size(max = 32)
        @ValidationRule(
            value = "self == 'Latest' || self.matches('^[0-9]+[.][0-9]+[.][0-9]+$')",
            message =
                "version must be Latest or three numbers, such as 0.9.0 (without a leading v)")
        String version,
    @JsonPropertyDescription(
            "Where the image comes from: a mirror, an air-gapped registry, a pinned digest.")
        ImageSpec image,
    @JsonPropertyDescription(
            "The namespace metrics-server runs in. It must exist. Cannot be changed. Default:"
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
            "How often the kubelets are asked for metrics, as a duration with a unit (s, m, h): at"
                + " least 10s, at most 1h. First metrics appear after one to two such periods."
                + " Default: 15s.")
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
    @JsonPropertyDescription("How metrics-server serves its API.") ServingSpec serving,
    @JsonPropertyDescription(
            "How many metrics-server pods run. Default: 2, on different nodes, where two nodes can"
                + " take them, else 1.")
        @Min(1)
        @Max(10)
        Integer replicas,
    @JsonPropertyDescription(
            "Requests and limits of the metrics-server container. Default: sized by the number of"
                + " nodes.")
        ResourcesSpec resources,
    @JsonPropertyDescription("Where the metrics-server pods may run.") SchedulingSpec scheduling,
    @JsonPropertyDescription(
            "Runs the pods in the nodes' network, for clusters whose control plane cannot reach the"
                + " pod network. No NetworkPolicy applies there. Default: false.")
        @Default("false")
        Boolean hostNetwork,
    @JsonPropertyDescription(
            "The TCP port metrics-server listens on, 1024 to 65535. Default: 10250, or 4443 with"
                + " hostNetwork, where 10250 is the kubelet's.")
        @Min(1024)
        @Max(65535)
        Integer port,
    @JsonPropertyDescription("Who may connect to metrics-server, and where it may connect to.")
        NetworkPolicySpec networkPolicy,
    @JsonPropertyDescription("What metrics-server logs.") LoggingSpec logging,
    @JsonPropertyDescription("What metrics-server records of who asks for metrics.")
        AuditSpec audit,
    @JsonPropertyDescription("How Prometheus watches over metrics-server.")
        MonitoringSpec monitoring,
    @JsonPropertyDescription(
            "Further flags for metrics-server, each as --name=value, for what no field covers. A"
                + " flag that the version does not have, that a field owns, or that would weaken"
                + " authentication is refused. At most 32.")
        @Size(max = 32)
        @ValidationRule(
            value = "self.all(a, a.matches('^--[a-z][a-z0-9_-]*=[ -~]*$'))",
            message =
                "extraArgs takes flags as --name=value, one each, such as --request-timeout=2m")
        List<@Size(max = 512) String> extraArgs,
    @JsonPropertyDescription(
            "What happens where somebody else's metrics API is already there (a Helm release, a"
                + " distribution's add-on, prometheus-adapter): Refuse touches nothing and says"
                + " whose it is and what to do; Adopt takes it over in place, without a gap in"
                + " metrics; Observe writes nothing, ever, and the status tells how it is."
                + " Default: Refuse.")
        @Default("Refuse")
        ConflictPolicy conflictPolicy,
    @JsonPropertyDescription(
            "What happens when a new configuration's pods never become ready: Automatic goes back"
                + " to the version, image, resources, scheduling and extraArgs that were last"
                + " Ready, says so, and tries nothing until the spec changes; Never leaves the"
                + " rollout as it is. Default: Automatic.")
        @Default("Automatic")
        RollbackPolicy rollback,
    @JsonPropertyDescription(
            "What happens to metrics-server when this resource is deleted: Delete removes every"
                + " object, Retain leaves all of them running. Default: Delete.")
        @Default("Delete")
        DeletionPolicy deletionPolicy,
    @JsonPropertyDescription(
            "Stops the operator from changing anything; the status goes on telling what is."
                + " Default: false.")
        @Default("false")
        Boolean paused) {

  /**
   * A test in CEL: a duration as Go writes it. Five digits at most, because CEL's {@code
   * duration()} fails on more than 292 years, with a message that helps nobody.
   */
  static final String IS_DURATION = "matches('^([0-9]{1,5}([.][0-9]{1,5})?(ms|s|m|h))+$')";

  /** The configuration of {@code spec: {}}. */
  public static final MetricsServerConfigSpec DEFAULT =
      new MetricsServerConfigSpec(
          null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
          null, null, null, null, null);

  /**
   * Fills in the schema's defaults, so that a spec built in code equals one that went through the
   * API server.
   */
  public MetricsServerConfigSpec {
    image = requireNonNullElse(image, ImageSpec.DEFAULT);
    namespace = requireNonNullElse(namespace, "kube-system");
    metricResolution = requireNonNullElse(metricResolution, "15s");
    kubelet = requireNonNullElse(kubelet, KubeletSpec.DEFAULT);
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

  /** The same with another version, image, resources, scheduling and extraArgs. */
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

  /** The same with another way of serving. */
  public MetricsServerConfigSpec with(ServingSpec other) {
    return new MetricsServerConfigSpec(
        version,
        image,
        namespace,
        metricResolution,
        kubelet,
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

  /** What happens where somebody else's metrics API is already there. */
  public enum ConflictPolicy {
    /** It is not touched, and nothing is installed. */
    Refuse,
    /** It becomes the operator's, in place. */
    Adopt,
    /** It is not touched, and the status tells how it is. */
    Observe
  }

  /** What happens when a configuration never becomes ready. */
  public enum RollbackPolicy {
    /** The last one that was Ready is in force again, until the spec changes. */
    Automatic,
    /** The rollout stays as it is. */
    Never
  }

  /** What happens to the objects when the resource is deleted. */
  public enum DeletionPolicy {
    /** Every object is deleted with the resource. */
    Delete,
    /** The objects stay and go on working. */
    Retain
  }
}
