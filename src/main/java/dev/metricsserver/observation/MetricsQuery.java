package dev.metricsserver.observation;

import dev.metricsserver.api.MetricsServerConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
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
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration SLOWEST_RETRY = Duration.ofSeconds(10);
  private static final Event CHANGED = new Event(new ResourceID(MetricsServerConfig.NAME));

  private final KubernetesClient client;
  private ScheduledExecutorService executor;
  private ScheduledFuture<?> next;
  private Duration retry = FIRST_RETRY;
  private volatile boolean available;
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
    var coverage = observations.coverage();
    if (available != answer.answered()) {
      within(Duration.ZERO);
    } else if (available && (!coverage.missing().isEmpty() || coverage.reporting() == 0)) {
      within(WHEN_INCOMPLETE);
    }
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
    answer = question();
    if (!answer.equals(previous)) {
      getEventHandler().handleEvent(CHANGED);
    }
    askAgain();
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
    var delay = answer.answered() ? WHEN_ANSWERED : retry;
    next = executor.schedule(this::ask, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private MetricsAnswer question() {
    try {
      var nodes =
          client.top().nodes().metrics().getItems().stream()
              .map(item -> item.getMetadata().getName())
              .collect(Collectors.toUnmodifiableSet());
      return new MetricsAnswer(true, nodes, "");
    } catch (KubernetesClientException e) {
      return new MetricsAnswer(false, Set.of(), sentence(e));
    }
  }

  private static String sentence(KubernetesClientException e) {
    var status = e.getStatus();
    var message =
        status == null || status.getMessage() == null ? e.getMessage() : status.getMessage();
    return message == null ? e.getClass().getSimpleName() : message.strip();
  }
}
