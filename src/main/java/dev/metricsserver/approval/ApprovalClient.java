package dev.metricsserver.approval;

import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.reading.ApiErrors;
import dev.metricsserver.reading.NodeReader;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Utils;
import java.net.HttpURLConnection;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** The requests of the approval controller to the API server. */
final class ApprovalClient {

  private static final String NODES = "/api/v1/nodes/";
  private static final String REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests/";

  private final KubernetesClient client;
  private final InstantSource clock;

  ApprovalClient(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  /**
   * A Node as the API server has it now; the watch may be behind.
   *
   * @throws KubernetesClientException if the API server does not answer
   */
  Optional<NodeFacts> node(String name) {
    try {
      return Optional.of(
          NodeReader.read(client.raw(NODES + Utils.toUrlEncoded(name), "GET", null)));
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Approves a request.
   *
   * @throws KubernetesClientException if the API server does not
   */
  void approve(PendingRequest request) {
    client.raw(
        REQUESTS + Utils.toUrlEncoded(request.name()) + "/approval", "PUT", approval(request));
  }

  /**
   * The API server takes nothing but the condition. UID and resource version are those of the
   * request that was judged, so that no other request of the same name is approved in its place.
   */
  private CertificateSigningRequest approval(PendingRequest request) {
    return new CertificateSigningRequestBuilder()
        .withNewMetadata()
        .withName(request.name())
        .withUid(request.uid())
        .withResourceVersion(request.resourceVersion())
        .endMetadata()
        .withNewStatus()
        .addNewCondition()
        .withType("Approved")
        .withStatus("True")
        .withReason("AutoApproved")
        .withMessage(
            "Approved by %s: every name and address belongs to the node"
                .formatted(Names.MANAGED_BY))
        .withLastUpdateTime(clock.instant().truncatedTo(ChronoUnit.SECONDS).toString())
        .endCondition()
        .endStatus()
        .build();
  }

  /** Whether an error is not of one request only; admission can reject a single approval. */
  static boolean isAboutAllRequests(KubernetesClientException e) {
    var message = ApiErrors.message(e);
    return message.contains("\"certificatesigningrequests/approval\"")
        || message.contains("signerName");
  }
}
