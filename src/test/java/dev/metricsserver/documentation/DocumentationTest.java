package dev.metricsserver.documentation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.metricsserver.api.ConditionReason;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.cli.CommandLineRun;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.plan.Decision.Observing;
import dev.metricsserver.plan.Decision.Planned;
import dev.metricsserver.plan.Plans;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What the documents name is there, and the examples can be carried out. */
class DocumentationTest {

  @TempDir private Path folder;

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#[^)]*)?\\)");
  private static final Pattern ANCHOR = Pattern.compile("\\]\\(((?:[\\w./-]+\\.md)?#[^)]+)\\)");
  private static final Pattern NAME = Pattern.compile("`([A-Z][a-z]+(?:[A-Z]+[a-z]*)+)`");
  private static final Pattern COMMAND = Pattern.compile("`?((?:deploy/local|\\.ci)/[a-z-]+)");
  private static final Pattern HEREDOC =
      Pattern.compile("(?s)<<'YAML'\n(.*?)^YAML$", Pattern.MULTILINE);
  private static final Pattern VALUE =
      Pattern.compile("(?:--set(?:-json)? '?|with Helm: )([\\w.]+)=");

  /** Output of the command line that a document shows, with the file that a test compares it to. */
  private static final Pattern OUTPUT =
      Pattern.compile(
          "<!-- (output|excerpt): (\\S+?)(?:, until \"(.+?)\")? -->\n```\n(.*?)```",
          Pattern.DOTALL);

  private static final Path EXAMPLES = Path.of("deploy/examples");
  private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();

  @TestFactory
  Stream<DynamicTest> linksLeadSomewhere() throws IOException {
    return documents().stream()
        .map(document ->
            dynamicTest(
                document.toString(),
                () ->
                    assertThat(find(LINK, document))
                        .allSatisfy(link ->
                            assertThat(document.resolveSibling(link).normalize()).exists())));
  }

  @TestFactory
  Stream<DynamicTest> anchorsAreHeadings() throws IOException {
    return documents().stream()
        .map(document ->
            dynamicTest(
                document.toString(),
                () ->
                    assertThat(find(ANCHOR, document))
                        .allSatisfy(link -> {
                          var parts = link.split("#", -1);
                          var target =
                              parts[0].isEmpty()
                                  ? document
                                  : document.resolveSibling(parts[0]).normalize();
                          assertThat(anchors(target)).contains(parts[1]);
                        })));
  }

