package dev.metricsserver.cli.importer;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.cli.render.OfflineCluster;
import dev.metricsserver.cli.validation.ConfigFile;
import dev.metricsserver.diagnosis.ViolationText;
import dev.metricsserver.model.ImageReference;
import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.model.MetricsServerContainer;
import dev.metricsserver.model.Platform;
import dev.metricsserver.plan.Decision;
import dev.metricsserver.plan.Planner;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** From an existing installation to the spec that equals it, with a note for what has no equal. */
public final class Import {

  /** Newer than what any version of metrics-server asks for. */
  private static final KubernetesVersion NEW_ENOUGH = new KubernetesVersion(99, 0);

  private static final String DEFAULT_REGISTRY = "registry.k8s.io";
  private static final String DEFAULT_REPOSITORY = "metrics-server/metrics-server";

  private static final String LEFTOVERS = "importer/import-objects.txt";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SpecBuilder spec = new SpecBuilder();
  private Set<String> importedVolumes = Set.of();

  private Import() {}

  /**
   * What came of it.
   *
   * @param spec of a MetricsServerConfig, without what is the default anyway
   * @param notes what has no equal, a sentence each
   */
  public record Result(Map<String, Object> spec, List<String> notes) {}

  /**
   * Reads an installation.
   *
   * @param others what belongs to it; kinds of no interest are passed over
   */
  public static Result of(Deployment deployment, List<HasMetadata> others) {
    var result = new Import();
    result.deployment(deployment);
    others.forEach(result::other);
    return new Result(result.spec.fields(), result.spec.notes());
  }

  // -------------------------------------------------------------------------------- the Deployment

  private void deployment(Deployment deployment) {
    var metadata = deployment.getMetadata();
    if (!Names.METRICS_SERVER.equals(metadata.getName())) {
      spec.note(
          ("the Deployment is called %s, and the operator's metrics-server: it is not taken over, a"
                  + " new one serves beside it, and the old one has to be removed")
              .formatted(metadata.getName()));
    }
    var pod = deployment.getSpec().getTemplate().getSpec();
    var container = MetricsServerContainer.of(pod);
    image(requireNonNullElse(container.getImage(), ""));
    spec.setUnless("image.pullPolicy", container.getImagePullPolicy(), "IfNotPresent");
    if (!pod.getImagePullSecrets().isEmpty()) {
      spec.set(
          "image.pullSecrets",
          pod.getImagePullSecrets().stream().map(s -> Map.of("name", s.getName())).toList());
    }
    spec.setUnless("namespace", metadata.getNamespace(), "kube-system");
    importedVolumes = FlagImport.into(spec, pod, container);
    spec.set("replicas", requireNonNullElse(deployment.getSpec().getReplicas(), 1));
    resources(container);
    scheduling(pod);
    if (Boolean.TRUE.equals(pod.getHostNetwork())) {
      spec.set("hostNetwork", true);
    }
    withoutEqual(pod, container);
    leftovers(deployment, container);
  }

  private void image(String image) {
    var reference = ImageReference.of(image);
    var tag = reference.tag().orElse(null);
    reference
        .version()
        .ifPresentOrElse(v -> version(v, tag), () -> spec.setUnless("image.tag", tag, null));
    spec.setUnless("image.registry", reference.registry(), DEFAULT_REGISTRY);
    spec.setUnless("image.repository", reference.repository(), DEFAULT_REPOSITORY);
    spec.setUnless("image.digest", reference.digest().orElse(null), null);
  }

  private void version(String version, String tag) {
    var refusal = refusal(Map.of("version", version));
    if (refusal.isPresent()) {
      spec.note(
          "version %s: %s, so the newest that the cluster supports is chosen"
              .formatted(version, refusal.get()));
      return;
    }
    spec.set("version", version);
    spec.setUnless("image.tag", tag, "v" + version);
  }

  /** Returns why the operator would reject a spec; empty where it would not. */
  static Optional<String> refusal(Map<String, Object> spec) {
    var parsed = ConfigFile.convert(spec, MetricsServerConfigSpec.class);
    var facts = OfflineCluster.facts(NEW_ENOUGH, 2, Platform.Kubeadm, List.of(), true);
    return Planner.plan(parsed, facts, Instant.EPOCH) instanceof Decision.Refused(_, var violations)
        ? Optional.of(ViolationText.of(violations.getFirst()).message())
        : Optional.empty();
  }

  private void resources(Container container) {
    var resources = container.getResources();
    if (resources == null) {
      return;
    }
    amounts("resources.requests", resources.getRequests());
    amounts("resources.limits", resources.getLimits());
  }

  private void amounts(String path, Map<String, Quantity> amounts) {
    new TreeMap<>(requireNonNullElse(amounts, Map.<String, Quantity>of()))
        .forEach((name, amount) -> {
          if (Set.of("cpu", "memory").contains(name)) {
            spec.set(path + "." + name, amount.toString());
          } else {
            spec.note("%s of %s".formatted(path, name));
          }
        });
  }

