package dev.metricsserver.cli.doctor;

import static picocli.CommandLine.Command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.cli.cluster.ClusterOptions;
import dev.metricsserver.cli.common.ApiErrors;
import dev.metricsserver.cli.common.Colours;
import dev.metricsserver.cli.common.ExitStatus;
import dev.metricsserver.cli.common.Failure;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.diagnosis.FindingCode;
import dev.metricsserver.diagnosis.Remedy;
import dev.metricsserver.diagnosis.RemedyRenderer;
import dev.metricsserver.diagnosis.Step;
import dev.metricsserver.diagnosis.Step.NodeConfiguration;
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
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Diagnoses the metrics-server of a cluster, the operator's or an existing one. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Diagnoses the metrics-server of a cluster, whether or not this operator installed it: what"
          + " is wrong, why, and how to fix it.",
      "",
      "Without --fix it only reads, with your rights. It reports what it may not read."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:metrics are available, and no error or warning was found",
      "1:errors or warnings were found",
      "2:the state could not be determined"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  metrics-server-operator doctor",
      "  metrics-server-operator doctor --fix ScaledToZero"
    })
public final class DoctorCommand implements Callable<Integer> {

  private static final Duration INTERVAL = Duration.ofSeconds(2);

  /** Pods start and scrape twice, and the API server checks every 30 seconds. */
  private static final Duration TIMEOUT = Duration.ofMinutes(3);

  /** Proxies of the Service and the API server follow a change within seconds. */
  private static final Duration SETTLING = Duration.ofSeconds(10);

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Formats of the output. */
  enum Format {
    /** Text for a terminal. */
    text,
    /** Data for a program. */
    json,
    /** The same as YAML. */
    yaml,
    /** Text for an issue or ticket. */
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
          "Repeats the diagnosis every two seconds, prints what changed, and ends when all is well."
              + " When interrupted, it exits with the status of the last diagnosis.")
  private boolean watch;

  @Option(
      names = "--fix",
      paramLabel = "CODE",
      description =
          "Shows the changes of this finding's remedy, asks, makes them with your rights, and ends"
              + " when the finding is gone. Patches of nodes' configuration are written to a file.")
  private String fix;

