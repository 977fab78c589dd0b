package dev.metricsserver.cli.doctor;

import static dev.metricsserver.plan.Plans.NOW;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.cli.common.Colours;
import dev.metricsserver.cli.common.Resources;
import dev.metricsserver.cli.doctor.Examination.Certificate;
import dev.metricsserver.cli.doctor.Examination.Mark;
import dev.metricsserver.cli.doctor.Examination.NodeMark;
import dev.metricsserver.cli.doctor.Examination.Subject;
import dev.metricsserver.cli.doctor.Route.State;
import dev.metricsserver.cli.doctor.Route.Stop;
import dev.metricsserver.diagnosis.Diagnosis;
import dev.metricsserver.diagnosis.Evidence;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.model.Observations;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.reading.Seen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Help.Ansi;

/** What {@code doctor} says of what it found, byte by byte. */
class DoctorTextTest {

  private static final Path GOLDEN = Path.of("src/test/resources/cli");
  private static final String UPDATE = "./mvnw -q test -Dtest=DoctorTextTest -Dgolden=update";
  private static final String SERVICE = "kube-system/metrics-server";
  private static final Duration HOUR = Duration.ofHours(1);

  private static final List<NodeMark> NODES =
      List.of(
          new NodeMark("node-1", Mark.Reporting),
          new NodeMark("node-2", Mark.Missing),
          new NodeMark("<node-3>", Mark.NotReady));
  private static final List<Certificate> CERTIFICATES =
      List.of(
          new Certificate("the kubelet of node-2", NOW.minusSeconds(1)),
          new Certificate("the kubelet of node-1", NOW.plus(Duration.ofDays(90))));

  private static Examination examination(Observations seen, boolean serviceExists) {
    var evidence =
        Evidence.of(
            Plans.plan("{kubelet: {tls: {mode: Insecure}}}"),
            false,
            seen,
            CertificateRequests.NONE,
            NOW);
    return new Examination(
        "https://10.0.0.1:6443",
        Optional.of(new Subject(evidence.installation(), "MetricsServerConfig/cluster")),
        Route.of(seen, Optional.of(SERVICE), serviceExists),
        seen.coverage(),
        NODES,
        CERTIFICATES,
        Diagnosis.assess(evidence).findings());
  }

  private static Examination broken() {
    return examination(
        Seen.fine(NOW)
            .unavailable(
                "ServiceNotFound", "service/metrics-server in \"kube-system\" is not present", HOUR)
            .withoutEndpoint()
            .refused("the server is currently unable to handle the request")
            .observations(),
        false);
  }

  private static Examination healthy(List<Finding> findings) {
    var examination = examination(Seen.fine(NOW).observations(), true);
    return new Examination(
        examination.cluster(),
        examination.installation(),
        examination.route(),
        examination.coverage(),
        examination.nodes(),
        examination.certificates(),
        findings);
  }

  @Test
  void forPeople() throws IOException {
    golden("doctor.txt", String.join("\n", new DoctorText(broken()).text(Colours.NONE)) + "\n");
  }

  @Test
  void forTickets() throws IOException {
    golden("doctor.md", String.join("\n", new DoctorText(broken()).markdown()) + "\n");
  }

  @Test
  void forPrograms() throws IOException {
    golden(
        "doctor.json",
        new ObjectMapper()
                .writerWithDefaultPrettyPrinter()
                .writeValueAsString(new DoctorText(broken()).fields())
            + "\n");
  }

  @Test
  void forBrowsers() throws IOException {
    golden(
        "doctor.html",
        new DoctorPage(broken(), NOW).html().replace(Resources.version(), "VERSION"));
  }

  @Test
  void page_ofAReport_makesNoRequest() {
    assertThat(new DoctorPage(broken(), NOW).html().replace("https://10.0.0.1:6443", ""))
        .doesNotContain("<script", "<link", "<img", "url(", "@import", "://");
  }

