package dev.metricsserver.model;

import java.util.Optional;

/**
 * What there is of metrics-server's serving certificate.
 *
 * @param registration how the API servers are told to verify it; empty when they know no metrics
 *     API
 * @param trusted the certificates of all CAs that may have signed what pods serve, in PEM; empty
 *     text when there are none
 * @param everywhere whether the Deployment and all pods serve the certificate of the Secret
 * @param given the certificate of the user or of cert-manager, where the spec asks for it
 * @param certManager whether the cluster has the kinds of cert-manager
 */
public record ServingFacts(
    Optional<Registration> registration,
    String trusted,
    boolean everywhere,
    Optional<ProvidedCertificate> given,
    boolean certManager) {

  /** There is nothing yet. */
  public static final ServingFacts NONE =
      new ServingFacts(Optional.empty(), "", false, Optional.empty(), false);

  /**
   * The registration's word on certificates.
   *
   * @param verified whether one is verified at all
   * @param caBundle by whom, in PEM; empty text when the registration does not say
   */
  public record Registration(boolean verified, String caBundle) {}
}
