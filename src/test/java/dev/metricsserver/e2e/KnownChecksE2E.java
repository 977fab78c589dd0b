package dev.metricsserver.e2e;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.LocalCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The checks that people know from installations by hand, as the documents have them. */
@EndToEndTest(cluster = 3)
class KnownChecksE2E {

  private static final List<Path> DOCUMENTS =
      List.of(
          Path.of("README.md"), Path.of("docs/security.md"), Path.of("docs/troubleshooting.md"));

  /** What only reads. */
  private static final String CHECK = "kubectl( -n \\S+)? (get|describe|auth|top|explain) [^|]*";

  /** What each says, where more is known than that it works. */
  private static final Map<String, List<String>> SAYS =
      Map.ofEntries(
          entry("get pods -n kube-system -l k8s-app=metrics-server", List.of("1/1", "Running")),
          entry(
              "get pods -n kube-system -l k8s-app=metrics-server"
                  + " -o jsonpath='{.items[0].spec.securityContext}"
                  + "{.items[0].spec.containers[0].securityContext}'",
              List.of(
                  "\"runAsUser\":65534",
                  "\"runAsNonRoot\":true",
                  "\"seccompProfile\":{\"type\":\"RuntimeDefault\"}",
                  "\"allowPrivilegeEscalation\":false",
                  "\"readOnlyRootFilesystem\":true",
                  "\"drop\":[\"ALL\"]")),
          entry(
              "describe networkpolicy metrics-server-netpol -n kube-system",
              List.of("k8s-app=metrics-server", "10250/TCP")),
          entry(
              "auth can-i get nodes/metrics"
                  + " --as=system:serviceaccount:kube-system:metrics-server",
              List.of("yes")),
          entry("get apiservice v1beta1.metrics.k8s.io", List.of("True")),
          entry(
              "get --raw /apis/metrics.k8s.io/v1beta1/nodes",
              List.of("\"kind\":\"NodeMetricsList\"", "\"cpu\":", "\"memory\":")),
          entry("top nodes", List.of("CPU(cores)")),
          entry("get msc", List.of("cluster", "True")));

  @RegisterExtension static final LocalCluster cluster = new LocalCluster();

  @BeforeAll
  static void ready() {
    cluster.apply("");
    cluster.awaitReady();
  }

  @TestFactory
  Stream<DynamicTest> eachWorksAsItIsWritten() {
    return checks()
        .map(check ->
            dynamicTest(
                check,
                () ->
                    assertThat(cluster.run("bash", "-c", "deploy/local/kubectl " + check))
                        .contains(SAYS.getOrDefault(check, List.of("")))));
  }

  @Test
  void knownFailures_all_areDocumented() {
    assertThat(checks()).containsAll(SAYS.keySet());
  }

  private static Stream<String> checks() {
    return DOCUMENTS.stream()
        .flatMap(KnownChecksE2E::lines)
        .filter(line -> line.matches(CHECK))
        .map(line -> line.substring("kubectl ".length()))
        .distinct();
  }

  private static Stream<String> lines(Path document) {
    try {
      return Files.readAllLines(document).stream();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
