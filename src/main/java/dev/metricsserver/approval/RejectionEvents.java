package dev.metricsserver.approval;

import dev.metricsserver.events.EventWriter;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/** Events about rejected requests: so many at once, and then one per interval. */
final class RejectionEvents {

  private static final int AT_ONCE = 25;
  private static final Duration INTERVAL = Duration.ofSeconds(10);

  private final EventWriter events;
  private final TokenBucket limit;

  RejectionEvents(KubernetesClient client, InstantSource clock) {
    events = new EventWriter(client, clock);
    limit = new TokenBucket(clock, AT_ONCE, INTERVAL);
  }

  /** Writes an Event about a request, unless there were too many of late. */
  void write(PendingRequest request) {
    if (limit.take()) {
      // Named after the request, so that a new leader writes no second one.
      events.write(
          Optional.of("certificate-request-refused." + request.uid()),
          new ObjectReferenceBuilder()
              .withApiVersion("certificates.k8s.io/v1")
              .withKind("CertificateSigningRequest")
              .withName(request.name())
              .withUid(request.uid())
              .build(),
          EventWriter.Type.Warning,
          "CertificateRequestRefused",
          "metrics-server-operator neither approves nor denies this request: "
              + request.fact().reason());
    }
  }
}