  @Option(names = "--yes", description = "Changes without asking.")
  private boolean yes;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description =
          "Also writes an HTML page: the path, the nodes, the findings and the validity of"
              + " certificates. The page loads nothing from the network.")
  private Path html;

  @Mixin private ClusterOptions cluster;
  @Spec private CommandSpec command;

  @Override
  public Integer call() throws InterruptedException {
    try (var client = cluster.connect()) {
      var examination = examine(client);
      if (fix != null) {
        return fix(client, examination);
      }
      return watch ? watch(client, examination) : shown(examination);
    }
  }

  private int shown(Examination examination) {
    print(rendered(examination));
    return examination.status();
  }

  /** Ends when all is well. An interrupt ends it with the status of the last diagnosis. */
  private int watch(KubernetesClient client, Examination first) throws InterruptedException {
    var status = new AtomicInteger(first.status());
    var interrupted = new Thread(() -> Runtime.getRuntime().halt(status.get()));
    Runtime.getRuntime().addShutdownHook(interrupted);
    try {
      var watched = new WatchLoop(terminal());
      print(watched.next(rendered(first)));
      while (status.get() != ExitStatus.OK) {
        Thread.sleep(INTERVAL);
        print(watched.next(diagnosed(client, status)));
      }
      return status.get();
    } finally {
      Runtime.getRuntime().removeShutdownHook(interrupted);
    }
  }

  private String diagnosed(KubernetesClient client, AtomicInteger status)
      throws InterruptedException {
    try {
      var examination = examine(client);
      status.set(examination.status());
      return rendered(examination);
    } catch (KubernetesClientException e) {
      status.set(ExitStatus.FAILED);
      return ApiErrors.sentence(e) + "\n";
    }
  }

  private boolean terminal() {
    return command.commandLine().getColorScheme().ansi().enabled();
  }

  private int fix(KubernetesClient client, Examination examination) throws InterruptedException {
    var finding =
        examination.findings().stream()
            .filter(f -> f.code().name().equalsIgnoreCase(fix))
            .findFirst()
            .orElseThrow(() -> new Failure(notFound(examination)));
    var remedy = finding.remedy();
    var machines = remedy.nodeConfiguration();
    var writes = RemedyWrite.of(remedy.executable(), Instant.now());
    if (machines.isEmpty() && writes.isEmpty()) {
      throw new Failure(
          "--fix: this command cannot fix %s, because %s. Its remedy: %s"
              .formatted(finding.code(), whyNot(remedy), finding.remedyText()));
    }
    print("→ %s\n".formatted(finding.remedyText()));
    if (machines.isPresent()) {
      configure(remedy, machines.get());
      return ExitStatus.ATTENTION;
    }
    var applier = new RemedyApplier(client);
    var colours = new Colours(command.commandLine().getColorScheme().ansi());
    for (var change : writes.stream().map(applier::dryRun).toList()) {
      change.difference().forEach(line -> print(colours.difference(line) + "\n"));
    }
    if (!yes && !agreed("Change this?")) {
      print("Nothing was changed.\n");
      return ExitStatus.ATTENTION;
    }
    for (var write : writes) {
      step("%s was changed".formatted(applier.apply(write)));
    }
    return awaitGone(client, finding.code(), examination);
  }

  private static String whyNot(Remedy remedy) {
    var first = remedy.steps().getFirst();
    if (first instanceof Step.None) {
      return "no action is needed";
    }
    return first.needsValue()
        ? "it needs a value that only you know"
        : "it takes more than a change of objects in the cluster";
  }

  private String notFound(Examination examination) {
    return Stream.concat(
            Stream.of(
                "--fix: no finding %s; found: %s"
                    .formatted(
                        fix,
                        examination.findings().stream()
                            .map(f -> f.code().name())
                            .collect(Collectors.joining(", ")))),
            unread(examination).stream())
        .collect(Collectors.joining("\n"));
  }

  /** What could not be read: there may be more findings than those that were found. */
  private static Set<String> unread(Examination examination) {
    return examination.findings().stream()
        .filter(f -> f.code() == FindingCode.EvidenceNotReadable)
        .map(Finding::message)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Writes the patch to a file, for the program that configures the nodes. */
  private void configure(Remedy remedy, NodeConfiguration configuration) {
    var file = Path.of("machine-configuration-patch.json");
    if (Files.exists(file) && !yes && !agreed("Overwrite %s?".formatted(file))) {
      print("Nothing was written.\n");
      return;
    }
    var before = remedy.beforeNodeConfiguration();
    if (!before.steps().isEmpty()) {
      print("First:\n%s\n".formatted(RemedyRenderer.line(before)));
    }
    print(
        "This configures the nodes:\n%s @%s\n"
            .formatted(
                RemedyRenderer.command(configuration),
                written(file, RemedyRenderer.patch(configuration))));
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

  /** Ends when the finding is gone and, where possible, nothing that follows from the change. */
  private int awaitGone(KubernetesClient client, FindingCode code, Examination before)
      throws InterruptedException {
    step("waiting until %s is gone".formatted(code));
    var gone = Optional.<Instant>empty();
    for (var end = Instant.now().plus(TIMEOUT); Instant.now().isBefore(end); ) {
      var examination = examine(client);
      var codes = codes(examination);
      if (codes.contains(code)) {
        gone = Optional.empty();
      } else {
        gone = gone.or(() -> Optional.of(Instant.now()));
        if (settled(examination, before) || gone.get().plus(SETTLING).isBefore(Instant.now())) {
          step("%s is gone%s".formatted(code, left(codes)));
          unread(examination).forEach(message -> print(message + "\n"));
          return examination.status();
        }
      }
      Thread.sleep(INTERVAL);
    }
    throw new Failure(
        "--fix: the changes were made, and %s is still found after %d minutes"
            .formatted(code, TIMEOUT.toMinutes()));
  }

  /** Whether no error is new and as much was read; without findings, whether metrics are there. */
  private static boolean settled(Examination examination, Examination before) {
    var findings = examination.findings();
    var errors =
        findings.stream().filter(f -> f.severity() == Finding.Severity.Error).map(Finding::code);
    return examination.installation().isEmpty()
        || (findings.isEmpty()
            ? examination.route().whole()
            : codes(before).containsAll(errors.toList())
                && unread(before).containsAll(unread(examination)));
  }

  private static Set<FindingCode> codes(Examination examination) {
    return examination.findings().stream()
        .map(Finding::code)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static String left(Set<FindingCode> codes) {
    return codes.isEmpty()
        ? ""
        : codes.stream().map(Enum::name).collect(Collectors.joining(", ", "; left: ", ""));
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

  private String rendered(Examination examination) {
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
