package dev.metricsserver.rendering;

import dev.metricsserver.api.SchedulingSpec;
import dev.metricsserver.model.ClusterFacts.Takeover;
import dev.metricsserver.plan.Annotations;
import dev.metricsserver.plan.AuditPlanner;
import dev.metricsserver.plan.Digest;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.PodPlan.Mount;
import dev.metricsserver.plan.SizePlan.Resources;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.KeyToPathBuilder;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.Lifecycle;
import io.fabric8.kubernetes.api.model.LifecycleBuilder;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodAffinityTerm;
import io.fabric8.kubernetes.api.model.PodAffinityTermBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraintBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The Deployment and the PodDisruptionBudget. */
public final class Workload {

  private static final long NON_ROOT = 65534;

  /** Endpoints reach all nodes within two seconds; this leaves room for a busy cluster. */
  private static final int TAKEOVER_SECONDS = 10;

  private static final int READABLE = 0440;
  private static final String TMP = "tmp";

  private Workload() {}

  /**
   * The Deployment.
   *
   * @param serviceAccountUid the UID of metrics-server's ServiceAccount in the cluster; empty if
   *     there is none
   */
  public static Deployment deployment(MetricsServerPlan plan, Optional<String> serviceAccountUid) {
    return new DeploymentBuilder()
        .withMetadata(Names.metadata(plan.namespace(), Names.METRICS_SERVER))
        .editMetadata()
        .addToLabels(Names.VERSION_LABEL, plan.version().number())
        .addToAnnotations(plan.deploymentAnnotations())
        .endMetadata()
        .withNewSpec()
        .withReplicas(plan.size().replicas())
        .withRevisionHistoryLimit(3)
        // The old pods stay until no node sends requests to them.
        .withMinReadySeconds(plan.adoption().takeover().isPresent() ? TAKEOVER_SECONDS : null)
        .withSelector(selector(plan.adoption().selector().orElse(Names.SELECTOR)))
        .withNewStrategy()
        .withType("RollingUpdate")
        .withNewRollingUpdate()
        .withMaxUnavailable(new IntOrString(surges(plan) ? 0 : 1))
        .withMaxSurge(new IntOrString(surges(plan) ? 1 : 0))
        .endRollingUpdate()
        .endStrategy()
        .withNewTemplate()
        .withMetadata(podMetadata(plan, serviceAccountUid))
        .withSpec(podSpec(plan))
        .endTemplate()
        .endSpec()
        .build();
  }

  private static ObjectMeta podMetadata(
      MetricsServerPlan plan, Optional<String> serviceAccountUid) {
    return new ObjectMetaBuilder()
        .addToLabels("app.kubernetes.io/name", Names.METRICS_SERVER)
        .addToLabels(plan.adoption().selector().orElse(Map.of()))
        .addToLabels(Names.PODS)
        .addToAnnotations(
            serviceAccountUid
                .map(uid -> Map.of(Annotations.SERVICE_ACCOUNT_UID, uid))
                .orElse(Map.of()))
        .addToAnnotations(plan.pod().annotations())
        .addToAnnotations(
            Audit.policy(plan)
                .map(policy -> policy.getData().get(AuditPlanner.KEY))
                .map(policy -> Map.of(Annotations.AUDIT_POLICY, Digest.of(policy)))
                .orElse(Map.of()))
        .build();
  }

  private static PodSpec podSpec(MetricsServerPlan plan) {
    var pod = plan.pod();
    var scheduling = pod.scheduling();
    return new PodSpecBuilder()
        .withServiceAccountName(Names.METRICS_SERVER)
        .withAutomountServiceAccountToken(true)
        .withPriorityClassName(emptyToNull(scheduling.priorityClassName()))
        .withHostNetwork(pod.hostNetwork() ? true : null)
        .withDnsPolicy(pod.hostNetwork() ? "ClusterFirstWithHostNet" : null)
        .withNodeSelector(nodeSelector(plan))
        .withTolerations(scheduling.tolerations().stream().map(Workload::toleration).toList())
        .withTopologySpreadConstraints(
            scheduling.topologySpreadConstraints().stream().map(Workload::spread).toList())
        .withAffinity(plan.size().replicas() > 1 ? affinity(plan) : null)
        .withImagePullSecrets(
            pod.image().pullSecrets().stream().map(LocalObjectReference::new).toList())
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(NON_ROOT)
        .withRunAsGroup(NON_ROOT)
        .withFsGroup(NON_ROOT)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .withContainers(container(plan))
        .addNewVolume()
        .withName(TMP)
        .withNewEmptyDir()
        .withSizeLimit(new Quantity("16Mi"))
        .endEmptyDir()
        .endVolume()
        .addAllToVolumes(pod.mounts().stream().map(Workload::volume).toList())
        .build();
  }