  private void scheduling(PodSpec pod) {
    var labels = new TreeMap<>(requireNonNullElse(pod.getNodeSelector(), Map.<String, String>of()));
    labels.remove("kubernetes.io/os");
    if (!labels.isEmpty()) {
      spec.set("scheduling.nodeSelector", labels);
    }
    if (!pod.getTolerations().isEmpty()) {
      spec.set(
          "scheduling.tolerations", pod.getTolerations().stream().map(Import::toleration).toList());
    }
    if (!pod.getTopologySpreadConstraints().isEmpty()) {
      spec.set(
          "scheduling.topologySpreadConstraints",
          pod.getTopologySpreadConstraints().stream().map(Import::spread).toList());
    }
    spec.setUnless(
        "scheduling.priorityClassName",
        requireNonNullElse(pod.getPriorityClassName(), ""),
        "system-cluster-critical");
  }

  private static Map<String, Object> toleration(Toleration toleration) {
    var map = new LinkedHashMap<String, Object>();
    putIfSet(map, "key", toleration.getKey());
    putIfSet(map, "operator", toleration.getOperator());
    putIfSet(map, "value", toleration.getValue());
    putIfSet(map, "effect", toleration.getEffect());
    putIfSet(map, "tolerationSeconds", toleration.getTolerationSeconds());
    return map;
  }

  private static Map<String, Object> spread(TopologySpreadConstraint spread) {
    var map = new LinkedHashMap<String, Object>();
    putIfSet(map, "topologyKey", spread.getTopologyKey());
    putIfSet(map, "maxSkew", spread.getMaxSkew());
    putIfSet(map, "whenUnsatisfiable", spread.getWhenUnsatisfiable());
    return map;
  }

  private static void putIfSet(Map<String, Object> map, String key, Object value) {
    if (value != null && !"".equals(value)) {
      map.put(key, value);
    }
  }

  private void withoutEqual(PodSpec pod, Container container) {
    pod.getContainers().stream()
        .filter(c -> !c.equals(container))
        .forEach(c ->
            spec.note(
                ("container %s beside metrics-server; sizes follow the number of nodes by"
                        + " themselves")
                    .formatted(c.getName())));
    pod.getInitContainers().forEach(c -> spec.note("init container %s".formatted(c.getName())));
    if (!container.getEnv().isEmpty()) {
      spec.note(
          "environment variables: %s"
              .formatted(
                  container.getEnv().stream()
                      .map(EnvVar::getName)
                      .collect(Collectors.joining(", "))));
    }
    if (pod.getAffinity() != null) {
      spec.note("affinity; two replicas are kept on different nodes by themselves");
    }
    pod.getVolumes().stream()
        .filter(v -> !isTemporary(v, container) && !importedVolumes.contains(v.getName()))
        .forEach(v -> spec.note("volume %s, and where it is mounted".formatted(v.getName())));
  }

  /** The operator mounts one at the same place. */
  private static boolean isTemporary(Volume volume, Container container) {
    return volume.getEmptyDir() != null
        && container.getVolumeMounts().stream()
            .filter(m -> m.getName().equals(volume.getName()))
            .allMatch(m -> m.getMountPath().equals("/tmp"));
  }

  /** Of metrics-server's container alone: the others have a note. */
  private void leftovers(Deployment deployment, Container container) {
    var alone =
        new DeploymentBuilder(deployment)
            .editSpec()
            .editTemplate()
            .editSpec()
            .withContainers(container)
            .endSpec()
            .endTemplate()
            .endSpec()
            .build();
    if (Boolean.TRUE.equals(alone.getSpec().getTemplate().getSpec().getHostNetwork())) {
      // Set by the API server.
      alone.getSpec().getTemplate().getSpec().getContainers().getFirst().getPorts().stream()
          .filter(port -> Objects.equals(port.getHostPort(), port.getContainerPort()))
          .forEach(port -> port.setHostPort(null));
    }
    spec.notes().addAll(UnmappedOptions.of(JSON.valueToTree(alone), LEFTOVERS));
  }

  // ------------------------------------------------------------------------------------ the others

  private void other(HasMetadata object) {
    switch (object) {
      case Service service -> service(service);
      case APIService registration -> registration(registration);
      default -> {}
    }
  }

  private void service(Service service) {
    if (!Names.METRICS_SERVER.equals(service.getMetadata().getName())) {
      spec.note(
          "the Service is called %s, and the operator's metrics-server"
              .formatted(service.getMetadata().getName()));
    }
    left("the Service's ", service);
  }

  private void registration(APIService registration) {
    if (registration.getSpec().getCaBundle() != null) {
      spec.note(
          "the registration's caBundle, and the serving certificate that it verifies; the"
              + " operator's takes their place");
    }
    left("the registration's ", registration);
  }

  private void left(String whose, HasMetadata object) {
    UnmappedOptions.of(JSON.valueToTree(object), LEFTOVERS)
        .forEach(note -> spec.note(whose + note));
  }
}
