package dev.metricsserver.api;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Observed state, written by the operator only if it has changed. Contains no times other than
 * those of changes.
 */
@JsonClassDescription("Observed state, written by the operator.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record MetricsServerConfigStatus(
    @JsonPropertyDescription(
            "The generation of the spec that this status describes; -1 until an operator has"
                + " reconciled the resource.")
        Long observedGeneration,
    @JsonPropertyDescription("The metrics-server version in force.") String version,
    @JsonPropertyDescription("The image in force.") String image,
    @JsonPropertyDescription("How the kubelets' serving certificates are verified, and why.")
        TLSStatus kubeletTLS,
    @JsonPropertyDescription(
            "How the API servers verify metrics-server's serving certificate, and why.")
        ServingTLSStatus servingTLS,
    @JsonPropertyDescription("The certificates in use.") List<CertificateStatus> certificates,
    @JsonPropertyDescription("Which nodes have metrics.") NodesStatus nodes,
    @JsonPropertyDescription("Problems and information, the most important first.")
        List<FindingStatus> findings,
    @JsonPropertyDescription(
            "Changes of adopted objects by other field managers (conflictPolicy: Adopt) since the"
                + " spec last changed. After three changes of one object within ten minutes, the"
                + " operator stops changing objects.")
        List<ConflictingWriteStatus> conflictingWrites,
    @JsonPropertyDescription(
            "Names and addresses in the API servers' serving certificates, at most 64. No node gets"
                + " a certificate with one of them, unless it has the control plane label. Written"
                + " while kubelet.servingCertificateApproval is Enabled.")
        List<String> apiServerNames,
    @JsonPropertyDescription(
            "Ready, Reconciling and Stalled as kstatus defines them; APIServiceAvailable,"
                + " MetricsAvailable, KubeletTLSVerified and ServingTLSVerified.")
        List<Condition> conditions) {

  private static final Set<String> NOT_OURS =
      Set.of(ConditionReason.Conflict.name(), ConditionReason.Observing.name());

  /** Whether the operator has created or adopted the APIService before. */
  @JsonIgnore
  public boolean isRegistered() {
    return conditions != null
        && conditions.stream().noneMatch(c -> NOT_OURS.contains(c.getReason()))
        && condition(ConditionType.APIServiceAvailable)
            .filter(c -> !ConditionReason.NotRegistered.name().equals(c.getReason()))
            .isPresent();
  }

  /** Returns a copy with other names of the API servers; null for none. */
  public MetricsServerConfigStatus withAPIServerNames(List<String> names) {
    return new MetricsServerConfigStatus(
        observedGeneration,
        version,
        image,
        kubeletTLS,
        servingTLS,
        certificates,
        nodes,
        findings,
        conflictingWrites,
        names,
        conditions);
  }

  /** The condition of a type, if there is one. */
  public Optional<Condition> condition(ConditionType type) {
    return Optional.ofNullable(conditions).stream()
        .flatMap(List::stream)
        .filter(c -> type.name().equals(c.getType()))
        .findFirst();
  }

  /** A TLS decision in force and its reason. */
  public record TLSStatus(
      @JsonPropertyDescription("Verify, Insecure or Plaintext.") String mode,
      @JsonPropertyDescription("The reason for this mode.") String reason) {}

  /** The source of metrics-server's certificate, whether it is verified, and why. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ServingTLSStatus(
      @JsonPropertyDescription(
              "Operator, CertManager, Secret or SelfSigned; absent for an external installation"
                  + " that is observed.")
          String source,
      @JsonPropertyDescription("Verify or Insecure.") String mode,
      @JsonPropertyDescription("The reason for this mode.") String reason) {}

  /** A certificate. */
  public record CertificateStatus(
      @JsonPropertyDescription(
              "The Secret that contains it. For an external installation that is observed: the"
                  + " Service whose pods present it, or the APIService whose caBundle contains it.")
          String name,
      @JsonPropertyDescription("The SHA-256 of the certificate, in hexadecimal.")
          String fingerprint,
      @JsonPropertyDescription(
              "The time of expiry. The operator renews its own certificates long before.")
          String notAfter) {}

  /** Which nodes have metrics. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record NodesStatus(
      @JsonPropertyDescription("Nodes in the cluster.") Integer total,
      @JsonPropertyDescription(
              "Nodes that should have metrics: ready, selected, and not recently joined.")
          Integer expected,
      @JsonPropertyDescription("Nodes that have metrics.") Integer reporting,
      @JsonPropertyDescription("Expected nodes with metrics and all expected nodes, such as 48/50.")
          String coverage,
      @JsonPropertyDescription("Names of expected nodes without metrics, the first 10.")
          List<String> missing) {}

  /** A change of an object that was taken over. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ConflictingWriteStatus(
      @JsonPropertyDescription("The object, as kind/namespace/name.") String object,
      @JsonPropertyDescription("Who changed it, as its managed fields have it.") String manager,
      @JsonPropertyDescription("When.") String time) {}

  /** A problem or an information. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record FindingStatus(
      @JsonPropertyDescription("A stable identifier of the kind of finding.") String code,
      @JsonPropertyDescription("Error, Warning or Info.") String severity,
      @JsonPropertyDescription("The problem and its cause.") String message,
      @JsonPropertyDescription("The remedy in one line: commands, fields or steps to take.")
          String remedy,
      @JsonPropertyDescription("The remedy as a list of steps, in order.")
          List<RemedyStepStatus> steps,
      @JsonPropertyDescription("The affected object, as kind/namespace/name.") String object) {}

  /** One step of a remedy. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record RemedyStepStatus(
      @JsonPropertyDescription(
              "Absent for the recommended way; steps with the same number are one alternative.")
          Integer alternative,
      @JsonPropertyDescription(
              "The kind of step, such as SetField, Patch, RolloutRestart, Manual or None.")
          String action,
      @JsonPropertyDescription("The step as a sentence.") String text,
      @JsonPropertyDescription("The command to type, where the step is one command.")
          String command) {}
}
