package dev.metricsserver.approval;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.List;
import java.util.Map;

/**
 * Keeps of a request that is decided only that it is: they stay for an hour, as many as there are
 * nodes, and the certificate is most of their size.
 */
final class LeanRequestStore extends BasicItemStore<CertificateSigningRequest> {

  LeanRequestStore() {
    super(Cache::metaNamespaceKeyFunc);
  }

  @Override
  public CertificateSigningRequest put(String key, CertificateSigningRequest request) {
    request.getMetadata().setManagedFields(List.of());
    request.getMetadata().setAnnotations(Map.of());
    if (!ApprovalRule.isUndecided(request)) {
      request.getSpec().setRequest("");
      request.getSpec().setExtra(Map.of());
      request.getStatus().setCertificate(null);
    }
    return super.put(key, request);
  }
}