  @Test
  void whatOthersSaidIsTextOnAPage() {
    var finding =
        Diagnosis.nothingFound(Optional.of("<script>alert(1)</script>\"'&"), List.of()).getFirst();
    assertThat(new DoctorPage(healthy(List.of(finding)), NOW).html())
        .contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;")
        .contains("title=\"&lt;node-3&gt;: not ready\"")
        .doesNotContain("<script", "<node");
  }

  private static void golden(String name, String text) throws IOException {
    var file = GOLDEN.resolve(name);
    if ("update".equals(System.getProperty("golden"))) {
      Files.writeString(file, text);
    }
    assertThat(file).as("this writes it again: %s", UPDATE).content(UTF_8).isEqualTo(text);
  }

  @Test
  void whereAllIsWellItSaysSo() {
    var well = healthy(List.of());
    assertThat(new DoctorText(well).text(Colours.NONE))
        .contains("kubelets ✓ → pods ✓ → Service ✓ → APIService ✓ → your query ✓", "All is well.")
        .noneMatch(line -> line.contains("breaks"));
    assertThat(well.status()).isZero();
  }

  @Test
  void statusesAreOfWhatWasFound() {
    var remark =
        Diagnosis.nothingFound(Optional.empty(), List.of(new Unread("nodes", true, "no")))
            .getFirst();
    assertThat(healthy(List.of(remark)).status()).isZero();
    assertThat(broken().status()).isEqualTo(1);
    var untold =
        new Examination(
            "here",
            Optional.empty(),
            Route.of(Seen.nothing(NOW).observations(), Optional.empty(), false),
            broken().coverage(),
            List.of(),
            List.of(),
            List.of(remark));
    assertThat(untold.status()).isEqualTo(2);
    assertThat(new DoctorText(untold).text(Colours.NONE))
        .first()
        .isEqualTo("No metrics-server found in here");
  }

  @Test
  void onATerminalItHasColours() {
    assertThat(String.join("\n", new DoctorText(broken()).text(new Colours(Ansi.ON))))
        .contains("Service \u001b[31m✗", "\u001b[31mError\u001b[", "pods \u001b[32m✓");
  }

  @Test
  void whatIsMarkupInATicketIsTextThere() {
    var finding = Diagnosis.nothingFound(Optional.of("a/b|c*d_"), List.of()).getFirst();
    assertThat(String.join("\n", new DoctorText(healthy(List.of(finding))).markdown()))
        .contains("a/b\\|c\\*d\\_");
  }

  static Stream<Arguments> breaks() {
    var seen = Seen.fine(NOW);
    return Stream.of(
        Arguments.of("kubelets", Seen.fine(NOW).reporting(1, 50)),
        Arguments.of(
            "pods",
            Seen.fine(NOW)
                .pods(seen.broken("pod", "CrashLoopBackOff", "no"))
                .unavailable("MissingEndpoints", "none", HOUR)
                .refused("no")),
        Arguments.of(
            "Service",
            Seen.fine(NOW).withoutEndpoint().unavailable("Missing", "", HOUR).refused("")),
        Arguments.of(
            "APIService", Seen.fine(NOW).unavailable("Failed", "timeout", HOUR).refused("no")),
        Arguments.of("your query", Seen.fine(NOW).refused("no")));
  }

  @ParameterizedTest
  @MethodSource("breaks")
  void theWayBreaksWhereItsFirstPartIsBroken(String part, Seen seen) {
    var route = Route.of(seen.observations(), Optional.of(SERVICE), true);
    assertThat(route.broken()).map(Stop::name).contains(part);
    assertThat(route.whole()).isFalse();
  }

  @Test
  void kubelets_notProbed_areUnknown() {
    assertThat(broken().route().stops().getFirst().state()).isEqualTo(State.Unknown);
    var withoutNodes = Seen.fine(NOW).reporting(0, 0).observations();
    assertThat(Route.of(withoutNodes, Optional.of(SERVICE), true).stops().getFirst().state())
        .isEqualTo(State.Unknown);
  }
}
