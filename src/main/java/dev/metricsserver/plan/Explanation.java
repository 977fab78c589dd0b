package dev.metricsserver.plan;

import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.ClusterFacts.Installed;
import dev.metricsserver.model.Kubelet.Handshake;
import java.util.List;

/** Why a plan is as it is, for somebody who reads it before it is carried out. */
public final class Explanation {

  private static final String ADDRESS_TYPES = "--kubelet-preferred-address-types=";

  private final MetricsServerConfigSpec spec;
  private final ClusterFacts facts;
  private final MetricsServerPlan plan;

  /**
   * One decision.
   *
   * @param what is decided, in one or two words
   * @param choice what was chosen
   * @param reason why, as a clause
   */
  public record Line(String what, String choice, String reason) {}

  private Explanation(MetricsServerConfigSpec spec, ClusterFacts facts, MetricsServerPlan plan) {
    this.spec = spec;
    this.facts = facts;
    this.plan = plan;
  }

  /** Every decision of a plan that was made from this spec and these facts. */
  public static List<Line> of(
      MetricsServerConfigSpec spec, ClusterFacts facts, MetricsServerPlan plan) {
    var explanation = new Explanation(spec, facts, plan);
    return List.of(
        new Line("version", plan.version().number(), explanation.version()),
        new Line(
            "image",
            plan.pod().image().reference(),
            spec.image().equals(MetricsServerConfigSpec.DEFAULT.image())
                ? "the version's own"
                : "spec.image"),
        new Line("replicas", Integer.toString(plan.size().replicas()), explanation.replicas()),
        new Line("resources", explanation.amounts(), explanation.resources()),
        new Line("port", Integer.toString(plan.pod().port()), explanation.port()),
        new Line(
            "kubelet TLS", plan.kubelets().tls().mode().name(), plan.kubelets().tls().reason()),
        new Line("kubelet addresses", explanation.addressTypes(), explanation.addresses()),
        new Line("serving TLS", plan.serving().mode(), plan.serving().reason().message()),
        new Line(
            "network policy", plan.network().reason().code(), plan.network().reason().message()));
  }

  private String version() {
    if (plan.rollback().failure().isPresent()) {
      return "what spec wants did not become ready (%s), so the last that was is in force"
          .formatted(plan.rollback().failure().get().reason());
    }
    if ("Latest".equals(spec.version())) {
      return "spec.version is Latest, and the cluster has Kubernetes " + facts.kubernetes();
    }
    if (spec.version() != null) {
      return "spec.version";
    }
    return facts
            .installed()
            .map(Installed::version)
            .filter(plan.version().number()::equals)
            .isPresent()
        ? "it is the one that runs, and spec.version does not name another"
        : "the newest for Kubernetes " + facts.kubernetes();
  }

  private String replicas() {
    if (spec.replicas() != null) {
      return "spec.replicas";
    }
    var capacity = Placement.capacity(facts.nodes(), spec.scheduling());
    return plan.size().replicas() > (capacity >= 2 ? 2 : 1)
        ? "fewer would do for the nodes there are, once that has lasted ten minutes"
        : "%d of %d nodes can take them".formatted(capacity, facts.nodes().size());
  }

  private String amounts() {
    var resources = plan.size().resources();
    return "%s CPU and %s memory, at most %s and %s"
        .formatted(
            resources.cpuRequest(),
            resources.memoryRequest(),
            resources.cpuLimit(),
            resources.memoryLimit());
  }

  private String resources() {
    return "for up to %s nodes%s"
        .formatted(
            plan.deploymentAnnotations().get(Planner.SIZED_FOR),
            spec.resources().equals(MetricsServerConfigSpec.DEFAULT.resources())
                ? ""
                : ", and spec.resources");
  }

  private String port() {
    if (spec.port() != null) {
      return "spec.port";
    }
    return plan.pod().hostNetwork()
        ? "kubelets have 10250 in the nodes' network"
        : plan.pod().port() == KubeletPlanner.KUBELET_PORT
            ? "firewalls of managed clusters let it through"
            : "on Fargate a pod shares its network with a kubelet, which has 10250";
  }

  private String addressTypes() {
    return plan.pod().args().stream()
        .filter(arg -> arg.startsWith(ADDRESS_TYPES))
        .map(arg -> arg.substring(ADDRESS_TYPES.length()))
        .findFirst()
        .orElse("");
  }

  private String addresses() {
    if (!spec.kubelet().addressTypes().isEmpty()) {
      return "spec.kubelet.addressTypes";
    }
    var seen =
        facts.kubelets().seen().values().stream()
            .filter(kubelet -> kubelet.handshake() == Handshake.Completed)
            .count();
    return seen == 0
        ? "no certificate was seen, and addresses need no DNS"
        : "what the certificates of %d of %d nodes name".formatted(seen, facts.nodes().size());
  }
}
