package dev.metricsserver.rendering;

import dev.metricsserver.api.SchedulingSpec;
import dev.metricsserver.model.ClusterFacts.Takeover;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Planner;
import dev.metricsserver.plan.PodPlan.Mount;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.KeyToPathBuilder;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.PodAffinityTerm;
import io.fabric8.kubernetes.api.model.PodAffinityTermBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
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

/** The pods, and what keeps enough of them running. */
public final class Workload {

  /**
   * The pod template's annotation with the ServiceAccount's UID: a new ServiceAccount of the same
   * name makes the running pods' tokens worthless, so a new UID must roll them.
   */
  public static final String SERVICE_ACCOUNT_UID = "metricsserver.dev/service-account-uid";

  /**
   * The pod template's annotation with a digest of the audit policy, which metrics-server reads at
   * its start only.
   */
  public static final String AUDIT_POLICY = "metricsserver.dev/audit-policy";

  /** The label with the version. */
  public static final String VERSION_LABEL = "app.kubernetes.io/version";

  private static final long NOBODY = 65534;

  /** Endpoints reach all nodes within a second or two; this leaves room for a busy cluster. */
  private static final int TAKEOVER_SECONDS = 10;

  private static final int READABLE = 0440;
  private static final String TMP = "tmp";

  private Workload() {}

  /**
   * The Deployment.
   *
   * @param serviceAccountUid the UID of metrics-server's ServiceAccount as it is in the cluster,
   *     where there is one
   */
  public static Deployment deployment(MetricsServerPlan plan, Optional<String> serviceAccountUid) {
    return new DeploymentBuilder()
        .withMetadata(Names.metadata(plan.namespace(), Names.METRICS_SERVER))
        .editMetadata()
        .addToLabels(VERSION_LABEL, plan.version().number())
        .addToAnnotations(plan.deploymentAnnotations())
        .endMetadata()
        .withNewSpec()
        .withReplicas(plan.size().replicas())
        .withRevisionHistoryLimit(3)
        // Old pods are kept until every node has heard that requests no longer go to them.
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
        .withNewMetadata()
        .addToLabels("app.kubernetes.io/name", Names.METRICS_SERVER)
        .addToLabels(plan.adoption().selector().orElse(Map.of()))
        .addToLabels(Names.PODS)
        .addToAnnotations(
            serviceAccountUid.map(uid -> Map.of(SERVICE_ACCOUNT_UID, uid)).orElse(Map.of()))
        .addToAnnotations(plan.pod().annotations())
        .addToAnnotations(
            Audit.policy(plan)
                .map(policy ->
                    Map.of(AUDIT_POLICY, Integer.toHexString(policy.getData().hashCode())))
                .orElse(Map.of()))
        .endMetadata()
        .withNewSpec()
        .withServiceAccountName(Names.METRICS_SERVER)
        .withAutomountServiceAccountToken(true)
        .withPriorityClassName(emptyToNull(plan.pod().scheduling().priorityClassName()))
        .withHostNetwork(plan.pod().hostNetwork() ? true : null)
        .withDnsPolicy(plan.pod().hostNetwork() ? "ClusterFirstWithHostNet" : null)
        .withNodeSelector(nodeSelector(plan))
        .withTolerations(
            plan.pod().scheduling().tolerations().stream().map(Workload::toleration).toList())
        .withTopologySpreadConstraints(
            plan.pod().scheduling().topologySpreadConstraints().stream()
                .map(Workload::spread)
                .toList())
        .withAffinity(plan.size().replicas() > 1 ? affinity(plan) : null)
        .withImagePullSecrets(
            plan.pod().image().pullSecrets().stream().map(LocalObjectReference::new).toList())
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(NOBODY)
        .withRunAsGroup(NOBODY)
        .withFsGroup(NOBODY)
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
        .addAllToVolumes(plan.pod().mounts().stream().map(Workload::volume).toList())
        .endSpec()
        .endTemplate()
        .endSpec()
        .build();
  }

  /**
   * The same without a note of which state of the resource it is, and since when: with that of the
   * Deployment as it is, if it has one. It changes with the spec even where nothing else does.
   */
  public static Deployment withMemoryOf(Optional<Deployment> actual, Deployment desired) {
    var before =
        actual
            .map(deployment -> deployment.getMetadata().getAnnotations())
            .orElse(Map.<String, String>of());
    var annotations = desired.getMetadata().getAnnotations();
    for (var note : List.of(Planner.CONFIGURATION, Planner.CONFIGURED_AT)) {
      if (before.containsKey(note)) {
        annotations.put(note, before.get(note));
      } else {
        annotations.remove(note);
      }
    }
    return desired;
  }

  /** Keeps all but one pod through a drain. */
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
   * A single pod, and one of somebody else, is replaced after its successor is ready; on the host's
   * network both would need the same port.
   */
  private static boolean surges(MetricsServerPlan plan) {
    return (plan.size().replicas() == 1 && !plan.pod().hostNetwork())
        || plan.adoption().takeover().filter(Takeover.Surge::equals).isPresent();
  }

  private static Container container(MetricsServerPlan plan) {
    var resources = plan.size().resources();
    var builder =
        new ContainerBuilder()
            .withName(Names.METRICS_SERVER)
            .withImage(plan.pod().image().reference())
            .withImagePullPolicy(plan.pod().image().pullPolicy().name())
            .withArgs(plan.pod().args())
            .addNewPort()
            .withName(Names.PORT)
            .withContainerPort(plan.pod().port())
            .withProtocol("TCP")
            .endPort()
            .withReadinessProbe(probe("/readyz", 1, plan.pod().readinessDelay()))
            .withLivenessProbe(probe("/livez", 10, Optional.empty()))
            .withNewResources()
            .addToRequests("cpu", new Quantity(resources.cpuRequest()))
            .addToRequests("memory", new Quantity(resources.memoryRequest()))
            .addToLimits("cpu", new Quantity(resources.cpuLimit()))
            .addToLimits("memory", new Quantity(resources.memoryLimit()))
            .endResources()
            .withNewSecurityContext()
            .withAllowPrivilegeEscalation(false)
            .withReadOnlyRootFilesystem(true)
            .withRunAsNonRoot(true)
            .withRunAsUser(NOBODY)
            .withRunAsGroup(NOBODY)
            .withNewCapabilities()
            .withDrop("ALL")
            .endCapabilities()
            .withNewSeccompProfile()
            .withType("RuntimeDefault")
            .endSeccompProfile()
            .endSecurityContext()
            // The fatal line of a crash lands in the pod's status, where it can be read without
            // access to logs.
            .withTerminationMessagePolicy("FallbackToLogsOnError")
            .addNewVolumeMount()
            .withName(TMP)
            .withMountPath("/tmp")
            .endVolumeMount()
            .addAllToVolumeMounts(plan.pod().mounts().stream().map(Workload::volumeMount).toList());
    plan.pod()
        .preStopSleep()
        .ifPresent(seconds ->
            builder
                .withNewLifecycle()
                .withNewPreStop()
                .withNewSleep()
                .withSeconds(seconds.longValue())
                .endSleep()
                .endPreStop()
                .endLifecycle());
    return builder.build();
  }

  /** Readable for the pod's group, as {@code fsGroup} and the API server's own default have it. */
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

  /** Readiness is asked every second: a pod takes requests within a second of having metrics. */
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
