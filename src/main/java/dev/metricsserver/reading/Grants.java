package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.Right;
import dev.metricsserver.rendering.Access;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import java.util.List;
import java.util.stream.Stream;

/** What roles give a metrics-server, less what it needs. Pure. */
final class Grants {

  /**
   * Its own role, and what it is lent of system:auth-delegator and
   * extension-apiserver-authentication-reader.
   */
  private static final List<PolicyRule> NEEDED =
      Stream.concat(
              Access.clusterRole().getRules().stream(),
              Stream.of(
                  rule("authentication.k8s.io", "tokenreviews").withVerbs("create").build(),
                  rule("authorization.k8s.io", "subjectaccessreviews").withVerbs("create").build(),
                  rule("", "configmaps")
                      .withResourceNames("extension-apiserver-authentication")
                      .withVerbs("get", "list", "watch")
                      .build()))
          .toList();

  private Grants() {}

  private static PolicyRuleBuilder rule(String group, String resource) {
    return new PolicyRuleBuilder().withApiGroups(group).withResources(resource);
  }

  /** Rights of no use. */
  static List<Right> unused(List<PolicyRule> granted) {
    return granted.stream()
        .flatMap(rule -> Stream.concat(resources(rule), paths(rule)))
        .distinct()
        .toList();
  }

  private static Stream<Right> resources(PolicyRule rule) {
    var names = requireNonNullElse(rule.getResourceNames(), List.<String>of());
    return rule.getApiGroups().stream()
        .flatMap(group ->
            rule.getResources().stream()
                .map(resource -> {
                  var verbs =
                      rule.getVerbs().stream()
                          .filter(verb -> !needed(verb, group, resource, names))
                          .toList();
                  var slash = resource.indexOf('/');
                  return new Right(
                      verbs,
                      group,
                      slash < 0 ? resource : resource.substring(0, slash),
                      slash < 0 ? "" : resource.substring(slash + 1),
                      names,
                      "");
                }))
        .filter(right -> !right.verbs().isEmpty());
  }

  private static Stream<Right> paths(PolicyRule rule) {
    return rule.getNonResourceURLs().stream()
        .map(path -> new Right(rule.getVerbs(), "", path, "", List.of(), ""));
  }

  /** A right to all objects of a kind is more than one to some. */
  private static boolean needed(String verb, String group, String resource, List<String> names) {
    return NEEDED.stream()
        .filter(rule -> rule.getApiGroups().contains(group))
        .filter(rule -> rule.getResources().contains(resource) && rule.getVerbs().contains(verb))
        .anyMatch(rule ->
            rule.getResourceNames().isEmpty()
                || (!names.isEmpty() && rule.getResourceNames().containsAll(names)));
  }
}
