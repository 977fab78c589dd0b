package dev.metricsserver.model;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A right in RBAC's terms.
 *
 * @param verbs such as {@code get}
 * @param group the API group; empty for the core group
 * @param resource the resource, or for a URL its path
 * @param subresource empty for the resource itself
 * @param names of single objects; empty for all
 * @param namespace of those objects; empty where the right has none
 */
public record Right(
    List<String> verbs,
    String group,
    String resource,
    String subresource,
    List<String> names,
    String namespace) {

  /** A right to all objects of a resource. */
  public static Right of(String verb, String group, String resource, String subresource) {
    return new Right(List.of(verb), group, resource, subresource, List.of(), "");
  }

  /** As kubectl writes it, for example {@code get nodes/metrics}. */
  public String words() {
    return verbs.stream().collect(Collectors.joining("/"))
        + " "
        + resource
        + (subresource.isEmpty() ? "" : "/" + subresource)
        + (group.isEmpty() ? "" : "." + group)
        + (names.isEmpty() ? "" : " " + String.join("/", names))
        + (namespace.isEmpty() ? "" : " in namespace " + namespace);
  }
}
