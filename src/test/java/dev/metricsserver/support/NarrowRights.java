package dev.metricsserver.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The limits of every right in this project. */
public final class NarrowRights {

  private static final Set<String> READS = Set.of("get", "list", "watch");
  private static final Set<String> SECRET = Set.of("secrets", "configmaps");

  /** What is created by POST, a request without a name. */
  private static final Set<String> NAMELESS_WHEN_CREATED =
      Set.of("events", "leases", "subjectaccessreviews", "tokenreviews");

  /** Their names cannot be known before. There is only one MetricsServerConfig. */
  private static final Set<String> NAMELESS =
      Set.of("metricsserverconfigs/status", "certificatesigningrequests/approval");

  private NarrowRights() {}

  /** No wildcard, no way to more rights, and by name whatever can be named. */
  public static void assertNarrow(PolicyRule rule) {
    assertThat(
            Stream.of(rule.getApiGroups(), rule.getResources(), rule.getVerbs())
                .flatMap(List::stream))
        .doesNotContain("*", "escalate", "impersonate");
    assertThat(rule.getNonResourceURLs()).isSubsetOf("/metrics");
    if (rule.getResourceNames().isEmpty()) {
      assertThat(rule.getVerbs())
          .as("what is given by name only: %s", rule)
          .doesNotContain("bind", "approve");
      assertThat(rule.getResources().stream().filter(SECRET::contains))
          .as("what is read by name only")
          .isEmpty();
      assertThat(rule.getVerbs().stream().allMatch(READS::contains) || isNameless(rule))
          .as("a right to change names its objects: %s", rule)
          .isTrue();
    }
  }

  private static boolean isNameless(PolicyRule rule) {
    return rule.getVerbs().equals(List.of("create"))
        ? NAMELESS_WHEN_CREATED.containsAll(rule.getResources())
        : NAMELESS.containsAll(rule.getResources());
  }
}
