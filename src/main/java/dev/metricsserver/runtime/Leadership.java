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
 * One replica acts at a time: the holder of a Lease. The framework's elector looks at the Lease
 * every two to four seconds; a stand-by therefore watches it too, and takes it the moment that its
 * holder gives it back.
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
        // The framework's own exit waits for a lock that our shutdown holds.
        .withExitOnStopLeading(false)
        .withLeaderCallbacks(new LeaderCallbacks(this::elected, this::lost, this::observed))
        .build();
  }

  /**
   * @param start makes this replica act; harmless when it does already
   */
  void onTaken(Runnable start) {
    act = start;
  }

  synchronized void stopping() {
    stopping = true;
    unwatch();
  }

  /** Whether this replica acts. */
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

  /** Somebody else leads: this replica stands by. */
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
    // The framework's elector makes a new one.
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
      log.debug("Another replica, or the elector, was quicker", e);
      return;
    }
    log.info("Took the Lease that was given back");
    leads = true;
    // From here on the elector must renew it: it finds this replica as its holder.
    CompletableFuture.delayedExecutor(RENEW_DEADLINE.toSeconds(), TimeUnit.SECONDS)
        .execute(() -> {
          if (!elected) {
            lost();
          }
        });
    act.run();
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
