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
        KubeletTLSStatus kubeletTLS,
    @JsonPropertyDescription(
            "How the API servers verify metrics-server's serving certificate, and why.")
        ServingTLSStatus servingTLS,
    @JsonPropertyDescription("The certificates in use.") List<CertificateStatus> certificates,
    @JsonPropertyDescription("Which nodes have metrics.") NodesStatus nodes,
    @JsonPropertyDescription("Problems and information, the most important first.")
        List<FindingStatus> findings,
    @JsonPropertyDescription("The number of findings.") Integer findingCount,
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
        findingCount,
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

  /** How the kubelets' certificates are verified. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record KubeletTLSStatus(
      @JsonPropertyDescription(
              "The mode in force; absent where the flags of an external installation that is"
                  + " observed cannot be read.\n"
                  + "- Verify: the certificates are verified.\n"
                  + "- Insecure: they are not verified.\n"
                  + "- Plaintext: the connections are not encrypted.")
          @OpenAPI(values = {"Verify", "Insecure", "Plaintext"})
          String mode,
      @JsonPropertyDescription("The reason for this mode.") String reason,
      @JsonPropertyDescription(
              "Whether every certificate that was seen was valid at least once while they were"
                  + " verified; then kubelet.tls.mode Auto never turns verification off again."
                  + " Absent until then, and after kubelet.tls.mode has turned verification off.")
          Boolean everVerified) {}

  /** The source of metrics-server's certificate, whether it is verified, and why. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ServingTLSStatus(
      @JsonPropertyDescription(
              "The source of the certificate; absent for an external installation that is observed."
                  + "\n- Operator: the operator's own CA."
                  + "\n- CertManager: cert-manager."
                  + "\n- Secret: a Secret of the user."
                  + "\n- SelfSigned: metrics-server itself.")
          @OpenAPI(values = {"Operator", "CertManager", "Secret", "SelfSigned"})
          String source,
      @JsonPropertyDescription(
              "The mode in force."
                  + "\n- Verify: the API servers verify the certificate."
                  + "\n- Insecure: they do not verify it.")
          @OpenAPI(values = {"Verify", "Insecure"})
          String mode,
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
          @OpenAPI(format = "date-time")
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
      @JsonPropertyDescription("The object.") ObjectReference objectRef,
      @JsonPropertyDescription("The field manager that changed it.") String manager,
      @JsonPropertyDescription("The time of the change.") @OpenAPI(format = "date-time")
          String time) {}

  /** A problem or an information. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record FindingStatus(
      @JsonPropertyDescription("A stable identifier of the kind of finding.") String code,
      @JsonPropertyDescription(
              "How serious the finding is."
                  + "\n- Error: metrics are missing or a request was rejected."
                  + "\n- Warning: metrics or security are at risk."
                  + "\n- Info: no action is required.")
          @OpenAPI(values = {"Error", "Warning", "Info"})
          String severity,
      @JsonPropertyDescription("The problem and its cause.") String message,
      @JsonPropertyDescription("The remedy in one line: commands, fields or steps to take.")
          String remedy,
      @JsonPropertyDescription("The remedy as a list of steps, in order.")
          List<RemedyStepStatus> steps,
      @JsonPropertyDescription("The affected object.") ObjectReference objectRef,
      @JsonPropertyDescription("The page that describes this kind of finding.") String url) {}

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

  /** A reference to an object in the cluster. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ObjectReference(
      @JsonPropertyDescription("The object's kind, such as Deployment.") String kind,
      @JsonPropertyDescription("The object's namespace; absent if it is cluster-scoped.")
          String namespace,
      @JsonPropertyDescription("The object's name.") String name) {

    /** Returns {@code kind/namespace/name} or {@code kind/name}. */
    @Override
    public String toString() {
      return kind + "/" + (namespace == null ? "" : namespace + "/") + name;
    }
  }
}
