package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.plan.Plans;
import dev.metricsserver.rendering.Access;
import dev.metricsserver.rendering.Monitoring;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.support.InstallFiles;
import dev.metricsserver.support.Right;
import dev.metricsserver.support.RightsUsed;
import io.fabric8.kubernetes.api.model.rbac.RoleRef;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The operator's rights are those that it uses, by what the API servers of all other integration
 * tests were asked: none is missing and none is too many. Maven runs it after all of them.
 */
public class RightsIT {

  private static final String REMEMBERED =
      "a configuration is remembered when metrics are answered, so in end-to-end tests";

  /** Rights that no request shows here, and why they are needed. */
  private static final Map<String, String> UNSEEN =
      Map.of(
          "approve signers.certificates.k8s.io kubernetes.io/kubelet-serving",
          "the API server asks itself for it when a request is approved",
          "create controllerrevisions.apps metrics-server-operator-last-ready",
          REMEMBERED,
          "patch controllerrevisions.apps metrics-server-operator-last-ready",
          REMEMBERED,
          "delete controllerrevisions.apps metrics-server-operator-last-ready",
          REMEMBERED);

  /** What is refused on purpose: tests do without rights that not every installation gives. */
  private static final Set<String> NOT_GIVEN =
      Set.of("secrets", "configmaps", "certificatesigningrequests.certificates.k8s.io/approval");

  private static List<RightsUsed.Use> used;

  @BeforeAll
  static void read() throws IOException {
    used = RightsUsed.all();
    assertThat(used)
        .as("rights used in integration tests; this runs them: ./mvnw verify -DskipE2E")
        .isNotEmpty();
  }

  @Test
  void noneIsMissing() {
    assertThat(used)
        .filteredOn(use -> !use.allowed() && !NOT_GIVEN.contains(use.right().resource()))
        .extracting(RightsUsed.Use::right)
        .as("rights to add to deploy/base/rbac.yaml, because requests of the operator were refused")
        .isEmpty();
  }

  @Test
  void noneIsTooMany() {
    assertThat(granted())
        .filteredOn(right -> !isUsed(right))
        .filteredOn(right -> given().noneMatch(right::equals))
        .filteredOn(right -> bound().noneMatch(right::equals))
        .filteredOn(right -> !UNSEEN.containsKey(right.toString()))
        .as(
            "rights to take out of deploy/base/rbac.yaml, because no integration test needs them;"
                + " or a test is missing")
        .isEmpty();
  }

  @Test
  void theExceptionsAreGranted() {
    assertThat(granted().map(Right::toString)).containsAll(UNSEEN.keySet());
  }

  private static Stream<Right> granted() {
    return Stream.of(InstallFiles.INSTALL, InstallFiles.CSR_APPROVAL)
        .flatMap(file -> InstallFiles.rules(file).entrySet().stream())
        .flatMap(
            rules -> rules.getValue().stream().flatMap(rule -> Right.of(rules.getKey(), rule)));
  }

  private static boolean isUsed(Right right) {
    return used.stream()
        .filter(RightsUsed.Use::allowed)
        .map(RightsUsed.Use::right)
        .anyMatch(right::covers);
  }

  /** What metrics-server and its readers may do: a client can only grant rights that it has. */
  private static Stream<Right> given() {
    return Stream.of(Access.clusterRole(), Access.readerRole())
        .flatMap(role -> role.getRules().stream())
        .flatMap(rule -> Right.of("", rule));
  }

  /** What it binds to metrics-server, by the names in the bindings that it makes. */
  private static Stream<Right> bound() {
    var plan =
        Plans.plan(
            "monitoring: {prometheus: {namespace: monitoring, serviceAccountName: prometheus}}");
    return Stream.of(
        bind("", Monitoring.reader(plan).orElseThrow().getRoleRef()),
        bind("", Access.clusterRoleBinding(plan).getRoleRef()),
        bind("", Access.authDelegator(plan).getRoleRef()),
        bind(Names.AUTH_READER_NAMESPACE, Access.authReader(plan).getRoleRef()));
  }

  private static Right bind(String namespace, RoleRef role) {
    return new Right(
        namespace,
        "bind",
        role.getKind().toLowerCase(Locale.ROOT) + "s.rbac.authorization.k8s.io",
        role.getName());
  }
}
