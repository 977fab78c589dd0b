package dev.metricsserver.runtime;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One replica acts at a time: the holder of a Lease. */
final class Leadership {

  private static final Logger log = LoggerFactory.getLogger(Leadership.class);
  private static final String LEASE = "metrics-server-operator";

  private final KubernetesClient client;
  private final String namespace;
  private final String identity;
  private volatile boolean stopping;

  Leadership(KubernetesClient client, String namespace, String identity) {
    this.client = client;
    this.namespace = namespace;
    this.identity = identity;
  }

  LeaderElectionConfiguration configuration() {
    return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
        .withLeaseNamespace(namespace)
        .withIdentity(identity)
        .withLeaseDuration(Duration.ofSeconds(15))
        .withRenewDeadline(Duration.ofSeconds(10))
        .withRetryPeriod(Duration.ofSeconds(2))
        // The framework's own exit waits for a lock that our shutdown holds.
        .withExitOnStopLeading(false)
        .withLeaderCallbacks(new LeaderCallbacks(() -> {}, this::lost, leader -> {}))
        .build();
  }

  void stopping() {
    stopping = true;
  }

  boolean isStopping() {
    return stopping;
  }

  /**
   * Another replica may act from now on: this one must not, not even to the end of what it does.
   */
  private void lost() {
    if (!stopping) {
      log.error("The Lease was lost, starting anew");
      Runtime.getRuntime().halt(1);
    }
  }

  /** Gives the Lease back when it is ours. */
  void release() {
    try {
      var lease = client.leases().inNamespace(namespace).withName(LEASE).get();
      if (lease != null && identity.equals(lease.getSpec().getHolderIdentity())) {
        lease.getSpec().setHolderIdentity("");
        lease.getSpec().setLeaseDurationSeconds(1);
        client.resource(lease).update();
      }
    } catch (KubernetesClientException e) {
      log.warn("The Lease could not be given back, it ends by itself: {}", e.getMessage());
    }
  }
}
