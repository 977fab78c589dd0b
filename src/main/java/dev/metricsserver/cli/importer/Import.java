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
import dev.metricsserver.model.MetricsServerFlags;
import dev.metricsserver.model.Platform;
import dev.metricsserver.plan.Decision;
import dev.metricsserver.plan.Planner;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** From an existing installation to the spec that equals it, with a note for what has no equal. */
public final class Import {

  /** Newer than what any version of metrics-server asks for. */
  private static final KubernetesVersion NEW_ENOUGH = new KubernetesVersion(99, 0);

  private static final String DEFAULT_REGISTRY = "registry.k8s.io";
  private static final String DEFAULT_REPOSITORY = "metrics-server/metrics-server";
  private static final String DEFAULT_ADDRESSES = "InternalIP,ExternalIP,Hostname";

  /** What the operator sets by itself, as upstream's manifests do or better. */
  private static final Set<String> SET_ANYWAY =
      Set.of("cert-dir", "kubelet-use-node-status-port", "shutdown-delay-duration");

  private static final String LEFTOVERS = "importer/import-objects.txt";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Object> spec = new LinkedHashMap<>();
  private final List<String> notes = new ArrayList<>();
  private final List<String> extraArgs = new ArrayList<>();
  private String authorityVolume;

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
    return new Result(result.spec, result.notes);
  }

  private void set(String path, Object value) {
    var parts = path.split("\\.", -1);
    var map = spec;
    for (var i = 0; i < parts.length - 1; i++) {
      @SuppressWarnings("unchecked")
      var child =
          (Map<String, Object>)
              map.computeIfAbsent(parts[i], _ -> new LinkedHashMap<String, Object>());
      map = child;
    }
    map.put(parts[parts.length - 1], value);
  }

  private void setUnless(String path, Object value, Object usual) {
    if (value != null && !value.equals(usual)) {
      set(path, value);
    }
  }

  // -------------------------------------------------------------------------------- the Deployment

  private void deployment(Deployment deployment) {
    var metadata = deployment.getMetadata();
    if (!Names.METRICS_SERVER.equals(metadata.getName())) {
      notes.add(
          ("the Deployment is called %s, and the operator's metrics-server: it is not taken over, a"
                  + " new one serves beside it, and the old one has to be removed")
              .formatted(metadata.getName()));
    }
    var pod = deployment.getSpec().getTemplate().getSpec();
    var container = MetricsServerContainer.of(pod);
    image(requireNonNullElse(container.getImage(), ""));
    setUnless("image.pullPolicy", container.getImagePullPolicy(), "IfNotPresent");
    if (!pod.getImagePullSecrets().isEmpty()) {
      set(
          "image.pullSecrets",
          pod.getImagePullSecrets().stream().map(LocalObjectReference::getName).toList());
    }
    setUnless("namespace", metadata.getNamespace(), "kube-system");
    flags(container, pod);
    set("replicas", requireNonNullElse(deployment.getSpec().getReplicas(), 1));
    resources(container);
    scheduling(pod);
    if (Boolean.TRUE.equals(pod.getHostNetwork())) {
      set("hostNetwork", true);
    }
    withoutEqual(pod, container);
    leftovers(deployment, container);
    if (!extraArgs.isEmpty()) {
      set("extraArgs", extraArgs);
    }
  }

  private void image(String image) {
    var reference = ImageReference.of(image);
    var tag = reference.tag().orElse(null);
    reference
        .version()
        .ifPresentOrElse(v -> version(v, tag), () -> setUnless("image.tag", tag, null));
    setUnless("image.registry", reference.registry(), DEFAULT_REGISTRY);
    setUnless("image.repository", reference.repository(), DEFAULT_REPOSITORY);
    setUnless("image.digest", reference.digest().orElse(null), null);
  }

  private void version(String version, String tag) {
    var refusal = refusal(Map.of("version", version));
    if (refusal.isPresent()) {
      notes.add(
          "version %s: %s, so the newest that the cluster supports is chosen"
              .formatted(version, refusal.get()));
      return;
    }
    set("version", version);
    setUnless("image.tag", tag, "v" + version);
  }

  /** What the operator would say to a spec, if it refused it. */
  private static Optional<String> refusal(Map<String, Object> spec) {
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
            set(path + "." + name, amount.toString());
          } else {
            notes.add("%s of %s".formatted(path, name));
          }
        });
  }

  private void scheduling(PodSpec pod) {
    var labels = new TreeMap<>(requireNonNullElse(pod.getNodeSelector(), Map.<String, String>of()));
    labels.remove("kubernetes.io/os");
    if (!labels.isEmpty()) {
      set("scheduling.nodeSelector", labels);
    }
    if (!pod.getTolerations().isEmpty()) {
      set("scheduling.tolerations", pod.getTolerations().stream().map(Import::toleration).toList());
    }
    if (!pod.getTopologySpreadConstraints().isEmpty()) {
      set(
          "scheduling.topologySpreadConstraints",
          pod.getTopologySpreadConstraints().stream().map(Import::spread).toList());
    }
    setUnless(
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
            notes.add(
                ("container %s beside metrics-server; sizes follow the number of nodes by"
                        + " themselves")
                    .formatted(c.getName())));
    pod.getInitContainers().forEach(c -> notes.add("init container %s".formatted(c.getName())));
    if (!container.getEnv().isEmpty()) {
      notes.add(
          "environment variables: %s"
              .formatted(
                  container.getEnv().stream()
                      .map(EnvVar::getName)
                      .collect(Collectors.joining(", "))));
    }
    if (pod.getAffinity() != null) {
      notes.add("affinity; two replicas are kept on different nodes by themselves");
    }
    pod.getVolumes().stream()
        .filter(v -> !isTemporary(v, container) && !v.getName().equals(authorityVolume))
        .forEach(v -> notes.add("volume %s, and where it is mounted".formatted(v.getName())));
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
    notes.addAll(UnmappedOptions.of(JSON.valueToTree(alone), LEFTOVERS));
  }

  // ------------------------------------------------------------------------------------- the flags

  private void flags(Container container, PodSpec pod) {
    var flags = MetricsServerFlags.of(container);
    if (!flags.readable()) {
      notes.add(
          "the flags, because the container starts %s instead of metrics-server"
              .formatted(container.getCommand().getFirst()));
    }
    flags.operands().forEach(word -> notes.add("argument %s".formatted(word)));
    if (flags.value("metric-resolution").isEmpty()) {
      set("metricResolution", "1m");
    }
    mode(flags);
    flags.values().forEach((name, value) -> flag(name, value, pod, container));
  }

  private void mode(MetricsServerFlags flags) {
    if (flags.flag(MetricsServerFlags.INSECURE).orElse(false)) {
      set("kubelet.tls.mode", "Insecure");
    }
    if (flags.flag(MetricsServerFlags.PLAINTEXT).orElse(false)) {
      set("kubelet.tls.mode", "Plaintext");
    }
  }

  private void flag(String name, String value, PodSpec pod, Container container) {
    switch (name) {
      case "secure-port" -> {
        var usual = Boolean.TRUE.equals(pod.getHostNetwork()) ? 4443 : 10250;
        number(name, value).ifPresent(port -> setUnless("port", port, usual));
      }
      case "metric-resolution" -> setUnless("metricResolution", value, "15s");
      case MetricsServerFlags.INSECURE, MetricsServerFlags.PLAINTEXT -> {}
      case MetricsServerFlags.KUBELET_CA -> authority(value, pod, container);
      case MetricsServerFlags.ADDRESS_TYPES -> {
        var types = Stream.of(value.split(",", -1)).distinct().toList();
        if (!String.join(",", types).equals(DEFAULT_ADDRESSES)) {
          set("kubelet.addressTypes", types);
        }
      }
      case "kubelet-port" ->
          number(name, value).ifPresent(p -> setUnless("kubelet.port", p, 10250));
      case "kubelet-request-timeout" -> setUnless("kubelet.requestTimeout", value, "10s");
      case "tls-min-version" -> setUnless("serving.tls.minVersion", value, "VersionTLS12");
      case "tls-cipher-suites" -> set("serving.tls.cipherSuites", List.of(value.split(",", -1)));
      case "node-selector" -> labels(value);
      case "logging-format" -> {
        if (value.equals("json")) {
          set("logging.format", "JSON");
        }
      }
      case "v" -> number(name, value).ifPresent(v -> setUnless("logging.verbosity", v, 0));
      default -> {
        if (!SET_ANYWAY.contains(name)) {
          extra(name, value);
        }
      }
    }
  }

  private Optional<Integer> number(String name, String value) {
    if (value.matches("[0-9]{1,9}")) {
      return Optional.of(Integer.parseInt(value));
    }
    notes.add("--%s=%s, which is no number".formatted(name, value));
    return Optional.empty();
  }

  private void extra(String name, String value) {
    var argument = "--%s=%s".formatted(name, value);
    var alone = new LinkedHashMap<String, Object>();
    if (spec.containsKey("version")) {
      alone.put("version", spec.get("version"));
    }
    alone.put("extraArgs", List.of(argument));
    refusal(alone)
        .ifPresentOrElse(
            why -> notes.add("%s: %s".formatted(argument, why)), () -> extraArgs.add(argument));
  }

  private void labels(String selector) {
    var labels = new TreeMap<String, String>();
    for (var term : selector.split(",", -1)) {
      var parts = term.split("==?", -1);
      if (parts.length != 2 || term.contains("!")) {
        notes.add(
            "--node-selector=%s; only labels with values can be asked for".formatted(selector));
        return;
      }
      labels.put(parts[0].strip(), parts[1].strip());
    }
    set("kubelet.nodeSelector", labels);
  }

  /** The file's ConfigMap or Secret, by the volume that it is in. */
  private void authority(String file, PodSpec pod, Container container) {
    var mount =
        container.getVolumeMounts().stream()
            .filter(m -> file.startsWith(m.getMountPath() + "/"))
            .findFirst();
    var volume =
        mount
            .map(VolumeMount::getName)
            .flatMap(n -> pod.getVolumes().stream().filter(v -> v.getName().equals(n)).findFirst());
    var reference = volume.flatMap(Import::reference);
    if (reference.isEmpty()) {
      notes.add(
          "--kubelet-certificate-authority=%s, which is in no ConfigMap or Secret".formatted(file));
      return;
    }
    var key = new LinkedHashMap<>(Map.of("name", reference.get().getValue()));
    var path = file.substring(mount.orElseThrow().getMountPath().length() + 1);
    if (!path.equals("ca.crt")) {
      key.put("key", path);
    }
    authorityVolume = mount.orElseThrow().getName();
    set("kubelet.tls.mode", "Verify");
    set("kubelet.tls.certificateAuthority." + reference.get().getKey(), key);
  }

  private static Optional<Map.Entry<String, String>> reference(Volume volume) {
    return volume.getConfigMap() != null
        ? Optional.of(Map.entry("configMap", volume.getConfigMap().getName()))
        : Optional.ofNullable(volume.getSecret())
            .map(secret -> Map.entry("secret", secret.getSecretName()));
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
      notes.add(
          "the Service is called %s, and the operator's metrics-server"
              .formatted(service.getMetadata().getName()));
    }
    left("the Service's ", service);
  }

  private void registration(APIService registration) {
    if (registration.getSpec().getCaBundle() != null) {
      notes.add(
          "the registration's caBundle, and the serving certificate that it verifies; the"
              + " operator's takes their place");
    }
    left("the registration's ", registration);
  }

  private void left(String whose, HasMetadata object) {
    UnmappedOptions.of(JSON.valueToTree(object), LEFTOVERS)
        .forEach(note -> notes.add(whose + note));
  }
}
