package dev.metricsserver.reading;

import dev.metricsserver.model.MetricsAnswer;
import dev.metricsserver.model.Observations;
import io.fabric8.kubernetes.api.model.metrics.v1beta1.NodeMetrics;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * Queries the metrics API for all nodes, through the API server as every client does, and
 * reconciles when the answer changed. A reconcile may shorten the pause by {@link #expect};
 * otherwise an answered query is repeated every minute, and a failed one less and less often as
 * long as the APIService is available.
 */
public final class MetricsQuery extends BackgroundPoller<MetricsAnswer> {

  private static final Duration WHEN_ANSWERED = Duration.ofMinutes(1);

  /** Each answer about at most so many nodes is published. */
  private static final int FEW = 100;

  /** After so many answers that all differ, the next one is published all the same. */
  private static final int MOST_UNSETTLED = 20;

  private static final String NODES = "apis/metrics.k8s.io/v1beta1/nodes";

  /** The beginning of the API server's message when it cannot reach metrics-server. */
  private static final String UNREACHED = "error trying to reach service: ";

  private static final long ANSWER_SECONDS = 10;

  private static final Backoff RETRY =
      new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(10), 1.5);

  private final KubernetesClient client;
  private Duration retry = RETRY.first();
  private volatile boolean available;
  private volatile Duration nextScrape = WHEN_ANSWERED;
  private MetricsAnswer latest = MetricsAnswer.NOT_ASKED;
  private int unsettled;

  /** A query that is not sent until {@link #expect} is called. */
  public MetricsQuery(KubernetesClient client) {
    super(MetricsAnswer.class, MetricsAnswer.NOT_ASKED);
    this.client = client;
  }

  /**
   * Queries at once when the APIService's condition and the last answer disagree, and after the
   * next scrape when nodes were missing.
   *
   * @param scrapeInterval how often metrics-server scrapes each kubelet
   */
  public void expect(Observations observations, Duration scrapeInterval) {
    available = observations.registration().map(Observations.Registration::available).orElse(false);
    nextScrape = scrapeInterval.compareTo(WHEN_ANSWERED) < 0 ? scrapeInterval : WHEN_ANSWERED;
    sooner(value(), available, observations.coverage(), nextScrape).ifPresent(this::pollWithin);
  }

  /**
   * How soon to query at the latest; empty while the usual pause will do.
   *
   * @param nextScrape the pause until other nodes can have metrics
   */
  static Optional<Duration> sooner(
      MetricsAnswer answer,
      boolean available,
      Observations.Coverage coverage,
      Duration nextScrape) {
    if (available != answer.answered()) {
      return Optional.of(Duration.ZERO);
    }
    return available && (!coverage.missing().isEmpty() || coverage.reporting() == 0)
        ? Optional.of(nextScrape)
        : Optional.empty();
  }

  @Override
  void poll() {
    var published = value();
    var answer = query(client);
    unsettled = settled(published, latest, answer) ? 0 : unsettled + 1;
    latest = answer;
    if (unsettled == 0 || unsettled > MOST_UNSETTLED) {
      unsettled = 0;
      if (update(answer)) {
        reconcile();
      }
    }
    pollAgain(value());
  }

  /**
   * Whether to publish an answer. In clusters of thousands of nodes a few are late now and then;
   * two consecutive answers that agree are no coincidence.
   *
   * @param published the last answer that was published
   * @param latest the previous answer
   */
  static boolean settled(MetricsAnswer published, MetricsAnswer latest, MetricsAnswer answer) {
    return answer.nodes().size() <= FEW
        || published.nodes().size() <= FEW
        || answer.nodes().equals(published.nodes())
        || answer.nodes().equals(latest.nodes());
  }

  private synchronized void pollAgain(MetricsAnswer answer) {
    if (!answer.answered() && !available) {
      return;
    }
    retry = answer.answered() ? RETRY.first() : RETRY.after(retry);
    pollAfter(pause(answer, unsettled > 0, retry, nextScrape));
  }

  /**
   * How long until the next query: a list of all nodes' metrics is not small.
   *
   * @param unsettled whether consecutive answers differ
   * @param retry the pause while there is no answer
   */
  static Duration pause(
      MetricsAnswer answer, boolean unsettled, Duration retry, Duration nextScrape) {
    return !answer.answered() ? retry : unsettled ? nextScrape : WHEN_ANSWERED;
  }

  /** Queries once. */
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
   * The API server says in plain text why it cannot reach metrics-server, which the client drops.
   * The condition of the APIService does not tell, because its check verifies no certificate.
   */
  private static String reason(KubernetesClient client, KubernetesClientException refusal) {
    if (refusal.getCode() != HttpURLConnection.HTTP_UNAVAILABLE) {
      return ApiErrors.message(refusal);
    }
    try {
      var http = client.getHttpClient();
      var url = URI.create(client.getConfiguration().getMasterUrl()).resolve(NODES).toString();
      var request = http.newHttpRequestBuilder().uri(url).build();
      var body = http.sendAsync(request, String.class).get(ANSWER_SECONDS, TimeUnit.SECONDS).body();
      return body.startsWith(UNREACHED)
          ? body.substring(UNREACHED.length()).strip()
          : ApiErrors.message(refusal);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ApiErrors.message(refusal);
    } catch (ExecutionException | TimeoutException e) {
      return ApiErrors.message(refusal);
    }
  }

  /**
   * The time of the newest measurement when it is too old. A measurement's window is as long as the
   * scrape interval; three scrapes may fail.
   */
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