  /**
   * The desired Deployment with the configuration annotations of the actual one, or without them.
   * They change with every spec, so that a comparison must not count them.
   */
  public static Deployment withMemoryOf(Optional<Deployment> actual, Deployment desired) {
    var before =
        actual
            .map(deployment -> deployment.getMetadata().getAnnotations())
            .orElse(Map.<String, String>of());
    var annotations = desired.getMetadata().getAnnotations();
    for (var note : List.of(Annotations.CONFIGURATION, Annotations.CONFIGURED_AT)) {
      if (before.containsKey(note)) {
        annotations.put(note, before.get(note));
      } else {
        annotations.remove(note);
      }
    }
    return desired;
  }

  /** The PodDisruptionBudget: a drain evicts one pod at a time. */
  public static PodDisruptionBudget disruptionBudget(MetricsServerPlan plan) {
    return new PodDisruptionBudgetBuilder()
        .withMetadata(Names.metadata(plan.namespace(), Names.METRICS_SERVER))
        .withNewSpec()
        .withMaxUnavailable(new IntOrString(1))
        .withSelector(selector(Names.PODS))
        .withUnhealthyPodEvictionPolicy(plan.size().unhealthyEviction() ? "AlwaysAllow" : null)
        .endSpec()
        .build();
  }

  /**
   * A single pod, or the pod of a previous owner, is replaced after its successor is ready; on the
   * host network both would need the same port.
   */
  private static boolean surges(MetricsServerPlan plan) {
    return (plan.size().replicas() == 1 && !plan.pod().hostNetwork())
        || plan.adoption().takeover().filter(Takeover.Surge::equals).isPresent();
  }

  private static Container container(MetricsServerPlan plan) {
    var pod = plan.pod();
    return new ContainerBuilder()
        .withName(Names.METRICS_SERVER)
        .withImage(pod.image().reference())
        .withImagePullPolicy(pod.image().pullPolicy().name())
        .withArgs(pod.args())
        .addNewPort()
        .withName(Names.PORT)
        .withContainerPort(pod.port())
        .withProtocol("TCP")
        .endPort()
        .withReadinessProbe(probe("/readyz", 1, pod.readinessDelay()))
        .withLivenessProbe(probe("/livez", 10, Optional.empty()))
        .withResources(resources(plan.size().resources()))
        .withSecurityContext(securityContext())
        // The last line of a crash is in the pod's status, where it can be read without a right to
        // read logs.
        .withTerminationMessagePolicy("FallbackToLogsOnError")
        .addNewVolumeMount()
        .withName(TMP)
        .withMountPath("/tmp")
        .endVolumeMount()
        .addAllToVolumeMounts(pod.mounts().stream().map(Workload::volumeMount).toList())
        .withLifecycle(pod.preStopSleep().map(Workload::preStopSleep).orElse(null))
        .build();
  }

  private static ResourceRequirements resources(Resources resources) {
    return new ResourceRequirementsBuilder()
        .addToRequests("cpu", new Quantity(resources.cpuRequest()))
        .addToRequests("memory", new Quantity(resources.memoryRequest()))
        .addToLimits("cpu", new Quantity(resources.cpuLimit()))
        .addToLimits("memory", new Quantity(resources.memoryLimit()))
        .build();
  }

