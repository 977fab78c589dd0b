package dev.metricsserver.cli.doctor;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.diagnosis.Step;
import dev.metricsserver.diagnosis.Step.PatchType;
import dev.metricsserver.diagnosis.Step.Target;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A write to one object of the cluster. Pure. */
sealed interface RemedyWrite {

  /**
   * Fields of an object change.
   *
   * @param object its names and no more
   * @param patch as JSON
   */
  record Patched(GenericKubernetesResource object, PatchType type, String patch)
      implements RemedyWrite {}

  /** An object is created or updated. */
  record Applied(GenericKubernetesResource object) implements RemedyWrite {}

  /**
   * An object is deleted.
   *
   * @param object its names and no more
   */
  record Deleted(GenericKubernetesResource object) implements RemedyWrite {}

  /**
   * The writes of these steps, in their order; changes of the MetricsServerConfig are one write.
   *
   * @param steps all executable
   * @param now when pods are restarted
   */
  static List<RemedyWrite> of(List<Step> steps, Instant now) {
    var writes = new ArrayList<RemedyWrite>();
    var spec = new TreeMap<String, Object>();
    for (var step : steps) {
      switch (step) {
        case Step.SetField(var path, var value, _) -> put(spec, path, value);
        case Step.RemoveField(var path) -> put(spec, path, null);
        default -> writes.add(of(step, now));
      }
    }
    if (!spec.isEmpty()) {
      writes.addFirst(
          merge(
              Target.cluster(
                  HasMetadata.getApiVersion(MetricsServerConfig.class),
                  HasMetadata.getKind(MetricsServerConfig.class),
                  MetricsServerConfig.NAME),
              Map.of("spec", spec)));
    }
    return List.copyOf(writes);
  }

  private static RemedyWrite of(Step step, Instant now) {
    return switch (step) {
      case Step.Patch(var target, var type, var patch) ->
          new Patched(named(target), type, json(patch));
      case Step.Label(var target, var labels) ->
          merge(target, Map.of("metadata", Map.of("labels", labels)));
      case Step.Apply(var target, var fields, _) -> {
        var object = named(target);
        fields.forEach(object::setAdditionalProperty);
        yield new Applied(object);
      }
      case Step.Delete(var target) -> new Deleted(named(target));
      case Step.Scale(var target, var replicas) ->
          merge(target, Map.of("spec", Map.of("replicas", replicas)));
      case Step.RolloutRestart(var target) ->
          merge(target, Map.of("spec", Map.of("template", restarted(now))));
      default -> throw new IllegalArgumentException("not executable: " + step);
    };
  }

  private static RemedyWrite merge(Target target, Map<String, Object> patch) {
    return new Patched(named(target), PatchType.merge, json(patch));
  }

  private static Map<String, Object> restarted(Instant now) {
    return Map.of(
        "metadata",
        Map.of("annotations", Map.of("kubectl.kubernetes.io/restartedAt", now.toString())));
  }

  private static GenericKubernetesResource named(Target target) {
    var object = new GenericKubernetesResource();
    object.setApiVersion(target.apiVersion());
    object.setKind(target.kind());
    object.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(target.namespace().orElse(null))
            .withName(target.name())
            .build());
    return object;
  }

  @SuppressWarnings("unchecked")
  private static void put(Map<String, Object> into, String path, Object value) {
    var dot = path.indexOf('.');
    if (dot < 0) {
      into.put(path, value);
    } else {
      put(
          (Map<String, Object>)
              into.computeIfAbsent(path.substring(0, dot), _ -> new TreeMap<String, Object>()),
          path.substring(dot + 1),
          value);
    }
  }

  private static String json(Object patch) {
    return new KubernetesSerialization(new ObjectMapper(), false).asJson(patch);
  }
}
