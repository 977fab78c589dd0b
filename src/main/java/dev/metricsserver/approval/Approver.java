package dev.metricsserver.approval;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.approval.ApprovalRule.Request;
import dev.metricsserver.approval.ApprovalRule.Surroundings;
import dev.metricsserver.approval.Verdict.Approve;
import dev.metricsserver.approval.Verdict.Never;
import dev.metricsserver.approval.Verdict.NotYet;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.CertificateRequests.State;
import dev.metricsserver.model.ClusterDomain;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.ServiceRanges;
import dev.metricsserver.model.Timestamps;
import dev.metricsserver.reading.NodeReader;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.utils.Utils;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import io.javaoperatorsdk.operator.processing.event.source.ResourceEventAware;
import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Approves kubelets' requests for serving certificates, by {@link ApprovalRule}, from when the
 * reconcile says so ({@link #approve}) until it says otherwise ({@link #approveNothing}).
 * Reconciles when there is news of requests that nobody has decided; such are told of at all times.
 *
 * <p>Only the operator that leads reconciles, so only that one approves.
 */
public final class Approver extends AbstractEventSource<CertificateRequests, MetricsServerConfig>
    implements ResourceEventAware<MetricsServerConfig>,
        ResourceEventHandler<CertificateSigningRequest> {

  private static final Logger log = LoggerFactory.getLogger(Approver.class);

  /**
   * Each waits for the API server nearly all of its time: four fall behind 100 requests a second as
   * soon as an answer takes 20 ms.
   */
  private static final int WORKERS = 16;

  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final long PAGE = 500;
  private static final Duration FIRST_RETRY = Duration.ofMillis(500);
  private static final Duration SLOWEST_RETRY = Duration.ofMinutes(1);
  private static final Duration WHILE_FORBIDDEN = Duration.ofSeconds(5);

  /** What changes many times a second is told once. */
  private static final Duration NEWS_AFTER = Duration.ofSeconds(1);

  private static final Path RESOLVER_CONFIGURATION = Path.of("/etc/resolv.conf");
  private static final String NODE = "/api/v1/nodes/";
  private static final Event CHANGED = new Event(new ResourceID(MetricsServerConfig.NAME));
  private static final int LONGEST_MESSAGE = 1024;

  private final KubernetesClient client;
  private final InstantSource clock;
  private final Function<String, ? extends Collection<String>> claimants;
  private final Function<String, ? extends Collection<String>> podNetworks;
  private final Runnable approved;
  private final ServiceRanges.Reader serviceRanges;
  private final Set<String> domains = ClusterDomain.read(RESOLVER_CONFIGURATION);
  private final Map<String, Pending> undecided = new ConcurrentHashMap<>();
  private final AtomicBoolean news = new AtomicBoolean();
  private ScheduledThreadPoolExecutor executor;
  private SharedIndexInformer<CertificateSigningRequest> informer;

  /** The API servers' addresses while approving; empty while not. */
  private volatile Optional<Set<String>> apiServers = Optional.empty();

  private volatile Optional<Forbidden> forbidden = Optional.empty();
  private volatile CertificateRequests facts = CertificateRequests.NONE;

  /** A refusal by the API server, and until when it is not asked again. */
  private record Forbidden(String message, Instant until) {}

  /**
   * A request that nobody has decided. Its fields but the last three belong to whoever looks at it.
   */
  private static final class Pending {

    private final CertificateRequests.Request fact;
    private final String uid;
    private Duration retry = FIRST_RETRY;
    private ApprovalRule.Reading reading;
    private final AtomicInteger turn = new AtomicInteger();
    private volatile CertificateSigningRequest request;
    private volatile Optional<Verdict> verdict = Optional.empty();

    Pending(CertificateSigningRequest request) {
      this.request = request;
      uid = request.getMetadata().getUid();
      var user = requireNonNullElse(request.getSpec().getUsername(), "");
      fact =
          new CertificateRequests.Request(
              request.getMetadata().getName(),
              user.startsWith("system:node:") ? user.substring("system:node:".length()) : user,
              Timestamps.parse(request.getMetadata().getCreationTimestamp()).orElse(Instant.EPOCH),
              State.NotLookedAt,
              "");
    }

    String name() {
      return fact.name();
    }

    CertificateRequests.Request fact() {
      return switch (verdict.orElse(null)) {
        case NotYet(var reason) -> fact(State.Waiting, reason);
        case Never(var rule, var reason) ->
            fact(State.Refused, "%s: %s".formatted(rule.name(), reason));
        case Approve _ -> fact;
        case null -> fact;
      };
    }

    private CertificateRequests.Request fact(State state, String reason) {
      return new CertificateRequests.Request(
          fact.name(), fact.node(), fact.created(), state, reason);
    }
  }

  /**
   * An approver that approves nothing until it is told to.
   *
   * @param claimants who answers to an address or name, as {@link Surroundings} has it
   * @param podNetworks whose pods are in a network, as {@link Surroundings} has it
   * @param approved called after each approval
   */
  public Approver(
      KubernetesClient client,
      InstantSource clock,
      Function<String, ? extends Collection<String>> claimants,
      Function<String, ? extends Collection<String>> podNetworks,
      Runnable approved) {
    super(CertificateRequests.class, "certificate-requests");
    this.client = client;
    this.clock = clock;
    this.claimants = claimants;
    this.podNetworks = podNetworks;
    this.approved = approved;
    this.serviceRanges = new ServiceRanges.Reader(client, clock);
  }

  // -------------------------------------------------------------------------------- life

  @Override
  public synchronized void start() {
    super.start();
    executor =
        new ScheduledThreadPoolExecutor(
            WORKERS, Thread.ofPlatform().daemon().name("approver-", 0).factory());
    executor.setKeepAliveTime(IDLE.toMillis(), TimeUnit.MILLISECONDS);
    executor.allowCoreThreadTimeOut(true);
    informer =
        client
            .certificates()
            .v1()
            .certificateSigningRequests()
            .withField("spec.signerName", ApprovalRule.SIGNER)
            .withLimit(PAGE)
            .runnableInformer(0)
            .itemStore(new LeanRequestStore())
            .addEventHandler(this)
            // Requests are not what metrics depend on: a watch that fails is tried again, for ever.
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
      executor.shutdownNow();
    }
  }

  /**
   * Approves what is right from now on.
   *
   * @param addresses of the API servers
   */
  public void approve(Set<String> addresses) {
    var known = Optional.of(Set.copyOf(addresses));
    if (!known.equals(apiServers)) {
      if (apiServers.isEmpty()) {
        log.info("Approves kubelets' requests for serving certificates from now on");
      }
      apiServers = known;
      undecided.values().forEach(pending -> schedule(pending, Duration.ZERO));
    }
  }

  /** Approves nothing from now on. What an API server is asked at this moment is not taken back. */
  public void approveNothing() {
    if (apiServers.isPresent()) {
      log.info("Approves no kubelets' requests for serving certificates from now on");
      apiServers = Optional.empty();
      forbidden = Optional.empty();
      undecided.values().forEach(pending -> pending.verdict = Optional.empty());
      tell();
    }
  }

  /**
   * Looks at once at what a Node asks for.
   *
   * @param node its name; there is news of it
   */
  public void lookAgain(String node) {
    if (apiServers.isPresent()) {
      undecided.values().stream()
          .filter(pending -> pending.fact.node().equals(node))
          .forEach(pending -> schedule(pending, Duration.ZERO));
    }
  }

  /** Whoever deletes the configuration takes its order back. */
  @Override
  public void onResourceDeleted(MetricsServerConfig config) {
    approveNothing();
  }

  @Override
  public Set<CertificateRequests> getSecondaryResources(MetricsServerConfig primary) {
    return Set.of(facts);
  }

  // -------------------------------------------------------------------------------- the watch

  @Override
  public void onAdd(CertificateSigningRequest request) {
    readable();
    if (!ApprovalRule.isUndecided(request)) {
      forget(request.getMetadata().getName());
      return;
    }
    var pending = new Pending(request);
    undecided.put(pending.name(), pending);
    if (apiServers.isPresent()) {
      schedule(pending, Duration.ZERO);
    } else {
      tell();
    }
  }

  @Override
  public void onUpdate(CertificateSigningRequest old, CertificateSigningRequest request) {
    var pending = undecided.get(request.getMetadata().getName());
    if (pending != null
        && pending.uid.equals(request.getMetadata().getUid())
        && ApprovalRule.isUndecided(request)) {
      pending.request = request;
    } else {
      onAdd(request);
    }
  }

  @Override
  public void onDelete(CertificateSigningRequest request, boolean unknown) {
    forget(request.getMetadata().getName());
  }

  private void forget(String name) {
    if (undecided.remove(name) != null) {
      tell();
    }
  }

  private void unreadable(Throwable e) {
    if (e instanceof KubernetesClientException refusal
        && refusal.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
      forbidden = Optional.of(new Forbidden(sentence(refusal), Instant.MAX));
      tell();
    } else {
      log.warn("The watch on certificate requests broke, trying again: {}", e.toString());
    }
  }

  private void readable() {
    if (forbidden.filter(f -> f.until().equals(Instant.MAX)).isPresent()) {
      forbidden = Optional.empty();
      tell();
    }
  }

  // -------------------------------------------------------------------------------- the work

  /** Takes the place of a look that is to come, and comes after one that goes on. */
  private void schedule(Pending pending, Duration delay) {
    schedule(pending, pending.turn.incrementAndGet(), delay);
  }

  private void schedule(Pending pending, int turn, Duration delay) {
    if (pending.verdict.filter(Never.class::isInstance).isEmpty()) {
      later(
          () -> {
            if (pending.turn.get() == turn) {
              look(pending, turn);
            }
          },
          delay);
    }
  }

  private void later(Runnable task, Duration delay) {
    try {
      var _ = executor.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("Stopped meanwhile", e);
    }
  }

  private void look(Pending pending, int turn) {
    synchronized (pending) {
      if (undecided.get(pending.name()) != pending || apiServers.isEmpty()) {
        return;
      }
      try {
        var verdict =
            forbidden()
                .<Verdict>map(f -> new NotYet(f.message()))
                .orElseGet(() -> verdict(pending));
        switch (verdict) {
          case Approve _ -> approve(pending);
          case NotYet _ -> later(pending, turn, verdict);
          case Never never -> refuse(pending, never);
        }
      } catch (KubernetesClientException e) {
        failed(pending, turn, e);
      } catch (RuntimeException e) {
        log.error("Certificate request {} cannot be judged", pending.name(), e);
        later(pending, turn, new NotYet("the operator cannot judge it: " + e));
      }
    }
  }

  private Optional<Forbidden> forbidden() {
    return forbidden.filter(f -> f.until().isAfter(clock.instant()));
  }

  private Verdict verdict(Pending pending) {
    if (pending.reading == null) {
      pending.reading = ApprovalRule.read(pending.request);
    }
    return switch (pending.reading) {
      case Never never -> never;
      case Request request ->
          ApprovalRule.judge(
              request,
              node(request.node()),
              Surroundings.of(
                  serviceRanges.read(),
                  apiServers.orElse(Set.of()),
                  domains,
                  claimants,
                  podNetworks));
    };
  }

  /** From the API server, because what is remembered of a Node may be old. */
  private Optional<NodeFacts> node(String name) {
    try {
      return Optional.of(NodeReader.read(client.raw(NODE + Utils.toUrlEncoded(name), "GET", null)));
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void approve(Pending pending) {
    if (apiServers.isEmpty()) {
      return;
    }
    client.raw(
        "/apis/certificates.k8s.io/v1/certificatesigningrequests/%s/approval"
            .formatted(pending.name()),
        "PUT",
        approval(pending.request.getMetadata().getResourceVersion(), pending));
    undecided.remove(pending.name(), pending);
    if (forbidden.isPresent() || pending.verdict.isPresent()) {
      forbidden = Optional.empty();
      tell();
    }
    approved.run();
    log.info("Approved certificate request {} of node {}", pending.name(), pending.fact.node());
  }

  /**
   * The API server takes nothing but the condition. UID and resource version are of the request
   * that was judged: another one of the same name is not approved in its place.
   */
  private CertificateSigningRequest approval(String resourceVersion, Pending pending) {
    return new CertificateSigningRequestBuilder()
        .withNewMetadata()
        .withName(pending.name())
        .withUid(pending.uid)
        .withResourceVersion(resourceVersion)
        .endMetadata()
        .withNewStatus()
        .addNewCondition()
        .withType("Approved")
        .withStatus("True")
        .withReason("KubeletServingRequestIsRight")
        .withMessage("%s: every name and address is the node's own".formatted(Names.MANAGED_BY))
        .withLastUpdateTime(clock.instant().truncatedTo(ChronoUnit.SECONDS).toString())
        .endCondition()
        .endStatus()
        .build();
  }

  private void failed(Pending pending, int turn, KubernetesClientException e) {
    if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
      forbidden = Optional.of(new Forbidden(sentence(e), clock.instant().plus(WHILE_FORBIDDEN)));
    }
    if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
      later(pending, turn, new NotYet("the API server did not approve it: " + sentence(e)));
    }
  }

  private void later(Pending pending, int turn, Verdict verdict) {
    note(pending, verdict);
    var delay = pending.retry;
    pending.retry =
        delay.multipliedBy(2).compareTo(SLOWEST_RETRY) > 0 ? SLOWEST_RETRY : delay.multipliedBy(2);
    // Unless somebody has asked for an earlier look meanwhile.
    if (pending.turn.compareAndSet(turn, turn + 1)) {
      schedule(pending, turn + 1, forbidden().isPresent() ? WHILE_FORBIDDEN : delay);
    }
  }

  private void refuse(Pending pending, Never never) {
    note(pending, never);
    log.warn(
        "Certificate request {} is not approved, {}: {}",
        pending.name(),
        never.rule(),
        never.reason());
    announce(pending);
  }

  /** One Event for a request, whoever leads: it is named after it. */
  private void announce(Pending pending) {
    var time = clock.instant().toString();
    var message =
        "metrics-server-operator does not approve this request, and does not deny it: "
            + pending.fact().reason();
    try {
      client
          .resource(
              new EventBuilder()
                  .withNewMetadata()
                  .withName("certificate-request-refused." + pending.uid)
                  .withNamespace("default")
                  .endMetadata()
                  .withType("Warning")
                  .withReason("CertificateRequestRefused")
                  .withMessage(message.substring(0, Math.min(message.length(), LONGEST_MESSAGE)))
                  .withFirstTimestamp(time)
                  .withLastTimestamp(time)
                  .withCount(1)
                  .withNewSource()
                  .withComponent(Names.MANAGED_BY)
                  .endSource()
                  .withNewInvolvedObject()
                  .withApiVersion("certificates.k8s.io/v1")
                  .withKind("CertificateSigningRequest")
                  .withName(pending.name())
                  .withUid(pending.uid)
                  .endInvolvedObject()
                  .build())
          .create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        log.warn("The Event for this could not be written: {}", e.getMessage());
      }
    }
  }

  // -------------------------------------------------------------------------------- the news

  private void note(Pending pending, Verdict verdict) {
    if (!Optional.of(verdict).equals(pending.verdict)) {
      pending.verdict = Optional.of(verdict);
      tell();
    }
  }

  private void tell() {
    if (isRunning() && news.compareAndSet(false, true)) {
      later(this::publish, NEWS_AFTER);
    }
  }

  private void publish() {
    news.set(false);
    var approving = apiServers.isPresent();
    var known =
        undecided.values().stream()
            .map(Pending::fact)
            // What is about to be approved is no news.
            .filter(fact -> !approving || fact.state() != State.NotLookedAt)
            .sorted(
                Comparator.comparing(CertificateRequests.Request::state)
                    .reversed()
                    .thenComparing(CertificateRequests.Request::created)
                    .thenComparing(CertificateRequests.Request::name))
            .toList();
    var now =
        new CertificateRequests(
            List.copyOf(known.subList(0, Math.min(known.size(), CertificateRequests.MOST))),
            known.size(),
            forbidden.map(Forbidden::message));
    if (!now.equals(facts)) {
      facts = now;
      getEventHandler().handleEvent(CHANGED);
    }
  }

  private static String sentence(KubernetesClientException e) {
    var status = e.getStatus();
    var message =
        status == null || status.getMessage() == null ? e.getMessage() : status.getMessage();
    return message == null ? e.getClass().getSimpleName() : message.strip();
  }
}
