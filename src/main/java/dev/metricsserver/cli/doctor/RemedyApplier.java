package dev.metricsserver.cli.doctor;

import dev.metricsserver.cli.cluster.Change;
import dev.metricsserver.cli.common.Failure;
import dev.metricsserver.diagnosis.Step;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Carries out one write of a remedy, first as a dry run, then for real, with the user's rights. */
final class RemedyApplier {

  /** The field manager of the change. */
  private static final String MANAGER = "metrics-server-doctor";

  private final KubernetesClient client;

  /** By API version and kind. */
  private final Map<List<String>, ResourceDefinitionContext> definitions = new HashMap<>();

  RemedyApplier(KubernetesClient client) {
    this.client = client;
  }

  /** The effect on the object, by a dry run of the API server that writes nothing. */
  Change dryRun(RemedyWrite write) {
    return switch (write) {
      case RemedyWrite.Applied(var object) -> {
        var before = resource(object).get();
        var after = patched(write, true);
        yield before == null ? Change.created(after, "") : Change.of(before, after, MANAGER);
      }
      case RemedyWrite.Patched(var object, _, _) ->
          Change.of(required(object), patched(write, true), MANAGER);
      case RemedyWrite.Deleted(var object) -> Change.deleted(required(object));
    };
  }

  /** Writes, and returns the object's name. */
  String apply(RemedyWrite write) {
    return switch (write) {
      case RemedyWrite.Applied _, RemedyWrite.Patched _ -> Change.name(patched(write, false));
      case RemedyWrite.Deleted(var object) -> {
        resource(object).delete();
        yield Change.name(object);
      }
    };
  }

  private GenericKubernetesResource patched(RemedyWrite write, boolean dryRun) {
    return switch (write) {
      case RemedyWrite.Applied(var object) ->
          kind(object).resource(object).patch(context(PatchType.SERVER_SIDE_APPLY, dryRun).build());
      case RemedyWrite.Patched(var object, var type, var patch) ->
          resource(object).patch(context(type(type), dryRun).build(), patch);
      default -> throw new IllegalArgumentException("not a patch: " + write);
    };
  }

  private static PatchType type(Step.PatchType type) {
    return switch (type) {
      case json -> PatchType.JSON;
      case merge -> PatchType.JSON_MERGE;
    };
  }

  private static PatchContext.Builder context(PatchType type, boolean dryRun) {
    var context = new PatchContext.Builder().withPatchType(type).withFieldManager(MANAGER);
    return (dryRun ? context.withDryRun(List.of("All")) : context)
        .withForce(type == PatchType.SERVER_SIDE_APPLY ? true : null);
  }

  private GenericKubernetesResource required(GenericKubernetesResource named) {
    return Optional.ofNullable(resource(named).get())
        .orElseThrow(() -> new Failure("--fix: there is no " + Change.name(named)));
  }

  /** The object with all its fields. */
  private Resource<GenericKubernetesResource> resource(GenericKubernetesResource named) {
    return kind(named).withName(named.getMetadata().getName());
  }

  /** The objects of this kind, in the namespace of this object where it has one. */
  private NonNamespaceOperation<
          GenericKubernetesResource,
          GenericKubernetesResourceList,
          Resource<GenericKubernetesResource>>
      kind(GenericKubernetesResource named) {
    var definition =
        definitions.computeIfAbsent(
            List.of(named.getApiVersion(), named.getKind()), _ -> definition(named));
    var kind = client.genericKubernetesResources(definition);
    var namespace = named.getMetadata().getNamespace();
    return namespace == null ? kind : kind.inNamespace(namespace);
  }

  /** Asks the API server, because the client's own search leaves out the core group. */
  private ResourceDefinitionContext definition(GenericKubernetesResource named) {
    var found =
        Stream.ofNullable(client.getApiResources(named.getApiVersion()))
            .flatMap(kinds -> kinds.getResources().stream())
            .filter(r -> r.getKind().equals(named.getKind()) && !r.getName().contains("/"))
            .findFirst()
            .orElseThrow(() -> new Failure("--fix: the API server has no kind " + named.getKind()));
    var version = named.getApiVersion();
    var slash = version.indexOf('/');
    return new ResourceDefinitionContext.Builder()
        .withGroup(slash < 0 ? "" : version.substring(0, slash))
        .withVersion(version.substring(slash + 1))
        .withKind(named.getKind())
        .withPlural(found.getName())
        .withNamespaced(found.getNamespaced())
        .build();
  }
}
