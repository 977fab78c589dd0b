package dev.metricsserver.cli.doctor;

import static dev.metricsserver.plan.Plans.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.cli.common.Colours;
import dev.metricsserver.cli.doctor.Examination.Certificate;
import dev.metricsserver.cli.doctor.Examination.Mark;
import dev.metricsserver.cli.doctor.Examination.NodeMark;
import dev.metricsserver.cli.doctor.Examination.Subject;
import dev.metricsserver.diagnosis.CatalogueTest;
import dev.metricsserver.diagnosis.CatalogueTest.Failure;
import dev.metricsserver.diagnosis.Diagnosis;
import dev.metricsserver.diagnosis.Evidence;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.diagnosis.FindingCode;
import dev.metricsserver.diagnosis.OperatorRemedy;
import dev.metricsserver.diagnosis.RemedyRenderer;
import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.model.MissingRight;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Owner;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Decision.Refusal;
import dev.metricsserver.plan.Violation;
import dev.metricsserver.support.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Text that a hostile cluster supplies stays text in commands, messages, HTML and Markdown. */
class HostileClusterTest {

  /** Marks hostile text, so that it is recognised wherever it ends up. */
  private static final String MARK = "Qq";

  private static final List<String> HOSTILE =
      List.of(
          "$(Qq)",
          "`Qq`",
          ";Qq",
          "|Qq",
          "&Qq",
          ">Qq",
          "z'Qq",
          "z\"Qq",
          "\\Qq",
          "*Qq",
          "{Qq,Qq}",
          "~Qq",
          "#Qq",
          "!Qq",
          " --Qq",
          "\nQq",
          "%sQq",
          "%1$nQq",
          "{port}Qq",
          "$1Qq",
          "TEXT1Qq",
          "\u001b[31mQq",
          "\u0000Qq\u0007",
          "\u009bQq\u007f",
          "\u202eQq\u2028",
          "\u200bQq\ufeff",
          "<script>Qq</script>",
          "<img src=x onerror=Qq>",
          "\" onmouseover=\"Qq",
          "'><b>Qq",
          "&#60;Qq",
          "**Qq**",
          "[Qq](//Qq)",
          "![Qq](//Qq)",
          "| Qq |",
          "```Qq",
          "https://Qq.example",
          "www.Qq.example",
          "~~Qq~~",
          "Qq".repeat(3_000),
          "$(Qq)".repeat(1_200));

  /** What may stand in a command without quotes. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._:/@=,+-]*");

  /** The same, and quotes and blanks around a word. */
  private static final Pattern BESIDE = Pattern.compile("[\"' A-Za-z0-9._:/@=,+-]*");

  /** A sentence may also go on after a word. */
  private static final Pattern AFTER = Pattern.compile("[\"' A-Za-z0-9._:/@=,+;-]*");

  /** The programs that remedies run. */
  private static final Pattern PROGRAM =
      Pattern.compile(
          "\\b(kubectl|helm|flux|argocd|aws|az|talosctl|systemctl|echo|docker|minikube|openssl)\\b");

