package dev.metricsserver.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.diagnosis.Remedy;
import dev.metricsserver.diagnosis.ViolationText;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.plan.Violation.UnknownFlag;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which extraArgs are accepted, and the messages about the others. */
class FlagsTest {

  private static final List<String> VERSIONS =
      List.of(
          "0.6.0", "0.6.1", "0.6.2", "0.6.3", "0.6.4", "0.7.0", "0.7.1", "0.7.2", "0.8.0", "0.8.1",
          "0.9.0");

  // ----------------------------------------------------------------------------------- checking

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "--profiling=false",
        "--vmodule=scraper=4",
        "--request-timeout=2m",
        "--http2-max-streams-per-connection=100",
        "--authentication-token-webhook-cache-ttl=5s",
        "--log-flush-frequency=1s",
        "--strict-transport-security-directives=max-age=1,includeSubDomains",
        "--goaway-chance=0.001"
      })
  void extraArgs_harmlessFlag_isAccepted(String argument) {
    assertThat(Flags.check(argument, release("0.9.0"))).isEmpty();
  }

  @Test
  void extraArgs_accepted_comeLastInOrder() {
    assertThat(Plans.plan("extraArgs: [--vmodule=a=1, --profiling=false]").pod().args())
        .endsWith("--vmodule=a=1", "--profiling=false");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "--metric-resolution=1m, metricResolution",
    "--secure-port=443, port",
    "--kubelet-insecure-tls=true, kubelet.tls.mode",
    "--kubelet-port=10255, kubelet.port",
    "--kubelet-use-node-status-port=false, kubelet.port",
    "--kubelet-preferred-address-types=Hostname, kubelet.addressTypes",
    "--kubelet-request-timeout=1s, kubelet.requestTimeout",
    "--node-selector=a=b, kubelet.nodeSelector",
    "--logging-format=json, logging.format",
    "--v=4, logging.verbosity",
    "--tls-min-version=VersionTLS10, serving.tls.minVersion",
    "--tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA, serving.tls.cipherSuites",
    "--audit-log-path=-, audit.profile",
    "--audit-policy-file=/x, audit.profile",
    "--kubelet-certificate-authority=/x, kubelet.tls.certificateAuthority",
    "--kubelet-client-certificate=/x, kubelet.tls.clientCertificate",
    "--kubelet-client-key=/x, kubelet.tls.clientCertificate",
    "--deprecated-kubelet-completely-insecure=true, kubelet.tls.mode"
  })
  void extraArgs_flagOfField_namesTheField(String argument, String field) {
    var name = argument.substring(0, argument.indexOf('='));

    assertThat(Flags.check(argument, release("0.9.0")).map(ViolationText::of))
        .contains(violation(name + " is set by spec." + field, "remove it and set spec." + field));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "--cert-dir=/x | the operator chooses the serving certificate",
        "--tls-cert-file=/x | the operator chooses the serving certificate",
        "--client-ca-file=/x | it changes which clients metrics-server trusts",
        "--authorization-always-allow-paths=/metrics | it changes which clients metrics-server"
            + " trusts",
        "--kubeconfig=/x | metrics-server uses the credentials of its own ServiceAccount",
        "--bind-address=127.0.0.1 | metrics-server listens where its Service and probes expect it",
        "--audit-webhook-config-file=/x | it would send requests to a destination that the"
            + " operator does not manage",
        "--debug-socket-path=/x | it opens access without authentication",
        "--feature-gates=a=true | it changes the behaviour of the version",
        "--shutdown-delay-duration=1m | the operator sets it, so that no request fails during a"
            + " rollout",
        "--log-json-split-stream=true | metrics-server cannot turn on the feature that it needs,"
            + " and would not start",
        "--help=true | metrics-server would print and exit"
      })
  void extraArgs_harmfulFlag_isRefusedWithReason(String argument, String why) {
    var name = argument.substring(0, argument.indexOf('='));

    assertThat(Flags.check(argument, release("0.9.0")).map(ViolationText::of))
        .contains(violation(name + " is rejected: " + why, "remove it"));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "--nonsense=1",
        "--Profiling=false",
        "--profilin=false",
        "--=x=1",
        "--profiling =1"
      })
  void extraArgs_unknownFlag_isRefused(String argument) {
    assertThat(Flags.check(argument, release("0.9.0")).map(ViolationText::of))
        .hasValueSatisfying(v -> {
          assertThat(v.field()).isEqualTo("extraArgs");
          assertThat(v.remedy())
              .isIn(Remedy.manual("remove it"), Remedy.manual("write it as --name=value"));
        });
  }

  @Test
  void extraArgs_unknownFlag_namesVersionAndFlag() {
    assertThat(Flags.check("--nonsense=1", release("0.9.0")).map(ViolationText::of))
        .contains(violation("metrics-server 0.9.0 has no flag --nonsense", "remove it"));
  }

  /** metrics-server accepts only the exact name, so it would not start. */
  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "--kubelet_insecure_tls=true",
        "--log_flush_frequency=1s",
        "--metric_resolution=1m"
      })
  void extraArgs_underscoreForHyphen_isRefused(String argument) {
    assertThat(Flags.check(argument, release("0.9.0")).map(ViolationText::of))
        .hasValueSatisfying(v -> assertThat(v.message()).contains("has no flag"));
  }

  @Test
  void extraArgs_oldLoggingFlag_needsUnderscores() {
    assertThat(Flags.check("--skip_headers=true", release("0.6.4"))).isEmpty();
    assertThat(Flags.check("--skip-headers=true", release("0.6.4"))).isPresent();
  }

  @ParameterizedTest(name = "{0} in {1}")
  @CsvSource({
    "request-timeout, 0.7.2, 0.8.0, 1.31",
    "goaway-chance, 0.6.4, 0.8.0, 1.31",
    "node-selector, 0.6.4, 0.7.0, 1.27",
    "tls-curve-preferences, 0.8.1, 0.9.0, 1.34"
  })
  void extraArgs_flagOfNewerVersion_namesTheFirstVersion(
      String flag, String version, String first, String kubernetes) {
    assertThat(Flags.check("--" + flag + "=1", release(version)).map(ViolationText::of))
        .contains(
            violation(
                "metrics-server %s has no flag --%s".formatted(version, flag),
                "remove it, or set version to %s or newer, which needs Kubernetes %s or newer"
                    .formatted(first, kubernetes)));
  }

  @ParameterizedTest(name = "{0} in {1}")
  @CsvSource({"logtostderr, 0.7.0", "stderrthreshold, 0.9.0", "log_dir, 0.8.1"})
  void extraArgs_flagOfOlderVersion_isRefused(String flag, String version) {
    assertThat(Flags.check("--" + flag + "=1", release("0.6.4"))).isEmpty();
    assertThat(Flags.check("--" + flag + "=1", release(version)).map(ViolationText::of))
        .contains(
            violation("metrics-server %s has no flag --%s".formatted(version, flag), "remove it"));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"--profiling", "-v=4", "profiling=false", "--=false", "--", ""})
  void extraArgs_malformedArgument_isRefused(String argument) {
    assertThat(Flags.check(argument, release("0.9.0")).map(ViolationText::of))
        .contains(
            violation(argument + " is not of the form --name=value", "write it as --name=value"));
  }

  @Test
  void extraArgs_emptyValue_isAccepted() {
    assertThat(Flags.check("--vmodule=", release("0.9.0"))).isEmpty();
  }

  @Test
  void extraArgs_severalWrongFlags_reportsEach() {
    var refusal =
        Plans.refusal(
            "extraArgs: [--profiling=false, --v=4, --nonsense=1]", SampleCluster.ofNodes(2));

    assertThat(refusal.violations())
        .extracting(v -> ViolationText.of(v).message())
        .containsExactly(
            "--v is set by spec.logging.verbosity", "metrics-server 0.9.0 has no flag --nonsense");
  }

  // --------------------------------------------------------------------------------- the table

  /** The flags that docs/command-line-flags.txt lists, and --help, which it does not list. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({"0.6.0, 70", "0.6.1, 84", "0.6.4, 84", "0.7.2, 79", "0.8.1, 102", "0.9.0, 104"})
  void flagTable_version_hasAllItsFlags(String version, int flags) {
    var known =
        lines()
            .map(line -> line.split(" ", 2)[0])
            .filter(name ->
                Flags.check("--" + name + "=1", release(version))
                    .filter(UnknownFlag.class::isInstance)
                    .isEmpty());

    assertThat(known).hasSize(flags);
  }

  @Test
  void flagTable_lines_areOrderedAndWellFormed() {
    assertThat(lines().map(line -> line.split(" ", 2)[0].replace('_', '-')))
        .isSorted()
        .doesNotHaveDuplicates();
    assertThat(lines())
        .allMatch(line ->
            line.matches(
                "[a-z][a-z0-9_-]* +0\\.[6-9]\\.[01] +(-|0\\.[6-9]\\.0) +"
                    + "(allowed|field [A-Za-z.]+|refused [A-Z][A-Za-z]+)"));
  }

  @Test
  void flagTable_fields_exist() {
    var fields =
        lines().filter(line -> line.contains(" field ")).map(line -> line.split(" field ", 2)[1]);

    assertThat(fields).isNotEmpty().allMatch(FlagsTest::isField);
  }

  private static boolean isField(String path) {
    Class<?> type = MetricsServerConfigSpec.class;
    for (var name : path.split("\\.", -1)) {
      var component =
          Arrays.stream(Objects.requireNonNullElse(type.getRecordComponents(), NONE))
              .filter(c -> c.getName().equals(name))
              .findFirst();
      if (component.isEmpty()) {
        return false;
      }
      type = component.get().getType();
    }
    return true;
  }

  private static final RecordComponent[] NONE = {};

  private static Stream<String> lines() {
    try (Reader reader =
        new InputStreamReader(
            Objects.requireNonNull(Flags.class.getResourceAsStream("metrics-server-flags.txt")),
            StandardCharsets.UTF_8)) {
      return reader.readAllAsString().lines().filter(line -> !line.startsWith("#"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Releases.Release release(String version) {
    assertThat(VERSIONS).contains(version);
    return Releases.find(version).orElseThrow();
  }

  private static ViolationText violation(String message, String remedy) {
    return new ViolationText("extraArgs", message, Remedy.manual(remedy));
  }
}
