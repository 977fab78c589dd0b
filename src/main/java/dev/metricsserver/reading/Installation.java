package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.MetricsServerContainer;
import dev.metricsserver.model.MetricsServerFlags;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a diagnosis has to know about a metrics-server, of the operator or of another owner.
 *
 * @param keeper who changes it, and so where a remedy has to be applied
 * @param objects the names of its objects
 * @param selector labels of the pods
 * @param memoryLimit in Kubernetes' notation, {@code none} when there is none
 * @param port the port that it listens on
 * @param policed whether the operator's NetworkPolicy applies to it
 * @param scrapeInterval how often each kubelet is asked
 * @param packaging how another owner installed it; empty where the operator did
 */
public record Installation(
    Keeper keeper,
    String namespace,
    Objects objects,
    Map<String, String> selector,
    String image,
    String memoryLimit,
    int port,
    boolean hostNetwork,
    boolean policed,
    Duration scrapeInterval,
    Optional<Packaging> packaging) {

  /** For people to fill in. */
  public static final String UNKNOWN_SERVICE = "SERVICE";

  /**
   * The names of its objects.
   *
   * @param service the Service that leads to its pods, {@value #UNKNOWN_SERVICE} where none is
   *     known
   */
  public record Objects(String deployment, String service, String serviceAccount) {}

  /** Who changes an installation. */
  public enum Keeper {
    /** This operator, at once. */
    Operator,
    /** This operator, as soon as it is no longer paused. */
    PausedOperator,
    /** Another owner. */
    Other
  }

  /** The operator's own. */
  public static Installation of(MetricsServerPlan plan, boolean paused) {
    return new Installation(
        paused ? Keeper.PausedOperator : Keeper.Operator,
        plan.namespace(),
        new Objects(Names.METRICS_SERVER, Names.METRICS_SERVER, Names.METRICS_SERVER),
        Names.SELECTOR,
        plan.pod().image().reference(),
        plan.size().resources().memoryLimit(),
        plan.pod().port(),
        plan.pod().hostNetwork(),
        plan.network().kubernetes().isPresent(),
        plan.kubelets().scrapeInterval(),
        Optional.empty());
  }

  /** The same, of which one pod has this image. */
  public Installation withImage(String image) {
    return new Installation(
        keeper,
        namespace,
        objects,
        selector,
        image,
        memoryLimit,
        port,
        hostNetwork,
        policed,
        scrapeInterval,
        packaging);
  }

  /**
   * An installation of another owner.
   *
   * @param service the Service that leads to its pods
   */
  public static Installation of(Deployment deployment, String service) {
    return of(
        deployment.getMetadata().getNamespace(),
        deployment.getMetadata().getName(),
        service,
        requireNonNullElse(deployment.getSpec().getSelector().getMatchLabels(), Map.of()),
        deployment.getSpec().getTemplate().getSpec(),
        Packaging.of(deployment, deployment.getSpec().getTemplate().getSpec()));
  }

  /**
   * An installation of another owner of which only a pod may be read. The pod's name has the
   * Deployment's name.
   *
   * @param service the Service that leads to its pods
   */
  public static Installation of(Pod pod, String service) {
    var metadata = pod.getMetadata();
    var labels = new TreeMap<>(requireNonNullElse(metadata.getLabels(), Map.of()));
    var hash = requireNonNullElse(labels.remove("pod-template-hash"), "");
    return of(
        metadata.getNamespace(),
        metadata.getName().replaceFirst("(-" + hash + ")?-[a-z0-9]{5}$", ""),
        service,
        labels,
        pod.getSpec(),
        Packaging.of(pod, pod.getSpec()));
  }

  private static Installation of(
      String namespace,
      String deployment,
      String service,
      Map<String, String> selector,
      PodSpec pod,
      Packaging packaging) {
    var container = MetricsServerContainer.of(pod);
    var flags = MetricsServerFlags.of(container);
    return new Installation(
        Keeper.Other,
        namespace,
        new Objects(
            deployment, service, requireNonNullElse(pod.getServiceAccountName(), "default")),
        selector,
        requireNonNullElse(container.getImage(), ""),
        memoryLimit(container),
        flags.port(),
        Boolean.TRUE.equals(pod.getHostNetwork()),
        false,
        flags.metricResolution(),
        Optional.of(packaging));
  }

  private static String memoryLimit(Container container) {
    return Optional.ofNullable(container.getResources())
        .map(r -> r.getLimits())
        .map(l -> l.get("memory"))
        .map(Quantity::toString)
        .orElse("none");
  }

  /** The same with another keeper. */
  public Installation keptBy(Keeper other) {
    return new Installation(
        other,
        namespace,
        objects,
        selector,
        image,
        memoryLimit,
        port,
        hostNetwork,
        policed,
        scrapeInterval,
        packaging);
  }

  /** The Deployment's name. */
  public String deployment() {
    return objects.deployment();
  }

  /** The Service's name, see {@link Objects}. */
  public String service() {
    return objects.service();
  }

  /** The ServiceAccount's name. */
  public String serviceAccount() {
    return objects.serviceAccount();
  }

  /** The pods' labels as a selector. */
  public String labels() {
    return selector.entrySet().stream()
        .map(e -> e.getKey() + "=" + e.getValue())
        .sorted()
        .collect(Collectors.joining(","));
  }

  /** The pods' labels as JSON. */
  public String labelsAsJson() {
    return selector.entrySet().stream()
        .map(e -> "\"%s\":\"%s\"".formatted(e.getKey(), e.getValue()))
        .sorted()
        .collect(Collectors.joining(",", "{", "}"));
  }

  /** The Deployment. */
  public ObjectName object() {
    return new ObjectName("Deployment", namespace, deployment());
  }

  /** One of its pods. */
  public ObjectName pod(String name) {
    return new ObjectName("Pod", namespace, name);
  }

  /** Its ServiceAccount. */
  public ObjectName account() {
    return new ObjectName("ServiceAccount", namespace, serviceAccount());
  }

  /** Whether this operator installed it. */
  public boolean ours() {
    return keeper != Keeper.Other;
  }
}
