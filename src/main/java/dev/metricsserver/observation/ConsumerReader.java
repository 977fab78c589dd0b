package dev.metricsserver.observation;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.observation.Consumers.Autoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Looks at who uses metrics. */
public final class ConsumerReader {

  /** How the autoscalers' controller says it since Kubernetes 1.9. */
  private static final Pattern NO_REQUEST = Pattern.compile("missing request for ([\\w./-]+)");

  private static final String METRICS_GROUP = "metrics.k8s.io";

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

  /** Whether the role that people get to look at things has rules, and none about metrics. */
  public boolean viewersShutOut() {
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
