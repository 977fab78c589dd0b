package dev.metricsserver.reading;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.model.MetricsAnswer;
import dev.metricsserver.model.Observations;
import io.fabric8.kubernetes.api.model.metrics.v1beta1.NodeMetrics;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * Asks the metrics API for all nodes, through the API server as everybody does, and reconciles when
 * the answer changed. How soon it asks again is up to the reconcile, by {@link #within}; left
 * alone, an answered question is repeated every minute, a refused one ever more slowly as long as
 * the API server calls the API available.
 */
public final class MetricsQuery extends AbstractEventSource<MetricsAnswer, MetricsServerConfig> {

  private static final Duration WHEN_ANSWERED = Duration.ofMinutes(1);
  private static final Duration WHEN_INCOMPLETE = Duration.ofSeconds(15);

  /** Up to so many nodes each answer is believed. */
  private static final int FEW = 100;

  /** After so many answers that all differ one is believed all the same. */
  private static final int PATIENCE = 20;

  private static final String NODES = "apis/metrics.k8s.io/v1beta1/nodes";

  /** How the API server begins to say why it does not get through. */
  private static final String UNREACHED = "error trying to reach service: ";

  private static final long ANSWER_SECONDS = 10;

  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration SLOWEST_RETRY = Duration.ofSeconds(10);
  private static final Event CHANGED = new Event(new ResourceID(MetricsServerConfig.NAME));

  private final KubernetesClient client;
  private ScheduledExecutorService executor;
  private ScheduledFuture<?> next;
  private Duration retry = FIRST_RETRY;
  private volatile boolean available;
  private MetricsAnswer latest = MetricsAnswer.NOT_ASKED;
  private int unsettled;
  private volatile MetricsAnswer answer = MetricsAnswer.NOT_ASKED;

  /** A query that asks nothing until {@link #within} is called. */
  public MetricsQuery(KubernetesClient client) {
    super(MetricsAnswer.class, "metrics-query");
    this.client = client;
  }

  @Override
  public synchronized void start() {
    super.start();
    executor =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("metrics-query").factory());
  }

  @Override
  public synchronized void stop() {
    super.stop();
    if (executor != null) {
      executor.shutdownNow();
    }
  }

  @Override
  public Set<MetricsAnswer> getSecondaryResources(MetricsServerConfig primary) {
    return Set.of(answer);
  }

  /**
   * Asks at once when the API server and the last answer disagree on whether the API is there, and
   * after the next scrape when nodes were missing.
   */
  public void within(Observations observations) {
    available = observations.registration().map(Observations.Registration::available).orElse(false);
    sooner(answer, available, observations.coverage()).ifPresent(this::within);
  }

  /** How soon to ask at the latest; empty while the usual pace will do. */
  static Optional<Duration> sooner(
      MetricsAnswer answer, boolean available, Observations.Coverage coverage) {
    if (available != answer.answered()) {
      return Optional.of(Duration.ZERO);
    }
    return available && (!coverage.missing().isEmpty() || coverage.reporting() == 0)
        ? Optional.of(WHEN_INCOMPLETE)
        : Optional.empty();
  }

  private synchronized void within(Duration delay) {
    if (!isRunning()) {
      return;
    }
    if (next != null && !next.isDone()) {
      if (next.getDelay(TimeUnit.MILLISECONDS) <= delay.toMillis()) {
        return;
      }
      next.cancel(false);
    }
    next = executor.schedule(this::ask, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void ask() {
    var previous = answer;
    var seen = query(client);
    unsettled = believed(previous, latest, seen) ? 0 : unsettled + 1;
    if (unsettled == 0 || unsettled > PATIENCE) {
      answer = seen;
      unsettled = 0;
    }
    latest = seen;
    if (!answer.equals(previous)) {
      getEventHandler().handleEvent(CHANGED);
    }
    askAgain();
  }

  /**
   * Whether an answer is taken at its word. Of thousands of nodes some are late now and then; what
   * two answers after one another agree on is no accident.
   *
   * @param before what is believed
   * @param latest the answer before this one
   */
  static boolean believed(MetricsAnswer before, MetricsAnswer latest, MetricsAnswer seen) {
    return seen.nodes().size() <= FEW
        || before.nodes().size() <= FEW
        || seen.nodes().equals(before.nodes())
        || seen.nodes().equals(latest.nodes());
  }

  private synchronized void askAgain() {
    if (!isRunning() || (!answer.answered() && !available)) {
      return;
    }
    var slower = retry.multipliedBy(3).dividedBy(2);
    retry =
        answer.answered()
            ? FIRST_RETRY
            : slower.compareTo(SLOWEST_RETRY) > 0 ? SLOWEST_RETRY : slower;
    var delay = pace(answer, unsettled > 0, retry);
    next = executor.schedule(this::ask, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * How long until the next question: a list of all nodes' metrics is not small.
   *
   * @param unsettled whether answers after one another differ
   * @param retry the pace while there is no answer
   */
  static Duration pace(MetricsAnswer answer, boolean unsettled, Duration retry) {
    return !answer.answered() ? retry : unsettled ? WHEN_INCOMPLETE : WHEN_ANSWERED;
  }

  /** Asks once. */
  public static MetricsAnswer query(KubernetesClient client) {
    try {
      var items = client.top().nodes().metrics().getItems();
      var nodes =
          items.stream()
              .map(item -> item.getMetadata().getName())
              .collect(Collectors.toUnmodifiableSet());
      return new MetricsAnswer(true, nodes, "", staleSince(items, Instant.now()));
    } catch (KubernetesClientException e) {
      return MetricsAnswer.refused(LogReader.lasting(reason(client, e)));
    }
  }

  /**
   * Why the API server does not get through to metrics-server is plain text, which the client
   * drops. The condition of the APIService does not tell: its check verifies no certificate.
   */
  private static String reason(KubernetesClient client, KubernetesClientException refusal) {
    if (refusal.getCode() != HttpURLConnection.HTTP_UNAVAILABLE) {
      return DiagnosticDataReader.sentence(refusal);
    }
    try {
      var http = client.getHttpClient();
      var url = URI.create(client.getConfiguration().getMasterUrl()).resolve(NODES).toString();
      var request = http.newHttpRequestBuilder().uri(url).build();
      var body = http.sendAsync(request, String.class).get(ANSWER_SECONDS, TimeUnit.SECONDS).body();
      return body.startsWith(UNREACHED)
          ? body.substring(UNREACHED.length()).strip()
          : DiagnosticDataReader.sentence(refusal);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return DiagnosticDataReader.sentence(refusal);
    } catch (ExecutionException | TimeoutException e) {
      return DiagnosticDataReader.sentence(refusal);
    }
  }

  /** A round of scrapes is as long as a measurement's window; a few may fail. */
  static Optional<Instant> staleSince(List<NodeMetrics> items, Instant now) {
    return items.stream()
        .filter(item -> item.getTimestamp() != null)
        .max(Comparator.comparing(NodeMetrics::getTimestamp))
        .filter(newest -> newest.getWindow() != null)
        .filter(newest ->
            Instant.parse(newest.getTimestamp())
                .plus(newest.getWindow().getDuration().multipliedBy(4))
                .plus(WHEN_ANSWERED)
                .isBefore(now))
        .map(newest -> Instant.parse(newest.getTimestamp()));
  }
}
