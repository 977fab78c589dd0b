package dev.metricsserver.support;

import dev.metricsserver.api.ConditionType;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.core.ThrowingRunnable;

/** A cluster with a MetricsServerConfig, for integration and end-to-end tests. */
public abstract class ClusterFixture {

  /** Far longer than any wait on a slow and busy machine: only a failure takes so long. */
  public static final Duration LIMIT = Duration.ofMinutes(2);

  /** The client of an administrator, for the actions of users and controllers. */
  public abstract KubernetesClient admin();

  /** Returns the log of the operator, for the message of a failure. */
  protected abstract String operatorLog();

  /** Returns whether the operator ended by itself, so that no wait for it makes sense. */
  protected abstract boolean operatorEnded();

  /** How long {@link #eventually(String, ThrowingRunnable)} waits at most. */
  protected abstract Duration limit();

  /**
   * Repeats the assertion until it holds.
   *
   * @throws AssertionError when it does not hold in time, with the description, the elapsed time,
   *     the last error, the operator's log and the MetricsServerConfig
   */
  public final void eventually(String description, ThrowingRunnable assertion) {
    eventually(limit(), description, assertion);
  }

  /** The same with another limit, for tests about time. */
  public final void eventually(Duration limit, String description, ThrowingRunnable assertion) {
    new Eventually(this::evidence, this::operatorEnded).within(limit, description, assertion);
  }

  private String evidence() {
    return "%s%n%s"
        .formatted(
            orError(this::operatorLog),
            orError(() -> admin().getKubernetesSerialization().asYaml(config())));
  }

  private static String orError(Supplier<String> evidence) {
    try {
      return evidence.get();
    } catch (RuntimeException e) {
      return "cannot be read: " + e;
    }
  }

  /** The MetricsServerConfig; null where there is none. */
  public final MetricsServerConfig config() {
    return admin().resources(MetricsServerConfig.class).withName(MetricsServerConfig.NAME).get();
  }

  public final MetricsServerConfigStatus status() {
    return config().getStatus();
  }

  /** A condition of the status, by its type; an empty one where it is not set. */
  public final Condition condition(String type) {
    return Optional.ofNullable(config())
        .map(MetricsServerConfig::getStatus)
        .flatMap(status -> status.condition(ConditionType.valueOf(type)))
        .orElseGet(Condition::new);
  }

  /** The findings in the status; none where there is no status. */
  public final List<FindingStatus> findings() {
    return Stream.ofNullable(config())
        .flatMap(config -> Stream.ofNullable(config.getStatus()))
        .flatMap(status -> Stream.ofNullable(status.findings()))
        .flatMap(List::stream)
        .toList();
  }

  /** The findings with this code. */
  public final List<FindingStatus> findings(String code) {
    return findings().stream().filter(finding -> finding.code().equals(code)).toList();
  }

  /** metrics-server's Deployment; null where there is none. */
  public final Deployment deployment() {
    return admin().apps().deployments().inNamespace("kube-system").withName("metrics-server").get();
  }

  /** metrics-server's container in the Deployment. */
  public final Container container() {
    return deployment().getSpec().getTemplate().getSpec().getContainers().getFirst();
  }
}
