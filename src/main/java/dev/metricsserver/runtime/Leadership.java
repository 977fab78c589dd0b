package dev.metricsserver.runtime;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leader election: only the holder of a Lease reconciles. A leader that ends releases the Lease,
 * and a standby replica acquires it at its next attempt, two to four seconds later. Meanwhile
 * metrics-server serves as before.
 */
final class Leadership {

  private static final Logger log = LoggerFactory.getLogger(Leadership.class);
  private static final String LEASE = "metrics-server-operator";
  private static final Duration LEASE_DURATION = Duration.ofSeconds(15);
  private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);

  private final KubernetesClient client;
  private final String namespace;
  private final String identity;
  private volatile boolean leads;
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
        .withLeaseDuration(LEASE_DURATION)
        .withRenewDeadline(RENEW_DEADLINE)
        .withRetryPeriod(Duration.ofSeconds(2))
        // The framework's own exit would wait for a lock that the shutdown hook holds.
        .withExitOnStopLeading(false)
        .withLeaderCallbacks(new LeaderCallbacks(this::elected, this::lost, _ -> {}))
        .build();
  }

  void stopping() {
    stopping = true;
  }

  /** Returns whether this replica is the leader. */
  boolean leads() {
    return leads;
  }

  boolean isStopping() {
    return stopping;
  }

  private void elected() {
    leads = true;
  }

  /**
   * Another replica may be the leader now, so this process ends at once, in the middle of any work.
   */
  private void lost() {
    if (!stopping) {
      log.error("The Lease was lost, the process ends");
      Runtime.getRuntime().halt(1);
    }
  }

  /** Releases the Lease if this replica holds it. */
  void release() {
    try {
      var lease = client.leases().inNamespace(namespace).withName(LEASE).get();
      if (lease != null && identity.equals(lease.getSpec().getHolderIdentity())) {
        lease.getSpec().setHolderIdentity("");
        lease.getSpec().setLeaseDurationSeconds(1);
        client.resource(lease).update();
      }
    } catch (KubernetesClientException e) {
      log.warn("The Lease could not be released and will expire: {}", e.getMessage());
    }
  }
}
