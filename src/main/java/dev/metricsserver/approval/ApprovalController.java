package dev.metricsserver.approval;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.approval.Reason.Code;
import dev.metricsserver.approval.RetryQueue.Next;
import dev.metricsserver.approval.Verdict.Approved;
import dev.metricsserver.approval.Verdict.Deferred;
import dev.metricsserver.approval.Verdict.Rejected;
import dev.metricsserver.events.EventWriter;
import dev.metricsserver.model.CertificateRequest;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.CertificateRequests.State;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.reading.ApiErrors;
import dev.metricsserver.reading.ClusterDomain;
import dev.metricsserver.reading.ServiceRangesReader;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import io.javaoperatorsdk.operator.processing.event.source.ResourceEventAware;
import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Approves the kubelets' requests for serving certificates according to {@link ApprovalPolicy},
 * from a call of {@link #approve} until one of {@link #approveNothing}. Starts a reconcile when the
 * requests without a decision have changed.
 *
 * <p>Only the leader reconciles, so only the leader approves.
 */
public final class ApprovalController
    extends AbstractEventSource<CertificateRequests, MetricsServerConfig>
    implements ResourceEventAware<MetricsServerConfig>,
        ResourceEventHandler<CertificateSigningRequest> {

  private static final Logger log = LoggerFactory.getLogger(ApprovalController.class);

  private static final long PAGE = 500;
  private static final Duration WHILE_FORBIDDEN = Duration.ofSeconds(5);

  /** Changes within this time are reported together. */
  private static final Duration REPORT_AFTER = Duration.ofSeconds(1);

  private static final Path RESOLVER_CONFIGURATION = Path.of("/etc/resolv.conf");
  private static final Event CHANGED = new Event(new ResourceID(MetricsServerConfig.NAME));

  private final KubernetesClient client;
  private final ApprovalClient approvals;
  private final EventWriter events;
  private final InstantSource clock;
  private final Function<String, ? extends Collection<String>> claimants;
  private final Function<String, ? extends Collection<String>> podNetworks;
  private final Runnable approved;
  private final ServiceRangesReader serviceRanges;
  private final Set<String> domains = ClusterDomain.read(RESOLVER_CONFIGURATION);
  private final PendingRequests pending = new PendingRequests();
  private final RetryQueue<String> queue;
  private final AtomicBoolean reporting = new AtomicBoolean();
  private SharedIndexInformer<CertificateSigningRequest> informer;

  /** The API servers' addresses while requests are approved, else empty. */
  private volatile Optional<Set<String>> apiServers = Optional.empty();

  private volatile Optional<Forbidden> forbidden = Optional.empty();
  private volatile CertificateRequests reported = CertificateRequests.NONE;

  /** A 403 of the API server, and when to try again. */
  private record Forbidden(String message, Instant until) {}

  /**
   * A controller that approves nothing until {@link #approve} is called.
   *
   * @param claimants see {@link ClusterContext}
   * @param podNetworks see {@link ClusterContext}
   * @param approved called after each approval
   */
  public ApprovalController(
      KubernetesClient client,
      InstantSource clock,
      Function<String, ? extends Collection<String>> claimants,
      Function<String, ? extends Collection<String>> podNetworks,
      Runnable approved) {
    super(CertificateRequests.class, "certificate-requests");
    this.client = client;
    this.approvals = new ApprovalClient(client, clock);
    this.events = new EventWriter(client, clock);
    this.clock = clock;
    this.claimants = claimants;
    this.podNetworks = podNetworks;
    this.approved = approved;
    this.serviceRanges = new ServiceRangesReader(client, clock);
    this.queue = new RetryQueue<>("approval", clock, this::judge);
  }

  @Override
  public synchronized void start() {
    super.start();
    queue.start();
    informer =
        client
            .certificates()
            .v1()
            .certificateSigningRequests()
            .withField("spec.signerName", CertificateRequests.SIGNER)
            .withLimit(PAGE)
            .runnableInformer(0)
            .itemStore(new LeanRequestStore())
            .addEventHandler(this)
            // Metrics do not depend on requests, so a failure of this watch is retried for ever.
            .exceptionHandler((started, e) -> {
              unreadable(e);
              return true;
            });
    var _ = informer.start();
  }

  @Override
  public synchronized void stop() {
    super.stop();
    apiServers = Optional.empty();
    if (informer != null) {
      informer.stop();
      queue.stop();
    }
  }

  /**
   * Approves requests from now on.
   *
   * @param addresses the addresses of the API servers
   */
  public void approve(Set<String> addresses) {
    var known = Optional.of(Set.copyOf(addresses));
    if (!known.equals(apiServers)) {
      if (apiServers.isEmpty()) {
        log.info("Approval of kubelet serving certificate requests is on");
      }
      apiServers = known;
      pending.users().forEach(queue::run);
    }
  }

  /** Approves no requests from now on. An approval that is being sent is not withdrawn. */
  public void approveNothing() {
    if (apiServers.isPresent()) {
      log.info("Approval of kubelet serving certificate requests is off");
      apiServers = Optional.empty();
      forbidden = Optional.empty();
      pending.all().forEach(PendingRequest::reset);
      report();
    }
  }

  /** Judges the requests of a Node now, because the Node has changed. */
  public void nodeChanged(String node) {
    var user = CertificateRequest.user(node);
    if (apiServers.isPresent() && !pending.of(user).isEmpty()) {
      queue.run(user);
    }
  }

  /** Without a configuration nothing is approved. */
  @Override
  public void onResourceDeleted(MetricsServerConfig config) {
    approveNothing();
  }

  @Override
  public Set<CertificateRequests> getSecondaryResources(MetricsServerConfig primary) {
    return Set.of(reported);
  }

  // -------------------------------------------------------------------------------- watch

  @Override
  public void onAdd(CertificateSigningRequest added) {
    readable();
    var request = CertificateRequest.of(added);
    if (request.decision().isPresent()) {
      forget(request.uid());
    } else if (pending.add(new PendingRequest(request)) && apiServers.isPresent()) {
      queue.runAfresh(request.user());
    } else {
      report();
    }
  }

  @Override
  public void onUpdate(CertificateSigningRequest old, CertificateSigningRequest updated) {
    var request = CertificateRequest.of(updated);
    var known = pending.get(request.uid());
    if (known.isPresent() && request.decision().isEmpty()) {
      known.get().isNow(request.resourceVersion());
    } else {
      onAdd(updated);
    }
  }

  @Override
  public void onDelete(CertificateSigningRequest request, boolean unknown) {
    forget(request.getMetadata().getUid());
  }

  private void forget(String uid) {
    if (pending.remove(uid)) {
      report();
    }
  }

  private void unreadable(Throwable e) {
    if (e instanceof KubernetesClientException refusal
        && refusal.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
      forbidden = Optional.of(new Forbidden(ApiErrors.message(refusal), Instant.MAX));
      report();
    } else {
      log.warn("The watch of certificate requests failed and is retried: {}", e.toString());
    }
  }

  private void readable() {
    if (forbidden.filter(f -> f.until().equals(Instant.MAX)).isPresent()) {
      forbidden = Optional.empty();
      report();
    }
  }

  // -------------------------------------------------------------------------------- work

  /** Judges the newest requests of a user; the Node is read once for all of them. */
  private Next judge(String user) {
    var node = new NodeOnce();
    Next next = new Next.Done();
    for (var request : pending.of(user)) {
      if (apiServers.isPresent() && !request.isRejected()) {
        try {
          next = carryOut(request, verdict(request, node), next);
        } catch (KubernetesClientException e) {
          next = failed(request, e, next);
        } catch (RuntimeException e) {
          log.error("Certificate request {} cannot be judged", request.shownName(), e);
          next = deferred(request, Reason.of(Code.InternalError, e));
        }
      }
    }
    return next;
  }

  /** A Node, read when it is first needed. */
  private final class NodeOnce {

    private Optional<NodeFacts> node;

    Optional<NodeFacts> get(String name) {
      if (node == null) {
        node = approvals.node(name);
      }
      return node;
    }
  }

  private Verdict verdict(PendingRequest request, NodeOnce node) {
    var now = forbidden();
    if (now.isPresent()) {
      return new Deferred(Reason.of(Code.Forbidden, now.get().message()));
    }
    return switch (request.parsed()) {
      case Rejected rejected -> rejected;
      case ParsedRequest.Valid valid ->
          ApprovalPolicy.judge(
              valid,
              node.get(valid.node()),
              ClusterContext.of(
                  serviceRanges.read(),
                  apiServers.orElse(Set.of()),
                  domains,
                  claimants,
                  podNetworks));
    };
  }

  private Optional<Forbidden> forbidden() {
    return forbidden.filter(f -> f.until().isAfter(clock.instant()));
  }

  private Next carryOut(PendingRequest request, Verdict verdict, Next next) {
    return switch (verdict) {
      case Approved _ -> {
        approve(request);
        yield next;
      }
      case Deferred(var reason) -> deferred(request, reason);
      case Rejected rejected -> {
        reject(request, rejected);
        yield next;
      }
    };
  }

  private void approve(PendingRequest request) {
    if (apiServers.isEmpty() || !pending.contains(request)) {
      return;
    }
    approvals.approve(request);
    pending.remove(request.uid());
    if (forbidden.isPresent() || request.verdict().isPresent()) {
      forbidden = Optional.empty();
      report();
    }
    approved.run();
    log.info("Approved certificate request {} of node {}", request.shownName(), request.node());
  }

  private Next failed(PendingRequest request, KubernetesClientException e, Next next) {
    if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
      return next;
    }
    if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
      forbidden =
          Optional.of(new Forbidden(ApiErrors.message(e), clock.instant().plus(WHILE_FORBIDDEN)));
    }
    return deferred(request, Reason.of(Code.APIServerError, ApiErrors.message(e)));
  }

  private Next deferred(PendingRequest request, Reason reason) {
    note(request, new Deferred(reason));
    return forbidden().isPresent() ? new Next.After(WHILE_FORBIDDEN) : new Next.Retry();
  }

  private void reject(PendingRequest request, Rejected rejected) {
    note(request, rejected);
    log.warn(
        "Certificate request {} is not approved, rule {}: {}",
        request.shownName(),
        rejected.rule(),
        rejected.reason().text());
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

  // -------------------------------------------------------------------------------- report

  private void note(PendingRequest request, Verdict verdict) {
    if (request.judged(verdict)) {
      report();
    }
  }

  private void report() {
    if (isRunning() && reporting.compareAndSet(false, true)) {
      queue.later(this::publish, REPORT_AFTER);
    }
  }

  private void publish() {
    reporting.set(false);
    var approving = apiServers.isPresent();
    var requests =
        pending.all().stream()
            .map(PendingRequest::fact)
            // A request without a verdict is about to be approved.
            .filter(fact -> !approving || fact.state() != State.NotLookedAt)
            .sorted(
                Comparator.comparing(CertificateRequests.Request::state)
                    .reversed()
                    .thenComparing(CertificateRequests.Request::created)
                    .thenComparing(CertificateRequests.Request::name))
            .toList();
    var now =
        new CertificateRequests(
            List.copyOf(requests.subList(0, Math.min(requests.size(), CertificateRequests.MOST))),
            approving ? requests.size() : pending.total(),
            forbidden.map(Forbidden::message));
    if (!now.equals(reported)) {
      reported = now;
      getEventHandler().handleEvent(CHANGED);
    }
  }
}
