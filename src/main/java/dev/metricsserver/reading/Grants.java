package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.rendering.Access;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import java.util.List;
import java.util.stream.Collectors;
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

  /** Rights of no use, as people write them: {@code get/list namespaces}. */
  static List<String> unused(List<PolicyRule> granted) {
    return granted.stream()
        .flatMap(rule -> Stream.concat(resources(rule), paths(rule)))
        .distinct()
        .toList();
  }

  private static Stream<String> resources(PolicyRule rule) {
    var names = requireNonNullElse(rule.getResourceNames(), List.<String>of());
    return rule.getApiGroups().stream()
        .flatMap(group ->
            rule.getResources().stream()
                .map(resource -> {
                  var verbs =
                      rule.getVerbs().stream()
                          .filter(verb -> !needed(verb, group, resource, names))
                          .collect(Collectors.joining("/"));
                  return verbs.isEmpty()
                      ? ""
                      : "%s %s%s%s"
                          .formatted(
                              verbs,
                              resource,
                              group.isEmpty() ? "" : "." + group,
                              names.isEmpty() ? "" : " " + String.join("/", names));
                }))
        .filter(words -> !words.isEmpty());
  }

  private static Stream<String> paths(PolicyRule rule) {
    return rule.getNonResourceURLs().stream()
        .map(path -> String.join("/", rule.getVerbs()) + " " + path);
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