  /** What a command says of the text that a placeholder stands for. */
  private static final Pattern NOTE =
      Pattern.compile("TEXT\\d+ is \"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"");

  private static final Pattern TAG = Pattern.compile("<[^>]*>?");
  private static final Pattern ENTITY = Pattern.compile("&(?!(amp|lt|gt|quot|#39);)");

  /** The tags of the page; only two attributes take text. */
  private static final Pattern TAG_OF_PAGE =
      Pattern.compile(
          "<(!DOCTYPE html|html lang=\"en\"|meta [-a-zA-Z0-9=\"'; ]+|(div|span|td) class=\"[A-Za-z"
              + " ]+\"|span class=\"[A-Za-z]+\" role=\"img\" title=\"[^\"]*\" aria-label=\"[^\"]*\""
              + "|/?(head|title|style|body|h1|h2|p|small|div|span|b|br|em|pre|table|tr|th|td|html))>");

  private static final Pattern ESCAPED_MARKDOWN = Pattern.compile("\\\\[!-/:-@\\[-`{-~]");
  private static final Pattern MARKDOWN = Pattern.compile("[\\\\`*_{}\\[\\]<>|~&!#]");

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Sample SAMPLE = new Sample();
  private static final int SAMPLE_SIZE = 20;

  static Stream<Failure> failures() {
    return SAMPLE.of("failures", SAMPLE_SIZE, CatalogueTest.failures().toList()).stream();
  }

  @BeforeAll
  static void report(TestReporter reporter) {
    reporter.publishEntry("cases", SAMPLE.toString());
  }

  private static final int PLACES = 3;

  /** Where the text stands: at the end, and inside what is quoted. */
  static Stream<UnaryOperator<String>> placed(String hostile) {
    return Stream.of(
        text -> text + hostile, text -> text.replace("\"", hostile + "\""), text -> hostile + text);
  }

  @ParameterizedTest(name = "{index} {0}")
  @MethodSource("failures")
  void finding_hostileCluster_keepsTextAsText(Failure failure) {
    for (var place = 0; place < PLACES; place++) {
      var indifferent = indifferent(failure, at(place, MARK));
      for (var hostile : place == 0 ? HOSTILE : HOSTILE.subList(0, 3)) {
        check(Mutation.of(failure.evidence(), indifferent, at(place, hostile)));
      }
      for (var position : Mutation.all(failure.evidence())) {
        if (!indifferent.contains(position)) {
          check(Mutation.of(failure.evidence(), List.of(position), at(place, HOSTILE.getFirst())));
        }
      }
    }
  }

  /** Otherwise the tests above say nothing. */
  @Test
  void hostileText_isInMostFindings() {
    assertThat(CatalogueTest.failures())
        .filteredOn(failure ->
            check(
                    Mutation.of(
                        failure.evidence(),
                        indifferent(failure, at(0, MARK)),
                        at(0, HOSTILE.getFirst())))
                > 0)
        .hasSizeGreaterThan(110);
  }

  private static UnaryOperator<String> at(int place, String hostile) {
    return placed(hostile).skip(place).findFirst().orElseThrow();
  }

  /** The strings on which it does not depend whether the failure is found. */
  private static List<Integer> indifferent(Failure failure, UnaryOperator<String> change) {
    var indifferent = new ArrayList<Integer>();
    addIndifferent(failure, change, Mutation.all(failure.evidence()), indifferent);
    return indifferent;
  }

  private static void addIndifferent(
      Failure failure,
      UnaryOperator<String> change,
      List<Integer> candidates,
      List<Integer> indifferent) {
    var size = indifferent.size();
    indifferent.addAll(candidates);
    if (found(failure, Mutation.of(failure.evidence(), indifferent, change))) {
      return;
    }
    indifferent.subList(size, indifferent.size()).clear();
    if (candidates.size() > 1) {
      var half = candidates.size() / 2;
      addIndifferent(failure, change, candidates.subList(0, half), indifferent);
      addIndifferent(failure, change, candidates.subList(half, candidates.size()), indifferent);
    }
  }

  private static boolean found(Failure failure, Evidence evidence) {
    return Diagnosis.assess(evidence).findings().stream()
        .anyMatch(finding -> finding.code() == failure.code());
  }

  /** Returns how many findings contain hostile text. */
  private static int check(Evidence evidence) {
    var findings = Diagnosis.assess(evidence).findings();
    check(findings);
    return (int)
        findings.stream()
            .filter(f -> (f.message() + f.object() + f.remedyText()).contains(MARK))
            .count();
  }

  private static void check(List<Finding> findings) {
    findings.forEach(HostileClusterTest::check);
  }

  private static void check(Finding finding) {
    isPrintable(finding.message());
    isPrintable(finding.object().toString());
    isPrintable(finding.remedyText());
    assertThat(finding.message()).hasSizeLessThanOrEqualTo(4096).doesNotContain("10250" + MARK);
    assertThat(finding.object().toString()).hasSizeLessThanOrEqualTo(1024);
    assertThat(finding.remedyText()).hasSizeLessThanOrEqualTo(16_384);
    for (var step : RemedyRenderer.steps(finding.remedy())) {
      isPrintable(step.text());
      isPrintable(step.object());
      if (PROGRAM.matcher(step.text()).find()) {
        isSafe(NOTE.matcher(step.text()).replaceAll(""), finding);
      }
      isSafe(step.command(), finding);
      isCommand(step.command());
    }
    finding
        .remedy()
        .nodeConfiguration()
        .map(RemedyRenderer::command)
        .ifPresent(HostileClusterTest::isCommand);
  }

  private static void isPrintable(String text) {
    if (!text.codePoints().allMatch(HostileClusterTest::isPrintable)) {
      fail("control or invisible characters in " + text);
    }
  }

  private static boolean isPrintable(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  /** A step may be typed as it is, so that hostile text is plain in all of it. */
  private static void isSafe(String text, Finding finding) {
    for (var at = text.indexOf(MARK); at >= 0; at = text.indexOf(MARK, at + 1)) {
      var before = text.substring(Math.max(0, at - 1), at);
      var after = text.substring(at + 2, Math.min(text.length(), at + 3));
      if (!BESIDE.matcher(before).matches() || !AFTER.matcher(after).matches()) {
        fail("%s: %s".formatted(finding.code(), text));
      }
    }
  }

  /** Hostile text is in a plain word, or in a string of a quoted JSON value. */
  private static void isCommand(String command) {
    var word = new StringBuilder();
    var quote = ' ';
    for (var c : (command + " ").toCharArray()) {
      if (quote == ' ' && c == ' ') {
        if (word.indexOf(MARK) >= 0 && !isPlain(word.toString())) {
          fail("%s in %s".formatted(word, command));
        }
        word.setLength(0);
      } else if (quote == ' ' && (c == '\'' || c == '"')) {
        quote = c;
      } else if (quote == c) {
        quote = ' ';
      } else {
        word.append(c);
      }
    }
    if (quote != ' ') {
      fail("open quotes in " + command);
    }
  }

  private static boolean isPlain(String word) {
    return PLAIN.matcher(word).matches()
        ? !word.startsWith("-" + MARK)
        : strings(json(word)).allMatch(PLAIN.asMatchPredicate());
  }

  /** The value of a word such as {@code key={"a":1}} or {@code {"a":1}}. */
  private static JsonNode json(String word) {
    try {
      return JSON.readTree(word.replaceFirst("^[A-Za-z0-9.\\[\\]]+=", ""));
    } catch (JsonProcessingException e) {
      throw new AssertionError(word, e);
    }
  }

  private static Stream<String> strings(JsonNode node) {
    return Stream.of(
            node.isTextual() ? Stream.of(node.textValue()) : Stream.<String>empty(),
            node.propertyStream().map(Map.Entry::getKey),
            node.valueStream().flatMap(HostileClusterTest::strings))
        .flatMap(strings -> strings);
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void report_hostileCluster_hasNoMarkupOfTheCluster(String hostile) {
    var findings =
        failures()
            .map(Failure::evidence)
            .map(evidence -> Mutation.of(evidence, Mutation.all(evidence), text -> text + hostile))
            .flatMap(evidence -> Diagnosis.assess(evidence).findings().stream())
            .distinct()
            .toList();
    var sample = failures().findFirst().orElseThrow().evidence();
    var evidence = Mutation.of(sample, Mutation.all(sample), text -> text + hostile);
    var examination =
        new Examination(
            "https://10.0.0.1:6443" + hostile,
            Optional.of(new Subject(evidence.installation(), "Helm release " + hostile)),
            Route.of(evidence.observations(), Optional.of("kube-system/" + hostile), true),
            evidence.observations().coverage(),
            List.of(
                new NodeMark(hostile, Mark.Missing), new NodeMark("a" + hostile, Mark.NotReady)),
            List.of(new Certificate("the kubelet of " + hostile, NOW)),
            findings);

    assertThat(new DoctorText(examination).text(Colours.NONE))
        .hasSizeGreaterThan(100)
        .allSatisfy(HostileClusterTest::isPrintable);
    assertThat(new DoctorText(examination).markdown()).allSatisfy(HostileClusterTest::isMarkdown);
    isPage(new DoctorPage(examination, NOW).html());
  }

  static Stream<String> hostile() {
    return HOSTILE.stream();
  }

  private static void isPage(String page) {
    var body = page.substring(page.indexOf("</style>"));
    assertThat(TAG.matcher(body).results().map(tag -> tag.group()))
        .allSatisfy(tag -> assertThat(tag).matches(TAG_OF_PAGE));
    assertThat(ENTITY.matcher(body).find()).isFalse();
    body.lines().forEach(HostileClusterTest::isPrintable);
  }

  /** Without what is escaped, a line has the characters of its own markup and no other. */
  private static void isMarkdown(String line) {
    isPrintable(line);
    if (!line.contains(MARK)) {
      return;
    }
    var heading = line.startsWith("### ");
    var rest = ESCAPED_MARKDOWN.matcher(heading ? line.substring(4) : line).replaceAll("");
    var markup = MARKDOWN.matcher(rest).results().map(m -> m.group()).toList();
    var own = line.startsWith("| ") ? List.of("|", "|", "|", "|") : List.of("*", "*", "*", "*");
    assertThat(markup).as(line).isIn(List.of(), own);
    assertThat(rest).doesNotContain("://" + MARK, "www." + MARK);
  }

  static Stream<Violation> violations() {
    var objects =
        List.of(
            new UnmanagedObject(
                new ObjectName("Deployment", "kube-system", "metrics-server"),
                List.of(new ObjectName("Service", "kube-system", "metrics-server")),
                new Owner(Owner.Kind.Kubectl, "", "", "a label")));
    return Stream.concat(
        Stream.of(Owner.Kind.values())
            .map(kind ->
                new Violation.OwnedObjects(
                    new Owner(kind, "kube-system", "metrics", "a label"), objects)),
        Stream.of(
            new Violation.OtherSelector("kube-system", "metrics"),
            new Violation.ServedElsewhere("kube-system", "monitoring"),
            new Violation.Reverted(
                "flux", new ObjectName("Deployment", "kube-system", "metrics-server"), 3, 10),
            new Violation.PortTaken(10250, "node-1", Optional.of(4443)),
            new Violation.MissingNamespace("monitoring"),
            new Violation.MalformedArgument("a"),
            new Violation.UnknownFlag("0.8.0", "flag", Optional.empty()),
            new Violation.UnknownVersion("0.1.0", List.of("0.8.0")),
            new Violation.NoVersion(KubernetesVersion.parse("1.20")),
            new Violation.InvalidCIDR("networkPolicy.controlPlaneCIDRs", "10.0.0.0")));
  }

  @ParameterizedTest
  @MethodSource("violations")
  void refusal_hostileCluster_keepsTextAsText(Violation violation) {
    for (var hostile : HOSTILE) {
      check(
          Diagnosis.refused(
              Refusal.Conflict,
              List.of(
                  (Violation)
                      Mutation.of(
                          (Record) violation,
                          Mutation.all((Record) violation),
                          text -> text + hostile))));
    }
  }

  @Test
  void missingRight_hostileMessage_keepsTextAsText() {
    var message =
        "nodes \"%s\" is forbidden: User \"system:serviceaccount:a%1$s:b%1$s\" cannot get%1$s"
            + " resource \"nodes%1$s\" in API group \"x%1$s\" in the namespace \"n%1$s\"";
    for (var hostile : HOSTILE) {
      var right = MissingRight.of(message.formatted(hostile.replace("%", "%%")));
      check(
          new Finding(
              FindingCode.ApplyFailed,
              Finding.Severity.Error,
              "rejected: " + message.formatted(hostile),
              OperatorRemedy.forbidden(right),
              new ObjectName(hostile, hostile, hostile)));
    }
  }
}
