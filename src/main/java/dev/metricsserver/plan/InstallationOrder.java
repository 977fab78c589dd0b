package dev.metricsserver.plan;

import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.tls.ServingCertificates;

/** Decides which objects have to wait for others. */
public final class InstallationOrder {

  private InstallationOrder() {}

  /**
   * Whether to apply the Deployment. Pods that mount a Secret which is not there do not start, and
   * the kubelet retries less and less often.
   */
  public static boolean appliesDeployment(ServingTLS serving, ServingCertificates certificates) {
    return serving.source() == Source.SelfSigned || certificates.leaf().isPresent();
  }

  /**
   * Whether to apply a Secret with a certificate. Where pods sign their own, the Secret stays as it
   * is for older pods that still serve from it.
   *
   * @param contentKnown whether it is decided what the Secret holds
   * @param unchanged whether the Secret is the one that this was decided by
   */
  public static boolean appliesServingSecret(
      ServingTLS serving, boolean contentKnown, boolean unchanged) {
    return serving.source() != Source.SelfSigned && contentKnown && unchanged;
  }

  /**
   * Whether to apply the APIService: when an endpoint is ready, and from then on always. Registered
   * earlier, the API servers find no endpoint and back off for seconds.
   *
   * @param registered whether the APIService leads to metrics-server, or did so when it was deleted
   */
  public static boolean appliesAPIService(
      ServingTLS serving, boolean registered, boolean endpointReady) {
    return serving.registrable() && (registered || endpointReady);
  }
}
