package dev.metricsserver.model;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A right that RBAC refused for want of, read from the API server's sentence about it.
 *
 * @param account whom it refused: the ServiceAccount, as namespace:name
 * @param verb what it wanted to do
 * @param resource to what, as kubectl names it, such as {@code deployments.apps}
 * @param name of one object, where the request named one
 * @param namespace in one namespace, where the resource has them
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

  /** The right, when the message is RBAC's; a policy that refuses has other words. */
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

  /** Two commands that give this right, and nothing else. */
  public String commands() {
    var role =
        "metrics-server-operator-%s-%s%s"
            .formatted(verb, resource.replaceAll("[./].*", ""), name.map(n -> "-" + n).orElse(""));
    var kind = namespace.isPresent() ? "role" : "clusterrole";
    var where = namespace.map(n -> " -n " + n).orElse("");
    return """
    kubectl create %1$s %2$s%3$s --verb=%4$s --resource=%5$s%6$s
    kubectl create %1$sbinding %2$s%3$s --%1$s=%2$s --serviceaccount=%7$s\
    """
        .formatted(
            kind,
            role,
            where,
            verb,
            resource,
            name.map(n -> " --resource-name=" + n).orElse(""),
            account);
  }
}
