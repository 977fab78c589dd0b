package dev.metricsserver.reading;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.model.Kubelet;
import dev.metricsserver.model.KubeletTarget;
import dev.metricsserver.model.NodeFacts.Address;
import dev.metricsserver.tls.Certificates;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import io.javaoperatorsdk.operator.processing.event.source.ResourceEventAware;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Probes the kubelets, all of them at first and then in turn, and reconciles when a result changed.
 */
public final class Kubelets extends AbstractEventSource<Kubelet, MetricsServerConfig>
    implements ResourceEventAware<MetricsServerConfig> {

  private static final Event CHANGED = new Event(new ResourceID(MetricsServerConfig.NAME));

  /** A clock that is never set, for durations. */
  private static final InstantSource STEADY = () -> Instant.EPOCH.plusNanos(System.nanoTime());

  /**
   * What was seen, at one moment.
   *
   * @param kubelets what was seen last, by node
   * @param complete whether there was a moment when every target had been looked at
   */
  public record Seen(Map<String, Kubelet> kubelets, boolean complete) {}

  /** One look at a target; it never throws. */
  @FunctionalInterface
  interface Look {
    Kubelet at(KubeletTarget target, List<X509Certificate> cluster, List<X509Certificate> given);
  }

  private final Look look;
  private final Supplier<List<X509Certificate>> clusterAuthority;
  private final InstantSource clock;
  private final KubeletProbeScheduler turns = new KubeletProbeScheduler();
  private List<X509Certificate> cluster = List.of();
  private List<X509Certificate> given = List.of();
  private ScheduledExecutorService timer;
  private ExecutorService looks;
  private ScheduledFuture<?> next;
  private Set<String> requested = Set.of();
  private boolean firstLookOver;

  /**
   * Looks at nothing until {@link #look} is called.
   *
   * @param client whose trust in the API server is what metrics-server trusts kubelets by
   * @param clock by which certificates of CAs are valid or not
   */
  public Kubelets(KubernetesClient client, InstantSource clock) {
    var probe = new KubeletProbe(clock);
    this(
        (target, cluster, given) -> probe.look(target.address(), target.port(), cluster, given),
        new ClusterAuthority(client.getConfiguration())::read,
        clock);
  }

  Kubelets(Look look, Supplier<List<X509Certificate>> clusterAuthority, InstantSource clock) {
    super(Kubelet.class, "kubelets");
    this.look = look;
    this.clusterAuthority = clusterAuthority;
    this.clock = clock;
  }

  @Override
  public synchronized void start() {
    super.start();
    var timerPool =
        new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().daemon().name("kubelets").factory());
    timerPool.setRemoveOnCancelPolicy(true);
    timer = timerPool;
    // A thread lives a second after its last look: an idle operator has none of them.
    var pool =
        new ThreadPoolExecutor(
            KubeletProbeScheduler.PARALLEL,
            KubeletProbeScheduler.PARALLEL,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("kubelet-", 0).factory());
    pool.allowCoreThreadTimeOut(true);
    looks = pool;
    turn();
  }

  @Override
  public synchronized void stop() {
    super.stop();
    if (timer != null) {
      timer.shutdownNow();
      looks.shutdownNow();
    }
  }

  @Override
  public Set<Kubelet> getSecondaryResources(MetricsServerConfig primary) {
    return Set.copyOf(seen().values());
  }

  /**
   * Looks at these kubelets from now on, and at no others. A target is new when its node, its
   * address or its port is; all are when the CA changed.
   *
   * @param authority the CA that the user gave, in PEM
   * @param waiting nodes whose request for a certificate is not decided: one that no longer waits
   *     is looked at soon
   * @return what was seen of them until now: in one piece, because who reads that nothing was seen,
   *     and then that all is, decides by nothing
   */
  public synchronized Seen look(
      Collection<KubeletTarget> targets, Optional<String> authority, Set<String> waiting) {
    turns.targets(targets);
    requested.stream()
        .filter(node -> !waiting.contains(node))
        .forEach(node -> turns.again(node, STEADY.instant()));
    requested = waiting;
    var certificates = authority.map(Certificates::parse).orElse(List.of());
    if (!certificates.equals(given)) {
      given = certificates;
      turns.afresh();
    }
    turn();
    return new Seen(seen(), complete());
  }

  /** Forgets the probes: a resource that is created later must not be decided by old ones. */
  @Override
  public synchronized void onResourceDeleted(MetricsServerConfig config) {
    turns.clear();
    firstLookOver = false;
  }

  /** What was seen last, by node, of those targets that were looked at since they became one. */
  public synchronized Map<String, Kubelet> seen() {
    return turns.snapshot();
  }

  /** Whether there was a moment when every target had been looked at. */
  public synchronized boolean complete() {
    firstLookOver |= turns.complete();
    return firstLookOver;
  }

  /** Does what is to be done now, and comes back when there is more. */
  private synchronized void turn() {
    if (!isRunning()) {
      return;
    }
    var now = STEADY.instant();
    var authority = clusterAuthority.get();
    if (!authority.equals(cluster)) {
      cluster = authority;
      turns.afresh();
    }
    var authorityGiven = given;
    for (var entry : turns.take(now)) {
      looks.execute(() -> lookAt(entry, authority, authorityGiven));
    }
    if (turns.tell(now)) {
      getEventHandler().handleEvent(CHANGED);
    }
    if (next != null) {
      next.cancel(false);
    }
    turns
        .wake(now)
        .ifPresent(at -> {
          var delay = Duration.between(now, at).toMillis() + 1;
          next = timer.schedule(this::turn, Math.max(1, delay), TimeUnit.MILLISECONDS);
        });
  }

  private void lookAt(
      KubeletProbeScheduler.Entry entry,
      List<X509Certificate> clusterThen,
      List<X509Certificate> givenThen) {
    var kubelet = look.at(entry.target(), clusterThen, givenThen);
    synchronized (this) {
      var address = new Address("", entry.target().address());
      var verified = kubelet.verified(address, !givenThen.isEmpty(), clock.instant());
      turns.seen(entry, kubelet, verified, STEADY.instant());
      turn();
    }
  }
}
