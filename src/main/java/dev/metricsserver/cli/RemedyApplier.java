package dev.metricsserver.cli;

import dev.metricsserver.cli.RemedyParser.Fix;
import dev.metricsserver.cli.cluster.Change;
import dev.metricsserver.cli.common.Failure;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.Optional;

/** Makes one change of one object, first on trial and then in earnest, with the user's rights. */
final class RemedyApplier {

  /** What the API server calls whoever made the change. */
  private static final String MANAGER = "metrics-server-doctor";

  private final KubernetesClient client;

  RemedyApplier(KubernetesClient client) {
    this.client = client;
  }

  /** What the change would make of the object; the API server tells, and writes nothing. */
  Change trial(Fix fix) {
    return switch (fix) {
      case Fix.Applied(var object) -> {
        var before = resource(object).get();
        var after = patched(fix, true);
        yield before == null ? Change.created(after, "") : Change.of(before, after, MANAGER);
      }
      case Fix.Patched(var object, _, _) ->
          Change.of(required(object), patched(fix, true), MANAGER);
      case Fix.Deleted(var object) -> Change.deleted(required(object));
      case Fix.Machines _ -> throw new IllegalArgumentException("no object of the cluster");
    };
  }

  /** Makes the change, and returns the object's name. */
  String apply(Fix fix) {
    return switch (fix) {
      case Fix.Applied _, Fix.Patched _ -> Change.name(patched(fix, false));
      case Fix.Deleted(var object) -> {
        resource(object).delete();
        yield Change.name(object);
      }
      case Fix.Machines _ -> throw new IllegalArgumentException("no object of the cluster");
    };
  }

  private GenericKubernetesResource patched(Fix fix, boolean trial) {
    return switch (fix) {
      case Fix.Applied(var object) ->
          client.resource(object).patch(context(PatchType.SERVER_SIDE_APPLY, trial).build());
      case Fix.Patched(var object, var type, var patch) ->
          resource(object).patch(context(type, trial).build(), patch);
      default -> throw new IllegalArgumentException("not a patch: " + fix);
    };
  }

  private static PatchContext.Builder context(PatchType type, boolean trial) {
    var context = new PatchContext.Builder().withPatchType(type).withFieldManager(MANAGER);
    return (trial ? context.withDryRun(List.of("All")) : context)
        .withForce(type == PatchType.SERVER_SIDE_APPLY ? true : null);
  }

  private GenericKubernetesResource required(GenericKubernetesResource named) {
    return Optional.ofNullable(resource(named).get())
        .orElseThrow(() -> new Failure("--fix: there is no " + Change.name(named)));
  }

  /** With all fields that it has. */
  private Resource<GenericKubernetesResource> resource(GenericKubernetesResource named) {
    var kind = client.genericKubernetesResources(named.getApiVersion(), named.getKind());
    var metadata = named.getMetadata();
    return metadata.getNamespace() == null
        ? kind.withName(metadata.getName())
        : kind.inNamespace(metadata.getNamespace()).withName(metadata.getName());
  }
}