  private static SecurityContext securityContext() {
    return new SecurityContextBuilder()
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(true)
        .withRunAsNonRoot(true)
        .withRunAsUser(NON_ROOT)
        .withRunAsGroup(NON_ROOT)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .build();
  }

  private static Lifecycle preStopSleep(int seconds) {
    return new LifecycleBuilder()
        .withNewPreStop()
        .withNewSleep()
        .withSeconds((long) seconds)
        .endSleep()
        .endPreStop()
        .build();
  }

  /** The files are readable for the pod's group, which {@code fsGroup} sets. */
  private static Volume volume(Mount mount) {
    var items =
        mount.keys().stream()
            .map(key -> new KeyToPathBuilder().withKey(key).withPath(key).build())
            .toList();
    var builder = new VolumeBuilder().withName(mount.name());
    return mount.secret()
        ? builder
            .withNewSecret()
            .withSecretName(mount.object())
            .withDefaultMode(READABLE)
            .withItems(items)
            .endSecret()
            .build()
        : builder
            .withNewConfigMap()
            .withName(mount.object())
            .withDefaultMode(READABLE)
            .withItems(items)
            .endConfigMap()
            .build();
  }

  private static VolumeMount volumeMount(Mount mount) {
    return new VolumeMountBuilder()
        .withName(mount.name())
        .withMountPath(mount.path())
        .withReadOnly(true)
        .build();
  }

  /**
   * Readiness is probed every second, so that a pod serves within a second of its first metrics.
   */
  private static Probe probe(String path, int periodSeconds, Optional<Integer> delay) {
    return new ProbeBuilder()
        .withNewHttpGet()
        .withPath(path)
        .withPort(new IntOrString(Names.PORT))
        .withScheme("HTTPS")
        .endHttpGet()
        .withInitialDelaySeconds(delay.orElse(null))
        .withPeriodSeconds(periodSeconds)
        .withTimeoutSeconds(periodSeconds == 1 ? 1 : 5)
        .withFailureThreshold(3)
        .build();
  }

  private static Affinity affinity(MetricsServerPlan plan) {
    var term = onePerNode();
    var builder = new AffinityBuilder().withNewPodAntiAffinity();
    return plan.size().requiredAntiAffinity()
        ? builder
            .withRequiredDuringSchedulingIgnoredDuringExecution(term)
            .endPodAntiAffinity()
            .build()
        : builder
            .addNewPreferredDuringSchedulingIgnoredDuringExecution()
            .withWeight(100)
            .withPodAffinityTerm(term)
            .endPreferredDuringSchedulingIgnoredDuringExecution()
            .endPodAntiAffinity()
            .build();
  }

  private static PodAffinityTerm onePerNode() {
    return new PodAffinityTermBuilder()
        .withLabelSelector(selector(Names.PODS))
        .withTopologyKey("kubernetes.io/hostname")
        .build();
  }

  private static Map<String, String> nodeSelector(MetricsServerPlan plan) {
    var labels = new TreeMap<>(plan.pod().scheduling().nodeSelector());
    labels.put("kubernetes.io/os", "linux");
    return labels;
  }

  private static Toleration toleration(SchedulingSpec.Toleration toleration) {
    return new TolerationBuilder()
        .withKey(toleration.key())
        .withOperator(toleration.operator().name())
        .withValue(emptyToNull(toleration.value()))
        .withEffect(toleration.effect() == null ? null : toleration.effect().name())
        .withTolerationSeconds(toleration.tolerationSeconds())
        .build();
  }

  private static TopologySpreadConstraint spread(SchedulingSpec.TopologySpreadConstraint spread) {
    return new TopologySpreadConstraintBuilder()
        .withMaxSkew(spread.maxSkew())
        .withTopologyKey(spread.topologyKey())
        .withWhenUnsatisfiable(spread.whenUnsatisfiable().name())
        .withLabelSelector(selector(Names.PODS))
        .build();
  }

  private static LabelSelector selector(Map<String, String> labels) {
    return new LabelSelectorBuilder().withMatchLabels(labels).build();
  }

  private static String emptyToNull(String text) {
    return text == null || text.isEmpty() ? null : text;
  }
}
