package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.Consumers.Autoscaler;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Timestamps;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Looks at who uses metrics. */
public final class ConsumerReader {

  /** How the autoscalers' controller says it since Kubernetes 1.9. */
  private static final Pattern NO_REQUEST = Pattern.compile("missing request for ([\\w./-]+)");

  private static final String METRICS_GROUP = "metrics.k8s.io";

  /** All pods of a large cluster are too much to read for this. */
  private static final long MOST_PODS = 1_000;

  /** A pod that has just started was not measured twice yet. */
  private static final Duration STARTING = Duration.ofMinutes(5);

  private final KubernetesClient client;

  /** Reads nothing yet. */
  public ConsumerReader(KubernetesClient client) {
    this.client = client;
  }

  /** Autoscalers that do nothing because their workload has no requests. */
  public List<Autoscaler> withoutRequests() {
    return client
        .autoscaling()
        .v2()
        .horizontalPodAutoscalers()
        .inAnyNamespace()
        .list()
        .getItems()
        .stream()
        .flatMap(autoscaler -> missing(autoscaler).map(m -> of(autoscaler, m.group(1))).stream())
        .toList();
  }

  private static Optional<Matcher> missing(HorizontalPodAutoscaler autoscaler) {
    var status = autoscaler.getStatus();
    return status == null
        ? Optional.empty()
        : status.getConditions().stream()
            .filter(c -> "ScalingActive".equals(c.getType()) && "False".equals(c.getStatus()))
            .map(c -> NO_REQUEST.matcher(requireNonNullElse(c.getMessage(), "")))
            .filter(Matcher::find)
            .findFirst();
  }

  private static Autoscaler of(HorizontalPodAutoscaler autoscaler, String resource) {
    var target = autoscaler.getSpec().getScaleTargetRef();
    return new Autoscaler(
        autoscaler.getMetadata().getNamespace(),
        autoscaler.getMetadata().getName(),
        target.getKind().toLowerCase(Locale.ROOT) + "/" + target.getName(),
        resource);
  }

  /**
   * Running pods that have no metrics although their node has; none where there are more than a
   * thousand pods.
   *
   * @param reporting names of the nodes that have metrics
   */
  public List<ObjectName> podsWithout(Set<String> reporting, Instant now) {
    var running =
        client
            .pods()
            .inAnyNamespace()
            .withField("status.phase", "Running")
            .list(new ListOptionsBuilder().withLimit(MOST_PODS).build());
    if (reporting.isEmpty()
        || !requireNonNullElse(running.getMetadata().getContinue(), "").isEmpty()) {
      return List.of();
    }
    var measured =
        client.top().pods().metrics().getItems().stream()
            .map(ConsumerReader::name)
            .collect(Collectors.toSet());
    return podsWithout(running.getItems(), measured, reporting, now);
  }

  static List<ObjectName> podsWithout(
      List<Pod> running, Set<ObjectName> measured, Set<String> reporting, Instant now) {
    return running.stream()
        .filter(pod -> reporting.contains(pod.getSpec().getNodeName()))
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .filter(pod ->
            Timestamps.parse(pod.getStatus().getStartTime())
                .filter(since -> since.plus(STARTING).isBefore(now))
                .isPresent())
        .map(ConsumerReader::name)
        .filter(pod -> !measured.contains(pod))
        .sorted(Comparator.comparing(ObjectName::path))
        .toList();
  }

  /** The pod's name, of a Pod or of its PodMetrics. */
  private static ObjectName name(HasMetadata pod) {
    return new ObjectName("Pod", pod.getMetadata().getNamespace(), pod.getMetadata().getName());
  }

  /** Whether the role that people get to look at things has rules, and none about metrics. */
  public boolean viewersLackMetrics() {
    return Optional.ofNullable(client.rbac().clusterRoles().withName("view").get())
        .filter(ConsumerReader::shutsOut)
        .isPresent();
  }

  static boolean shutsOut(ClusterRole role) {
    var rules = requireNonNullElse(role.getRules(), List.<PolicyRule>of());
    return !rules.isEmpty()
        && rules.stream()
            .noneMatch(rule ->
                anyOf(rule.getApiGroups(), METRICS_GROUP)
                    && anyOf(rule.getResources(), "nodes", "pods"));
  }

  private static boolean anyOf(List<String> granted, String... names) {
    return granted.contains("*") || Stream.of(names).anyMatch(granted::contains);
  }
}
