package dev.metricsserver.cli;

import static picocli.CommandLine.Command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.cli.Program.Failure;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says what is wrong with a cluster's metrics-server, whoever installed it. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says whether a cluster's metrics-server works, whoever installed it, and if not, what is"
          + " wrong and what mends it.",
      "",
      "It only reads, with your rights. What these do not cover it says, and goes on."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:metrics come through, and nothing is weaker than it should be",
      "1:there are findings that are errors or warnings",
      "2:it could not be told"
    })
final class DoctorCommand implements Callable<Integer> {

  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(2);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** How it is said. */
  enum Format {
    /** For people. */
    text,
    /** For a program. */
    json,
    /** For a program. */
    yaml,
    /** For a ticket. */
    markdown
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Format format;

  @Option(
      names = {"-w", "--watch"},
      description = "Looks again every two seconds, says what is new, and ends when all is well.")
  private boolean watch;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description =
          "Writes a page for a browser as well: the way, each node, findings, and how long"
              + " certificates are valid. It needs no network.")
  private Path html;

  @Mixin private ClusterOptions cluster;
  @Spec private CommandSpec command;

  @Override
  public Integer call() throws InterruptedException {
    try (var client = cluster.connect()) {
      var examination = examine(client);
      var said = said(examination);
      print(said);
      while (watch && examination.status() != Program.OK) {
        Thread.sleep(BETWEEN_LOOKS);
        examination = examine(client);
        if (!said(examination).equals(said)) {
          said = said(examination);
          print("\n" + said);
        }
      }
      return examination.status();
    }
  }

  private Examination examine(KubernetesClient client) throws InterruptedException {
    var clock = InstantSource.system();
    var examination = Examiner.examine(client, clock, html != null);
    if (html != null) {
      try {
        Files.writeString(html, new DoctorPage(examination, clock.instant()).html());
      } catch (IOException e) {
        throw new Failure("--html: the file %s cannot be written".formatted(html));
      }
    }
    return examination;
  }

  private String said(Examination examination) {
    var text = new DoctorText(examination);
    var colours = new Colours(command.commandLine().getColorScheme().ansi());
    return switch (format) {
      case text -> String.join("\n", text.text(colours)) + "\n";
      case markdown -> String.join("\n", text.markdown()) + "\n";
      case json -> json(text) + "\n";
      case yaml -> new KubernetesSerialization(JSON, false).asYaml(text.fields());
    };
  }

  private static String json(DoctorText text) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(text.fields());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private void print(String text) {
    command.commandLine().getOut().print(text);
    command.commandLine().getOut().flush();
  }
}
