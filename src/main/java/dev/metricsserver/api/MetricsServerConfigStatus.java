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
 * What is: written by the operator, and only when something changed. Holds no time but those at
 * which something changed.
 */
@JsonClassDescription("What is: written by the operator.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record MetricsServerConfigStatus(
    @JsonPropertyDescription(
            "The generation of the spec that this status speaks of; -1 as long as no operator"
                + " looked at the resource.")
        Long observedGeneration,
    @JsonPropertyDescription("The metrics-server version in force.") String version,
    @JsonPropertyDescription("The image in force.") String image,
    @JsonPropertyDescription("How the kubelets' serving certificates are checked, and why.")
        TLSStatus kubeletTLS,
    @JsonPropertyDescription(
            "How the API servers check metrics-server's serving certificate, and why.")
        ServingTLSStatus servingTLS,
    @JsonPropertyDescription("The certificates in use that the operator knows.")
        List<CertificateStatus> certificates,
    @JsonPropertyDescription("Which nodes have metrics.") NodesStatus nodes,
    @JsonPropertyDescription("What is wrong or worth knowing, the first thing to look at first.")
        List<FindingStatus> findings,
    @JsonPropertyDescription(
            "What others changed of objects that were taken over (conflictPolicy: Adopt), since the"
                + " spec last changed. After three changes of one object within ten minutes the"
                + " operator changes nothing any more.")
        List<ConflictingWriteStatus> conflictingWrites,
    @JsonPropertyDescription(
            "Ready, Reconciling and Stalled as kstatus defines them; APIServiceAvailable,"
                + " MetricsAvailable, KubeletTLSVerified and ServingTLSVerified.")
        List<Condition> conditions) {

  /** The condition that tells whether the API server finds the metrics API available. */
  public static final String API_SERVICE_AVAILABLE = "APIServiceAvailable";

  /** The reason of {@link #API_SERVICE_AVAILABLE} before the metrics API is first registered. */
  public static final String NOT_REGISTERED = "NotRegistered";

  /** The reason of a refusal because somebody else's metrics-server is there. */
  public static final String CONFLICT = "Conflict";

  /** The reason of being Ready with a metrics-server that is only watched. */
  public static final String OBSERVING = "Observing";

  private static final Set<String> NOT_OURS = Set.of(CONFLICT, OBSERVING);

  /**
   * Whether the metrics API has been registered for this resource before, and not for another's.
   */
  @JsonIgnore
  public boolean isRegistered() {
    return conditions != null
        && conditions.stream().noneMatch(c -> NOT_OURS.contains(c.getReason()))
        && condition(API_SERVICE_AVAILABLE)
            .filter(c -> !NOT_REGISTERED.equals(c.getReason()))
            .isPresent();
  }

  /** The condition of a type, if it was written. */
  public Optional<Condition> condition(String type) {
    return Optional.ofNullable(conditions).stream()
        .flatMap(List::stream)
        .filter(c -> type.equals(c.getType()))
        .findFirst();
  }

  /** A TLS decision in force and its reason. */
  public record TLSStatus(
      @JsonPropertyDescription("Verify, Insecure or Plaintext.") String mode,
      @JsonPropertyDescription("Why it is so.") String reason) {}

  /** Where metrics-server's certificate comes from, whether it is verified, and why. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ServingTLSStatus(
      @JsonPropertyDescription(
              "Operator, CertManager, Secret or SelfSigned; none of one that is only observed.")
          String source,
      @JsonPropertyDescription("Verify or Insecure.") String mode,
      @JsonPropertyDescription("Why it is so.") String reason) {}

  /** A certificate. */
  public record CertificateStatus(
      @JsonPropertyDescription(
              "The Secret that holds it; where somebody else's metrics-server is observed, the"
                  + " Service behind which it is shown, or the APIService that has it as its CA.")
          String name,
      @JsonPropertyDescription("The SHA-256 of the certificate, in hexadecimal.")
          String fingerprint,
      @JsonPropertyDescription("When it expires; one of the operator is renewed long before.")
          String notAfter) {}

  /** Which nodes have metrics. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record NodesStatus(
      @JsonPropertyDescription("Nodes in the cluster.") Integer total,
      @JsonPropertyDescription(
              "Nodes that should have metrics: ready, selected, and not just joined.")
          Integer expected,
      @JsonPropertyDescription("Nodes that have metrics.") Integer reporting,
      @JsonPropertyDescription(
              "The expected nodes that have metrics, and how many are expected, such as 48/50.")
          String coverage,
      @JsonPropertyDescription("Names of expected nodes without metrics, the first 10.")
          List<String> missing) {}

  /** A change of an object that was taken over. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ConflictingWriteStatus(
      @JsonPropertyDescription("The object, as kind/namespace/name.") String object,
      @JsonPropertyDescription("Who changed it, as its managed fields have it.") String manager,
      @JsonPropertyDescription("When.") String time) {}

  /** One thing that is wrong or worth knowing. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record FindingStatus(
      @JsonPropertyDescription("A stable name for this kind of finding.") String code,
      @JsonPropertyDescription("Error, Warning or Info.") String severity,
      @JsonPropertyDescription("What is the matter, and why.") String message,
      @JsonPropertyDescription("What mends it: a command or a field.") String remedy,
      @JsonPropertyDescription("The object concerned, as kind/namespace/name.") String object) {}
}