  /** As GitHub makes them. */
  private static Stream<String> anchors(Path document) {
    return read(document)
        .lines()
        .filter(line -> line.startsWith("#"))
        .map(line ->
            line.replaceAll("^#+ ", "")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9 -]", "")
                .replace(' ', '-'));
  }

  @TestFactory
  Stream<DynamicTest> commandsOfTheProjectAreThere() throws IOException {
    return documents().stream()
        .map(document ->
            dynamicTest(
                document.toString(),
                () ->
                    assertThat(find(COMMAND, document))
                        .allSatisfy(command -> assertThat(Path.of(command)).exists())));
  }

  /**
   * Shown output is recorded output: whole, or line by line. With {@code -Dgolden=update} whole
   * output is copied into the documents.
   */
  @TestFactory
  Stream<DynamicTest> output_inADocument_isRecordedOutput() throws IOException {
    return documents().stream()
        .filter(document -> OUTPUT.matcher(read(document)).find())
        .map(document -> dynamicTest(document.toString(), () -> checkOutput(document)));
  }

  private static void checkOutput(Path document) throws IOException {
    if ("update".equals(System.getProperty("golden"))) {
      Files.writeString(
          document,
          OUTPUT
              .matcher(read(document))
              .replaceAll(shown ->
                  Matcher.quoteReplacement(
                      shown.group(1).equals("output")
                          ? shown.group().substring(0, shown.start(4) - shown.start())
                              + recorded(shown)
                              + "```"
                          : shown.group())));
    }
    assertThat(OUTPUT.matcher(read(document)).results())
        .allSatisfy(shown -> {
          if (shown.group(1).equals("output")) {
            assertThat(shown.group(4)).isEqualTo(recorded(shown));
          } else {
            assertThat(recorded(shown).lines().toList())
                .containsAll(shown.group(4).lines().toList());
          }
        });
  }

  private static String recorded(MatchResult shown) {
    var text = read(Path.of(shown.group(2)));
    var end = shown.group(3) == null ? -1 : text.indexOf("\n" + shown.group(3));
    return end < 0 ? text : text.substring(0, end);
  }

  private static final Set<String> REASONS =
      Arrays.stream(ConditionReason.values())
          .map(ConditionReason::name)
          .collect(Collectors.toUnmodifiableSet());

  /** Findings, reasons and conditions, by which a reader searches. */
  @Test
  void whatTroubleshootingLooksForIsSaidByTheOperator() throws IOException {
    try (var files = Files.walk(Path.of("src/main/java"))) {
      var source =
          files
              .filter(f -> f.toString().endsWith(".java"))
              .map(DocumentationTest::read)
              .collect(Collectors.joining());
      var rows =
          read(Path.of("docs/troubleshooting.md"))
              .lines()
              .filter(line -> line.startsWith("| ") && line.split("\\|", -1).length >= 4)
              .map(line -> line.split("\\|", -1)[2])
              .collect(Collectors.joining("\n"));
      var names = NAME.matcher(rows).results().map(r -> r.group(1)).distinct().toList();
      assertThat(names)
          .isNotEmpty()
          .allMatch(name ->
              REASONS.contains(name)
                  || source.contains("\"" + name + "\"")
                  || source.contains("\n  " + name + "(Severity."));
    }
  }

  @TestFactory
  Stream<DynamicTest> everyExampleCanBeCarriedOut() throws IOException {
    try (var files = Files.walk(EXAMPLES)) {
      return files
          .filter(f -> f.toString().endsWith(".yaml"))
          .filter(f -> read(f).contains("\nkind: MetricsServerConfig\n"))
          .sorted()
          .toList()
          .stream()
          .map(file -> dynamicTest(file.toString(), () -> carryOut(file)));
    }
  }

  /** A spec, or a part of one, as the documents show it. */
  @TestFactory
  Stream<DynamicTest> everySpecIsTaken() throws IOException {
    return documents().stream()
        .flatMap(document ->
            Stream.concat(
                    Documents.blocks(document, "yaml").stream(),
                    Documents.blocks(document, "sh").stream()
                        .flatMap(block -> HEREDOC.matcher(block).results())
                        .map(yaml -> yaml.group(1)))
                .map(text ->
                    dynamicTest(
                        document + ": " + text.lines().limit(3).collect(Collectors.joining()),
                        () -> isTaken(text))));
  }

  private void isTaken(String text) throws IOException {
    var file =
        Files.writeString(
            folder.resolve("cr.yaml"),
            text.startsWith("spec:")
                ? "apiVersion: metricsserver.dev/v1beta1\nkind: MetricsServerConfig\n"
                    + "metadata: {name: cluster}\n"
                    + text
                : text);
    var run = CommandLineRun.of("render", "-f", file.toString(), "--kubernetes", "1.35");
    assertThat(run.status()).as(run.err()).isZero();
  }

  @TestFactory
  Stream<DynamicTest> theChartHasEveryValueThatIsNamed() throws IOException {
    Map<?, ?> values =
        KUBERNETES.unmarshal(
            read(Path.of("deploy/helm/metrics-server-operator/values.yaml")), Map.class);
    return documents().stream()
        .flatMap(document -> find(VALUE, document))
        .distinct()
        .map(value ->
            dynamicTest(
                value,
                () -> {
                  Object part = values;
                  for (var name : value.split("\\.", -1)) {
                    assertThat(part).isInstanceOf(Map.class);
                    assertThat(((Map<?, ?>) part).containsKey(name)).as(name).isTrue();
                    part = ((Map<?, ?>) part).get(name);
                  }
                }));
  }

  @Test
  void fluxFindsWhatItApplies() {
    var kustomization = gitOps("flux/kustomization.yaml", "metrics-server-operator");
    assertThat(kustomization.<String>get("spec", "path")).isEqualTo("./deploy/base");
    assertThat(Path.of(kustomization.<String>get("spec", "path"), "kustomization.yaml")).exists();
    assertThat(
            gitOps("flux/kustomization.yaml", "metrics-server")
                .<String>get("spec", "dependsOn", 0, "name"))
        .isEqualTo(kustomization.getMetadata().getName());
  }

  @Test
  void argoFindsTheChart() {
    var application = gitOps("argocd/application.yaml", "metrics-server-operator");
    var chart = Path.of(application.<String>get("spec", "source", "path"));
    var version = application.<String>get("spec", "source", "targetRevision").substring(1);
    assertThat(read(chart.resolve("Chart.yaml"))).contains("\nversion: " + version + "\n");
    Map<?, ?> values = KUBERNETES.unmarshal(read(chart.resolve("values.yaml")), Map.class);
    Map<String, Object> given = application.get("spec", "source", "helm", "valuesObject");
    assertThat(given.keySet()).isNotEmpty().allMatch(values::containsKey);
    assertThat(application.<List<String>>get("spec", "syncPolicy", "syncOptions"))
        .contains("ServerSideApply=true");
  }

  private static GenericKubernetesResource gitOps(String file, String name) {
    return Pattern.compile("^---$", Pattern.MULTILINE)
        .splitAsStream(read(Path.of("deploy/gitops", file)))
        .map(text -> KUBERNETES.unmarshal(text, GenericKubernetesResource.class))
        .filter(resource -> resource.getMetadata().getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static void carryOut(Path file) {
    var config = KUBERNETES.unmarshal(read(file), MetricsServerConfig.class);
    assertThat(config.getMetadata().getName()).isEqualTo(MetricsServerConfig.NAME);
    var spec = KUBERNETES.asYaml(config.getSpec());
    assertThat(Plans.decide(spec, SampleCluster.ofNodes(2).certManager()))
        .isInstanceOfAny(Planned.class, Observing.class);
  }

  private static List<Path> documents() {
    return Documents.all();
  }

  private static Stream<String> find(Pattern pattern, Path document) {
    return pattern.matcher(read(document)).results().map(r -> r.group(1)).distinct();
  }

  private static String read(Path file) {
    return Documents.read(file);
  }
}
