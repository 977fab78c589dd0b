package dev.metricsserver.model;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A right that a ServiceAccount lacks, read from the API server's answer.
 *
 * @param account the ServiceAccount, as namespace:name
 * @param verb the verb of the request
 * @param resource the resource as kubectl names it, such as {@code deployments.apps}
 * @param name the object, where the request named one
 * @param namespace the namespace, where the resource has one
 */
public record MissingRight(
    String account,
    String verb,
    String resource,
    Optional<String> name,
    Optional<String> namespace) {

  private static final Pattern SENTENCE =
      Pattern.compile(
          "(?:\"(?<name>[^\"]+)\" )?is forbidden: User"
              + " \"system:serviceaccount:(?<account>[^\"]+)\" cannot (?<verb>[a-z]+) resource"
              + " \"(?<resource>[^\"/]+)(?<subresource>/[^\"]+)?\" in API group"
              + " \"(?<group>[^\"]*)\" (?:in the namespace \"(?<namespace>[^\"]+)\"|at the cluster"
              + " scope)");

  /** Returns the missing right; empty where a policy rejected the request, not RBAC. */
  public static Optional<MissingRight> of(String message) {
    var found = SENTENCE.matcher(message);
    if (!found.find()) {
      return Optional.empty();
    }
    var group = found.group("group");
    return Optional.of(
        new MissingRight(
            found.group("account"),
            found.group("verb"),
            found.group("resource")
                + (group.isEmpty() ? "" : "." + group)
                + Optional.ofNullable(found.group("subresource")).orElse(""),
            Optional.ofNullable(found.group("name")),
            Optional.ofNullable(found.group("namespace"))));
  }
}
