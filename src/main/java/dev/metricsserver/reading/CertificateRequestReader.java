package dev.metricsserver.reading;

import dev.metricsserver.model.CertificateRequests;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;

/** Reads certificate signing requests of kubelets from the API server. */
public final class CertificateRequestReader {

  private CertificateRequestReader() {}

  /**
   * All requests for kubelets' serving certificates, decided or not.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException when they cannot be read
   */
  public static List<CertificateSigningRequest> read(KubernetesClient client) {
    return client
        .certificates()
        .v1()
        .certificateSigningRequests()
        .withField("spec.signerName", CertificateRequests.SIGNER)
        .list()
        .getItems();
  }
}
