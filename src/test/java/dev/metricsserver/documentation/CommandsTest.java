package dev.metricsserver.documentation;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.metricsserver.api.ConditionReason;
import dev.metricsserver.cli.CommandLineRun;
import dev.metricsserver.support.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The commands in the documents exist, with their options and files. */
class CommandsTest {

  /** A command at the start of a line or of code, or after a pipe. */
  private static final Pattern COMMAND =
      Pattern.compile(
          "(?m)(?:^ *|`|\\| )(?:metrics-server-operator"
              + " )?(doctor|plan|render|import|crd|run|generate-completion)\\b(?!"
              + " it)([^`\\n|;&)]*)");

  private static final Pattern LOCAL =
      Pattern.compile("((?:deploy/local|\\.ci)/[a-z-]+)([^`\\n|;&)]*)");
  private static final Pattern OPTION = Pattern.compile("(?<=[ \\[])(--[a-z][a-z-]*|-[a-zA-Z])\\b");
  private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");
  private static final Pattern FILE = Pattern.compile("(?<![\\w./-])deploy/[\\w./-]*\\w");

  /** A command that needs no cluster, and its output today; {@code first N lines} of it. */
  private static final Pattern RUN =
      Pattern.compile(
          "(?s)(?<begin><!-- run: (?<command>[^\\n]+?)(?:, first (?<lines>\\d+) lines)?"
              + " -->\\n```\\w*\\n)(?<output>.*?)```");

  static Stream<Path> documents() {
    return Documents.all().stream();
  }

  @ParameterizedTest
  @MethodSource("documents")
  void shellBlocks_syntax_isValid(Path document) {
    assertThat(Documents.blocks(document, "sh"))
        .allSatisfy(block -> Shell.run("bash", "-n", "-c", block));
  }

  @ParameterizedTest
  @MethodSource("documents")
  void commandLine_options_exist(Path document) {
    assertThat(code(document).flatMap(text -> COMMAND.matcher(text).results()))
        .allSatisfy(command -> {
          var help = CommandLineRun.of(command.group(1), "--help");
          assertThat(help.status()).as(help.err()).isZero();
          assertThat(options(command.group(2)))
              .as("options of %s", command.group().strip())
              .allSatisfy(option -> assertThat(help.out()).containsPattern(option + "\\b"));
        });
  }

  /** With {@code -Dgolden=update} it is written into the documents. */
  @ParameterizedTest
  @MethodSource("documents")
  void shownOutput_ofACommand_isTodays(Path document) throws IOException {
    if ("update".equals(System.getProperty("golden"))) {
      Files.writeString(
          document,
          RUN.matcher(Documents.read(document))
              .replaceAll(
                  shown -> Matcher.quoteReplacement(shown.group("begin") + output(shown) + "```")));
    }
    assertThat(RUN.matcher(Documents.read(document)).results())
        .allSatisfy(shown -> assertThat(shown.group("output")).isEqualTo(output(shown)));
  }

  private static String output(MatchResult shown) {
    var run = CommandLineRun.of(shown.group("command").split(" ", -1));
    assertThat(run.status()).as(run.err()).isZero();
    var lines = shown.group("lines");
    return run.out()
        .lines()
        .limit(lines == null ? Long.MAX_VALUE : Long.parseLong(lines))
        .collect(joining("\n", "", "\n"));
  }

  @ParameterizedTest
  @MethodSource("documents")
  void localCommands_options_exist(Path document) {
    assertThat(code(document).flatMap(text -> LOCAL.matcher(text).results()))
        .allSatisfy(command -> {
          var script = Path.of(command.group(1));
          assertThat(script).isExecutable();
          assertThat(options(command.group(2)))
              .as("options of %s", command.group())
              .allSatisfy(option -> assertThat(script).content().contains(option));
        });
  }

  @ParameterizedTest
  @MethodSource("documents")
  void filesOfTheProject_inCode_exist(Path document) {
    assertThat(code(document).flatMap(text -> FILE.matcher(text).results()))
        .allSatisfy(file -> assertThat(Path.of(file.group())).exists());
  }

  /** What kubectl prints has the columns of the definition, and a reason that exists. */
  @Test
  void printedResources_everywhere_haveTodaysColumns() throws IOException {
    var columns =
        new YAMLMapper()
            .readTree(Path.of("crds/metricsserverconfigs.metricsserver.dev.yaml").toFile())
            .at("/spec/versions/0/additionalPrinterColumns")
            .valueStream()
            .filter(column -> column.path("priority").asInt() == 0)
            .map(column -> column.get("name"))
            .map(JsonNode::asText)
            .map(name -> name.toUpperCase(Locale.ROOT))
            .toList();
    var printed =
        documents()
            .flatMap(document ->
                Stream.of("", "sh", "text").flatMap(l -> Documents.blocks(document, l).stream()))
            .filter(block -> block.contains("NAME") && block.contains("KUBELET TLS"))
            .map(block -> block.lines().dropWhile(line -> !line.startsWith("NAME")).toList())
            .toList();
    assertThat(printed)
        .isNotEmpty()
        .allSatisfy(lines -> {
          var header = lines.getFirst().split(" {2,}", -1);
          assertThat(header).startsWith("NAME").endsWith(columns.toArray(String[]::new));
          assertThat(header).hasSize(columns.size() + 1);
          var row = lines.get(1).split(" {2,}", -1);
          assertThat(Arrays.stream(ConditionReason.values()).map(Enum::name))
              .contains(row[columns.indexOf("REASON") + 1]);
        });
  }

  /** Shell blocks, and code in sentences. */
  private static Stream<String> code(Path document) {
    return Stream.concat(
        Documents.blocks(document, "sh").stream().map(block -> block.replace("\\\n", " ")),
        CODE.matcher(Documents.prose(document)).results().map(code -> code.group()));
  }

  private static List<String> options(String arguments) {
    return OPTION
        .matcher(" " + arguments.replaceAll("'[^']*'|#.*", ""))
        .results()
        .map(option -> option.group())
        .toList();
  }
}
