package dev.metricsserver.runtime;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leader election: only the holder of a Lease reconciles. The framework's elector reads the Lease
 * every two to four seconds. A standby replica therefore also watches it, and acquires it as soon
 * as the holder releases it: with that a hand-over takes one second instead of up to four.
 */
final class Leadership implements ResourceEventHandler<Lease> {

  private static final Logger log = LoggerFactory.getLogger(Leadership.class);
  private static final String LEASE = "metrics-server-operator";
  private static final Duration LEASE_DURATION = Duration.ofSeconds(15);
  private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);

  private final KubernetesClient client;
  private final String namespace;
  private final String identity;
  private Runnable act = () -> {};
  private SharedIndexInformer<Lease> watch;
  private volatile boolean elected;
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
        .withLeaderCallbacks(new LeaderCallbacks(this::elected, this::lost, this::observed))
        .build();
  }

  /**
   * @param start starts reconciling; has no effect if this replica already reconciles
   */
  void onTaken(Runnable start) {
    act = start;
  }

  synchronized void stopping() {
    stopping = true;
    unwatch();
  }

  /** Returns whether this replica is the leader. */
  boolean leads() {
    return leads;
  }

  boolean isStopping() {
    return stopping;
  }

  private synchronized void elected() {
    elected = true;
    leads = true;
    unwatch();
  }

  /** Another replica is the leader, so this one watches the Lease. */
  private synchronized void observed(String leader) {
    if (watch == null && !stopping && !leader.isEmpty() && !leader.equals(identity)) {
      watch =
          client
              .leases()
              .inNamespace(namespace)
              .withName(LEASE)
              .runnableInformer(0)
              .addEventHandler(this);
      watch.start();
    }
  }

  private void unwatch() {
    if (watch != null) {
      watch.stop();
    }
  }

  @Override
  public void onAdd(Lease lease) {
    takeIfFree(lease);
  }

  @Override
  public void onUpdate(Lease before, Lease lease) {
    takeIfFree(lease);
  }

  @Override
  public void onDelete(Lease lease, boolean finalStateUnknown) {
    // The framework's elector creates a new Lease.
  }

  private void takeIfFree(Lease lease) {
    var holder = lease.getSpec().getHolderIdentity();
    if (elected || stopping || (holder != null && !holder.isEmpty())) {
      return;
    }
    var now = ZonedDateTime.now(ZoneOffset.UTC);
    var taken = client.getKubernetesSerialization().clone(lease);
    taken.getSpec().setHolderIdentity(identity);
    taken.getSpec().setLeaseDurationSeconds((int) LEASE_DURATION.toSeconds());
    taken.getSpec().setAcquireTime(now);
    taken.getSpec().setRenewTime(now);
    try {
      client.resource(taken).lockResourceVersion(lease.getMetadata().getResourceVersion()).update();
    } catch (KubernetesClientException e) {
      log.debug("Another replica or the elector acquired the Lease first", e);
      return;
    }
    log.info("Acquired the released Lease");
    leads = true;
    // From now on the elector must renew the Lease: it sees this replica as the holder.
    CompletableFuture.delayedExecutor(RENEW_DEADLINE.toSeconds(), TimeUnit.SECONDS)
        .execute(() -> {
          if (!elected) {
            lost();
          }
        });
    act.run();
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
