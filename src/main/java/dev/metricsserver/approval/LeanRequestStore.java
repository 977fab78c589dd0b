package dev.metricsserver.approval;

import dev.metricsserver.model.CertificateRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.List;
import java.util.Map;

/**
 * Keeps of a request with a decision only that it exists: Kubernetes keeps such requests for an
 * hour, one per node, and the certificate is most of their size.
 */
final class LeanRequestStore extends BasicItemStore<CertificateSigningRequest> {

  LeanRequestStore() {
    super(Cache::metaNamespaceKeyFunc);
  }

  @Override
  public CertificateSigningRequest put(String key, CertificateSigningRequest request) {
    request.getMetadata().setManagedFields(List.of());
    request.getMetadata().setAnnotations(Map.of());
    if (CertificateRequest.of(request).decision().isPresent()) {
      request.getSpec().setRequest("");
      request.getSpec().setExtra(Map.of());
      if (request.getStatus() != null) {
        request.getStatus().setCertificate(null);
      }
    }
    return super.put(key, request);
  }
}
