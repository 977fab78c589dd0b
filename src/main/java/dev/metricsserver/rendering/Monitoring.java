package dev.metricsserver.rendering;

import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.rendering.PrometheusRule.Group;
import dev.metricsserver.rendering.PrometheusRule.Rule;
import dev.metricsserver.rendering.ServiceMonitor.CA;
import dev.metricsserver.rendering.ServiceMonitor.Endpoint;
import dev.metricsserver.rendering.ServiceMonitor.Selector;
import dev.metricsserver.rendering.ServiceMonitor.TLS;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The objects for Prometheus Operator. */
public final class Monitoring {

  /** Prometheus' own token, in its pod, by which metrics-server authenticates it. */
  private static final String TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

  private static final String CRITICAL = "critical";
  private static final String WARNING = "warning";
  private static final String WHY = " The findings have the cause: kubectl get msc cluster -o yaml";

  private static final List<Rule> ALERTS =
      List.of(
          alert(
              "MetricsServerAPIDown",
              "max(metrics_server_operator_condition{type=\"MetricsAvailable\"}) == 0 or"
                  + " max(aggregator_unavailable_apiservice{name=\"v1beta1.metrics.k8s.io\"}) > 0",
              "5m",
              CRITICAL,
              "The metrics API has no metrics of nodes and pods.",
              "HorizontalPodAutoscalers keep their current replicas, and kubectl top fails." + WHY),
          alert(
              "MetricsServerNodesMissing",
              "max(metrics_server_operator_nodes_reporting) <"
                  + " max(metrics_server_operator_nodes_expected)",
              "15m",
              WARNING,
              "Some nodes have no metrics.",
              "{{ $value }} nodes have metrics, which is fewer than expected." + WHY),
          alert(
              "MetricsServerCertificateExpiring",
              "max(metrics_server_operator_findings{code=\"ServingCertificateExpiring\"}) > 0",
              "1h",
              WARNING,
              "A certificate of metrics-server is about to expire.",
              "Less than a sixth of its lifetime is left, although it should have been renewed."
                  + WHY),
          alert(
              "MetricsServerConflict",
              "max(metrics_server_operator_findings{code=\"Conflict\"}) > 0",
              "5m",
              WARNING,
              "An existing metrics API of another owner blocks the installation.",
              "The operator changes nothing until the conflict is resolved." + WHY),
          alert(
              "MetricsServerRolledBack",
              "max(metrics_server_operator_findings{code=\"RolledBack\"}) > 0",
              "5m",
              WARNING,
              "The last change of metrics-server's configuration failed and was rolled back.",
              "The previous configuration is in force until the spec changes." + WHY),
          alert(
              "MetricsServerRefusesRequests",
              "sum by (instance) (increase(authentication_attempts{job=\"metrics-server\","
                  + "result!=\"success\"}[10m])) > 5 or sum by (instance)"
                  + " (increase(authorization_attempts_total{job=\"metrics-server\","
                  + "result!=\"allowed\"}[10m])) > 5",
              "0m",
              WARNING,
              "metrics-server rejects requests.",
              "{{ $value }} requests to {{ $labels.instance }} in 10 minutes came from clients"
                  + " that the API server does not authenticate (401) or authorize (403). Set"
                  + " spec.audit.profile: Metadata to log their names"));

  private Monitoring() {}

  /** The ServiceMonitor; empty if the plan has none. */
  public static Optional<ServiceMonitor> serviceMonitor(MetricsServerPlan plan) {
    return Optional.of(plan)
        .filter(p -> p.monitoring().serviceMonitor())
        .map(p ->
            new ServiceMonitor(
                metadata(p),
                new ServiceMonitor.Spec(
                    new Selector(Names.SELECTOR),
                    List.of(new Endpoint(Names.PORT, "https", TOKEN, tls(p))))));
  }

  private static TLS tls(MetricsServerPlan plan) {
    var name = ServingTLS.names(plan.namespace()).getFirst();
    return plan.serving().verified()
        ? new TLS(
            name,
            new CA(new ServiceMonitor.Key(ServingTLS.CERTIFICATE_SECRET, Serving.CA_KEY)),
            null)
        : new TLS(name, null, true);
  }

  /** The PrometheusRule; empty if the plan has none. */
  public static Optional<PrometheusRule> rule(MetricsServerPlan plan) {
    return Optional.of(plan)
        .filter(p -> p.monitoring().rule())
        .map(p ->
            new PrometheusRule(
                metadata(p),
                new PrometheusRule.Spec(List.of(new Group(Names.METRICS_SERVER, ALERTS)))));
  }

  /** Lets the ServiceAccount of Prometheus read the metrics; empty if the spec names none. */
  public static Optional<ClusterRoleBinding> reader(MetricsServerPlan plan) {
    return plan.monitoring()
        .reader()
        .map(account ->
            new ClusterRoleBindingBuilder()
                .withMetadata(Names.metadata(Names.METRICS_READER))
                .withRoleRef(Access.roleRef("ClusterRole", Names.METRICS_READER_ROLE))
                .addNewSubject(null, "ServiceAccount", account.name(), account.namespace())
                .build());
  }

  private static ObjectMeta metadata(MetricsServerPlan plan) {
    var ours = Names.metadata(plan.namespace(), Names.METRICS_SERVER);
    return new ObjectMetaBuilder(ours)
        .withLabels(plan.monitoring().labels())
        .addToLabels(ours.getLabels())
        .build();
  }

  private static Rule alert(
      String name,
      String expression,
      String lasting,
      String severity,
      String summary,
      String description) {
    return new Rule(
        name,
        expression,
        lasting,
        Map.of("severity", severity),
        new TreeMap<>(Map.of("summary", summary, "description", description)));
  }
}
