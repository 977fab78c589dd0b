package dev.metricsserver.model;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What identifies an object in a cluster.
 *
 * @param namespace empty for a cluster-scoped object
 */
public record ObjectName(String kind, String namespace, String name) {

  /** Returns the name of a cluster-scoped object. */
  public static ObjectName cluster(String kind, String name) {
    return new ObjectName(kind, "", name);
  }

  /** Returns the name of an object. */
  public static ObjectName of(HasMetadata object) {
    return new ObjectName(
        object.getKind(),
        requireNonNullElse(object.getMetadata().getNamespace(), ""),
        object.getMetadata().getName());
  }

  /** Returns {@code namespace/name}, or {@code name}. */
  public String path() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }

  /** Returns {@code kind namespace/name}, or {@code kind name}. */
  public String inWords() {
    return kind + " " + path();
  }

  /** Returns {@code kind name in namespace namespace}, or {@code kind name}. */
  public String described() {
    return kind + " " + name + (namespace.isEmpty() ? "" : " in namespace " + namespace);
  }

  /** Returns {@code kind/namespace/name}, or {@code kind/name}. */
  @Override
  public String toString() {
    return Stream.of(kind, namespace, name)
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining("/"));
  }
}
