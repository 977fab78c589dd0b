package dev.metricsserver.cli;

import dev.metricsserver.cli.Fixes.Fix;
import dev.metricsserver.controller.MetricsServerReconciler;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.util.HashMap;
import java.util.Map;

/** Makes one change of one object, first on trial and then in earnest, with the user's rights. */
final class Mender {

  private final KubernetesClient client;

  Mender(KubernetesClient client) {
    this.client = client;
  }

  /** What the change would make of the object; the API server tells, and writes nothing. */
  Change trial(Fix fix) {
    return switch (fix) {
      case Fix.Created(var object) ->
          Change.created(client.resource(object).dryRun(true).create(), "");
      case Fix.Deleted(var object) -> Change.deleted(client.resource(object).require());
      case Fix.Edited(var object, var spec) -> {
        var before = resource(object).require();
        yield Change.of(
            before,
            client.resource(edited(before, spec)).dryRun(true).update(),
            MetricsServerReconciler.FIELD_MANAGER);
      }
      case Fix.Machines _ -> throw new IllegalArgumentException("no object of the cluster");
    };
  }

  /** Makes the change. */
  void apply(Fix fix) {
    switch (fix) {
      case Fix.Created(var object) -> client.resource(object).create();
      case Fix.Deleted(var object) -> client.resource(object).delete();
      case Fix.Edited(var object, var spec) ->
          client.resource(edited(resource(object).require(), spec)).update();
      case Fix.Machines _ -> throw new IllegalArgumentException("no object of the cluster");
    }
  }

  /** Any kind alike, with all fields that it has. */
  private Resource<GenericKubernetesResource> resource(HasMetadata named) {
    var kind = client.genericKubernetesResources(named.getApiVersion(), named.getKind());
    var metadata = named.getMetadata();
    return metadata.getNamespace() == null
        ? kind.withName(metadata.getName())
        : kind.inNamespace(metadata.getNamespace()).withName(metadata.getName());
  }

  private static GenericKubernetesResource edited(
      GenericKubernetesResource before, Map<String, Object> spec) {
    var after = new GenericKubernetesResource();
    after.setApiVersion(before.getApiVersion());
    after.setKind(before.getKind());
    after.setMetadata(before.getMetadata());
    after.setAdditionalProperties(new HashMap<>(before.getAdditionalProperties()));
    var fields = new HashMap<String, Object>();
    if (before.getAdditionalProperties().get("spec") instanceof Map<?, ?> old) {
      old.forEach((name, value) -> fields.put((String) name, value));
    }
    fields.putAll(spec);
    after.setAdditionalProperty("spec", fields);
    return after;
  }
}
