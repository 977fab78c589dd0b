package dev.metricsserver.approval;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.approval.Reason.Code;
import dev.metricsserver.approval.RetryQueue.Next;
import dev.metricsserver.approval.Verdict.Approved;
import dev.metricsserver.approval.Verdict.Deferred;
import dev.metricsserver.approval.Verdict.Rejected;
import dev.metricsserver.model.CertificateRequest;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.reading.ApiErrors;
import dev.metricsserver.reading.CertificateRequestReader;
import dev.metricsserver.reading.ObjectWatch;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import io.javaoperatorsdk.operator.processing.event.source.ResourceEventAware;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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
    implements ResourceEventAware<MetricsServerConfig>, ObjectWatch.Store<CertificateRequest> {

  private static final Logger log = LoggerFactory.getLogger(ApprovalController.class);

  private static final Duration WHILE_FORBIDDEN = Duration.ofSeconds(5);

  /** Changes within this time are reported together. */
  private static final Duration REPORT_AFTER = Duration.ofSeconds(1);

  /** Names of API servers that are kept in the status. */
  private static final int MAX_NAMES = 64;

  private static final Event CHANGED = new Event(new ResourceID(MetricsServerConfig.NAME));

  private final ApprovalClient approvals;
  private final ClusterContextReader context;
  private final RejectionEvents rejections;
  private final InstantSource clock;
  private final Function<String, Optional<NodeFacts>> knownNodes;
  private final Runnable approved;
  private final PendingRequests pending = new PendingRequests();
  private final RetryQueue<String> queue;
  private final AtomicBoolean reporting = new AtomicBoolean();
  private final ObjectWatch<CertificateRequest> watch;

  /** The endpoints of the API servers. */
  private volatile Set<Endpoint> apiServers = Set.of();

  private volatile Limits limits = Limits.NONE;

  private volatile boolean approving;

  private volatile Optional<Forbidden> forbidden = Optional.empty();
  private volatile CertificateRequests reported = CertificateRequests.NONE;

  /** A 403 of the API server, and when to try again. */
  private record Forbidden(String message, Instant until) {}

  /**
   * A controller that approves nothing until {@link #approve} is called.
   *
   * @param nodes see {@link ClusterContext}
   * @param knownNodes a Node by its name, as the watch last received it
   * @param approved called after each approval
   */
  public ApprovalController(
      KubernetesClient client,
      InstantSource clock,
      ClusterContext.Nodes nodes,
      Function<String, Optional<NodeFacts>> knownNodes,
      Runnable approved) {
    super(CertificateRequests.class, "certificate-requests");
    this.approvals = new ApprovalClient(client, clock);
    this.context = new ClusterContextReader(client, clock, nodes);
    this.rejections = new RejectionEvents(client, clock);
    this.clock = clock;
    this.knownNodes = knownNodes;
    this.approved = approved;
    this.queue = new RetryQueue<>("approval", clock, this::judge);
    this.watch =
        new ObjectWatch<>(
            client,
            "certificate-requests",
            CertificateRequestReader.PATH,
            CertificateRequestReader::read,
            this);
  }

  @Override
  public synchronized void start() {
    super.start();
    queue.start();
    watch.start();
  }

  @Override
  public synchronized void stop() {
    if (isRunning()) {
      super.stop();
      approving = false;
      watch.stop();
      queue.stop();
    }
  }

  /**
   * Approves requests from now on.
   *
   * @param endpoints the endpoints of the API servers
   * @param names the names of the API servers that are known already
   * @param allowed what may be approved
   */
  public void approve(Set<Endpoint> endpoints, List<String> names, Limits allowed) {
    context.remember(names);
    var known = Set.copyOf(endpoints);
    if (!approving || !known.equals(apiServers) || !allowed.equals(limits)) {
      if (!approving) {
        log.info("Approval of kubelet serving certificate requests is on");
        pending.all().forEach(PendingRequest::reset);
      }
      apiServers = known;
      limits = allowed;
      approving = true;
      pending.users().forEach(queue::run);
    }
  }

  /** The names of the API servers, sorted, at most 64; empty while no requests are approved. */
  public List<String> apiServerNames() {
    return approving ? context.apiServerNames().stream().limit(MAX_NAMES).toList() : List.of();
  }

  /**
   * Approves no requests from now on. An approval that is being sent is not withdrawn.
   *
   * @param endpoints the endpoints of the API servers
   * @param allowed what reports recommend to approve
   */
  public void approveNothing(Set<Endpoint> endpoints, Limits allowed) {
    apiServers = Set.copyOf(endpoints);
    limits = allowed;
    approveNothing();
  }

  private void approveNothing() {
    if (approving) {
      log.info("Approval of kubelet serving certificate requests is off");
      approving = false;
      forbidden = Optional.empty();
      pending.all().forEach(PendingRequest::reset);
      report();
    }
  }

  /** Judges the requests of a Node now, because the Node has changed. */
  public void nodeChanged(String node) {
    var user = CertificateRequest.user(node);
    if (pending.of(user).isEmpty()) {
      return;
    }
    if (approving) {
      queue.run(user);
    } else {
      report();
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
  public String key(CertificateRequest request) {
    return request.uid();
  }

  @Override
  public void put(CertificateRequest request) {
    readable();
    if (request.decision().isPresent()) {
      remove(request);
      return;
    }
    var known = pending.get(request.uid());
    if (known.isPresent()) {
      known.get().isNow(request.resourceVersion());
    } else if (pending.add(new PendingRequest(request)) && approving) {
      queue.runAfresh(request.user());
    } else {
      report();
    }
  }

  @Override
  public void remove(CertificateRequest request) {
    if (pending.remove(request.uid())) {
      report();
    }
  }

  @Override
  public void retain(Set<String> uids) {
    readable();
    if (pending.retain(uids)) {
      report();
    }
  }

  @Override
  public void failed(int code, String message) {
    if (code == HttpURLConnection.HTTP_FORBIDDEN) {
      forbidden = Optional.of(new Forbidden(message, Instant.MAX));
      report();
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
      if (approving && !request.isRejected()) {
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
      case ParsedRequest.Valid valid -> {
        try {
          yield ApprovalPolicy.judge(
              valid, node.get(valid.node()), context.read(apiServers, limits));
        } catch (KubernetesClientException e) {
          // The rights to read are missing for all requests.
          noteForbidden(e);
          throw e;
        }
      }
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
    if (!approving || !pending.contains(request)) {
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
    if (ApprovalClient.isAboutAllRequests(e)) {
      noteForbidden(e);
    }
    return deferred(request, Reason.of(Code.APIServerError, ApiErrors.message(e)));
  }

  private void noteForbidden(KubernetesClientException e) {
    if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
      forbidden =
          Optional.of(new Forbidden(ApiErrors.message(e), clock.instant().plus(WHILE_FORBIDDEN)));
    }
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
    rejections.write(request);
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
    var all =
        pending.all().stream()
            // A request without a verdict is about to be approved.
            .filter(request -> !approving || request.verdict().isPresent())
            .sorted(Comparator.comparing(PendingRequest::created))
            .toList();
    var shown = all.stream().limit(approving ? all.size() : CertificateRequests.MOST);
    var requests =
        shown
            .peek(request -> {
              if (!approving) {
                request.judged(verdictOnly(request));
              }
            })
            .map(PendingRequest::fact)
            .sorted(
                Comparator.comparing(CertificateRequests.Request::state)
                    .reversed()
                    .thenComparing(CertificateRequests.Request::created)
                    .thenComparing(CertificateRequests.Request::name))
            .limit(CertificateRequests.MOST)
            .toList();
    var now =
        new CertificateRequests(
            requests, approving ? all.size() : pending.total(), forbidden.map(Forbidden::message));
    if (!now.equals(reported)) {
      reported = now;
      getEventHandler().handleEvent(CHANGED);
    }
  }

  /**
   * The verdict that a report shows while nothing is approved; it takes the Node from the watch.
   */
  private Verdict verdictOnly(PendingRequest request) {
    try {
      return switch (request.parsed()) {
        case Rejected rejected -> rejected;
        case ParsedRequest.Valid valid ->
            ApprovalPolicy.judge(
                valid, knownNodes.apply(valid.node()), context.read(apiServers, limits));
      };
    } catch (RuntimeException e) {
      return new Deferred(Reason.of(Code.InternalError, e.getMessage()));
    }
  }
}
