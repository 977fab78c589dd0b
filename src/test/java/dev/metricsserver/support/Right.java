package dev.metricsserver.support;

import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import java.util.List;
import java.util.stream.Stream;

/**
 * One right: a verb on one object, or on all of a kind where the name is empty.
 *
 * @param namespace where; empty for the whole cluster
 * @param resource with its group and subresource, as kubectl names it
 */
public record Right(String namespace, String verb, String resource, String name) {

  /** The rights of a rule, one by one. */
  public static Stream<Right> of(String namespace, PolicyRule rule) {
    var names = rule.getResourceNames().isEmpty() ? List.of("") : rule.getResourceNames();
    return rule.getApiGroups().stream()
        .flatMap(group ->
            rule.getResources().stream()
                .flatMap(resource ->
                    rule.getVerbs().stream()
                        .flatMap(verb ->
                            names.stream()
                                .map(name ->
                                    new Right(namespace, verb, named(resource, group), name)))));
  }

  /** As kubectl has it: deployments.apps/scale. */
  public static String named(String resource, String group) {
    if (group.isEmpty()) {
      return resource;
    }
    var slash = resource.indexOf('/');
    return slash < 0
        ? resource + "." + group
        : resource.substring(0, slash) + "." + group + resource.substring(slash);
  }

  /** Whether this right is what the API server asked for at that request. */
  public boolean covers(Right used) {
    return verb.equals(used.verb)
        && resource.equals(used.resource)
        && (name.isEmpty() || name.equals(used.name))
        && (namespace.isEmpty() || namespace.equals(used.namespace));
  }

  @Override
  public String toString() {
    return "%s %s%s%s"
        .formatted(
            verb,
            resource,
            name.isEmpty() ? "" : " " + name,
            namespace.isEmpty() ? "" : " in " + namespace);
  }
}
