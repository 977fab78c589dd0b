package dev.metricsserver.status;

import dev.metricsserver.plan.Decision.Refusal;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.reading.ExternalInstallation;
import java.util.Optional;

/** The result of a reconcile. */
public sealed interface Outcome {

  /** The objects are as the plan has them. */
  record Applied(MetricsServerPlan plan) implements Outcome {}

  /**
   * The objects were left as they are, because the spec is paused.
   *
   * @param preview what the operator would have changed, as a clause
   */
  record Paused(String preview) implements Outcome {}

  /**
   * The objects belong to another owner, or are to be treated so, and were left as they are.
   *
   * @param servingVerified whether the API servers verify the serving certificate
   */
  record Observed(ExternalInstallation external, boolean servingVerified) implements Outcome {

    /** Why kubelets are verified or not, or why that is unknown. */
    String kubeletsReason() {
      return switch (external.kubelets()) {
        case Verified ->
            "no flag of the observed metrics-server keeps it from verifying the kubelets'"
                + " certificates";
        case Unverified ->
            "the observed metrics-server accepts any certificate from kubelets"
                + " (--kubelet-insecure-tls)";
        case Unknown ->
            "the flags of the observed metrics-server cannot be read, so it is unknown whether it"
                + " verifies the kubelets' certificates";
      };
    }

    /** Why the serving certificate is verified or not. */
    String servingReason() {
      return servingVerified
          ? "the API servers verify the observed metrics-server's certificate"
          : "the API servers accept any certificate from the observed metrics-server"
              + " (insecureSkipTLSVerify)";
    }
  }

  /** The spec is refused; the objects were left as they are. */
  record Refused(Refusal reason) implements Outcome {}

  /** A request failed; it is retried. */
  record Failed(String message) implements Outcome {}

  /** The plan that is in force. */
  default Optional<MetricsServerPlan> inForce() {
    return this instanceof Applied(var plan) ? Optional.of(plan) : Optional.empty();
  }

  /** The installation that is observed, if it was found. */
  default Optional<Observed> observed() {
    return this instanceof Observed observed && observed.external().installation().isPresent()
        ? Optional.of(observed)
        : Optional.empty();
  }
}
