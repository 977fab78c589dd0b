package dev.metricsserver.cli;

import static picocli.CommandLine.Command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.cli.RemedyParser.Fix;
import dev.metricsserver.cli.cluster.ClusterOptions;
import dev.metricsserver.cli.common.ApiErrors;
import dev.metricsserver.cli.common.Colours;
import dev.metricsserver.cli.common.ExitStatus;
import dev.metricsserver.cli.common.Failure;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
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
      "Without --fix it only reads, with your rights. What these do not cover it says, and goes on."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:metrics come through, and nothing is weaker than it should be",
      "1:there are findings that are errors or warnings",
      "2:it could not be told"
    })
final class DoctorCommand implements Callable<Integer> {

  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(2);

  /** Pods start and are asked twice for metrics, and the API server looks every half minute. */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

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
      description =
          "Looks again every two seconds, says what is new, and ends when all is well. Interrupted,"
              + " it ends with the status of the last look.")
  private boolean watch;

  @Option(
      names = "--fix",
      paramLabel = "CODE",
      description =
          "Shows what the remedy of this finding changes, asks, changes it with your rights, and"
              + " ends when the finding is gone. What machines must be told it writes to a file.")
  private String fix;

  @Option(names = "--yes", description = "Does not ask before a change.")
  private boolean yes;

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
      if (fix != null) {
        return mend(client, examination);
      }
      return watch ? watch(client, examination) : shown(examination);
    }
  }

  private int shown(Examination examination) {
    print(said(examination));
    return examination.status();
  }

  /** Ends when all is well; whoever interrupts it gets the status of the last look. */
  private int watch(KubernetesClient client, Examination first) throws InterruptedException {
    var status = new AtomicInteger(first.status());
    var interrupted = new Thread(() -> Runtime.getRuntime().halt(status.get()));
    Runtime.getRuntime().addShutdownHook(interrupted);
    try {
      var watched = new WatchLoop(terminal());
      print(watched.next(said(first)));
      while (status.get() != ExitStatus.OK) {
        Thread.sleep(BETWEEN_LOOKS);
        print(watched.next(looked(client, status)));
      }
      return status.get();
    } finally {
      Runtime.getRuntime().removeShutdownHook(interrupted);
    }
  }

  private String looked(KubernetesClient client, AtomicInteger status) throws InterruptedException {
    try {
      var examination = examine(client);
      status.set(examination.status());
      return said(examination);
    } catch (KubernetesClientException e) {
      status.set(ExitStatus.FAILED);
      return ApiErrors.sentence(e) + "\n";
    }
  }

  private boolean terminal() {
    return command.commandLine().getColorScheme().ansi().enabled();
  }

  private int mend(KubernetesClient client, Examination examination) throws InterruptedException {
    var finding =
        examination.findings().stream()
            .filter(f -> f.code().name().equalsIgnoreCase(fix))
            .findFirst()
            .orElseThrow(() -> new Failure(notFound(examination)));
    var fixes = RemedyParser.of(finding.remedy(), Instant.now());
    if (fixes.isEmpty()) {
      throw new Failure(
          "--fix: for %s this command can do nothing, because %s. Its remedy: %s"
              .formatted(finding.code(), RemedyParser.whyNone(finding.remedy()), finding.remedy()));
    }
    print("→ %s\n".formatted(finding.remedy()));
    if (fixes.getFirst() instanceof Fix.Machines machines) {
      tell(machines);
      return ExitStatus.ATTENTION;
    }
    var mender = new RemedyApplier(client);
    var colours = new Colours(command.commandLine().getColorScheme().ansi());
    for (var change : fixes.stream().map(mender::trial).toList()) {
      change.difference().forEach(line -> print(colours.difference(line) + "\n"));
    }
    if (!yes && !agreed("Change this?")) {
      print("Nothing was changed.\n");
      return ExitStatus.ATTENTION;
    }
    for (var one : fixes) {
      step("%s was changed".formatted(mender.apply(one)));
    }
    return awaitGone(client, finding.code().name());
  }

  private String notFound(Examination examination) {
    return "--fix: there is no finding %s; there are: %s"
        .formatted(
            fix,
            examination.findings().stream()
                .map(f -> f.code().name())
                .collect(Collectors.joining(", ")));
  }

  private void tell(Fix.Machines machines) {
    var file = Path.of("machine-configuration-patch.json");
    if (Files.exists(file) && !yes && !agreed("Write over %s?".formatted(file))) {
      print("Nothing was written.\n");
      return;
    }
    if (!machines.first().isEmpty()) {
      print("This comes first:\n%s\n".formatted(machines.first()));
    }
    print(
        "This tells the machines:\n%s @%s\n"
            .formatted(machines.command(), written(file, machines.patch())));
  }

  private static Path written(Path file, String patch) {
    try {
      return Files.writeString(file, patch + "\n");
    } catch (IOException e) {
      throw new Failure("--fix: the file %s cannot be written".formatted(file));
    }
  }

  private boolean agreed(String question) {
    print(question + " [y/N] ");
    try {
      var answer =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
      return answer != null && answer.strip().toLowerCase(Locale.ROOT).startsWith("y");
    } catch (IOException e) {
      return false;
    }
  }

  private int awaitGone(KubernetesClient client, String code) throws InterruptedException {
    step("waiting until %s is gone".formatted(code));
    for (var end = Instant.now().plus(PATIENCE); Instant.now().isBefore(end); ) {
      var examination = examine(client);
      var codes = examination.findings().stream().map(f -> f.code().name()).distinct().toList();
      if (!codes.contains(code)) {
        step(
            "%s is gone".formatted(code)
                + (codes.isEmpty() ? "" : "; left: " + String.join(", ", codes)));
        return examination.status();
      }
      Thread.sleep(BETWEEN_LOOKS);
    }
    throw new Failure(
        "--fix: it was changed, and %s is still found after %d minutes"
            .formatted(code, PATIENCE.toMinutes()));
  }

  private void step(String what) {
    print("%s %s\n".formatted(WatchLoop.time(), what));
  }

  private Examination examine(KubernetesClient client) throws InterruptedException {
    var clock = InstantSource.system();
    var examination = Examiner.examine(client, clock);
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
