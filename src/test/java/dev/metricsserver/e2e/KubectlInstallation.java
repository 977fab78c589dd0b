package dev.metricsserver.e2e;

import static dev.metricsserver.support.LocalCluster.NAMESPACE;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.cli.CommandLineRun;
import dev.metricsserver.support.LocalCluster;
import dev.metricsserver.support.Skip;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A metrics-server that a user installed with kubectl on a {@link LocalCluster}, and {@code doctor}
 * in the hands of that user. Every test begins with the objects as they were installed and with
 * nothing to report. A test class declares it after the cluster, as a static field.
 */
final class KubectlInstallation implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback {

  static final String IMAGE = "registry.k8s.io/metrics-server/metrics-server:v0.9.0";

  /** A pod starts, is asked twice for metrics, and the API server looks once more. */
  static final Duration A_WHILE = Duration.ofMinutes(5);

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A command in a step that has more than one ends where words go on. */
  private static final Pattern COMMAND = Pattern.compile("kubectl .*?(?=, | && |: |; |$)");

  private final LocalCluster cluster;
  private Path directory;

  /**
   * @param cluster its extension comes first
   */
  KubectlInstallation(LocalCluster cluster) {
    this.cluster = cluster;
  }

  /** A finding, as doctor or the status says it. */
  record Found(String code, String severity, String remedy, List<String> commands) {

    /** Returns the first command of the remedy that begins like this. */
    String command(String start) {
      return commands.stream()
          .filter(command -> command.startsWith(start))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no command in " + remedy));
    }
  }

  /** What a person does. */
  @FunctionalInterface
  interface Remedy {
    void follow(Found found);
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    directory = Files.createTempDirectory(Path.of("target"), "installation");
    apply(
        "installation",
        Files.readString(Path.of("deploy/local/upstream/components.yaml"))
            .replace("IMAGE", IMAGE)
            // No pod is left that serves while another one does not.
            .replace("rollingUpdate: {maxUnavailable: 0}", "type: Recreate")
            .replace(
                "- --metric-resolution=15s",
                "- --metric-resolution=10s\n            - --kubelet-request-timeout=5s")
            .replace("initialDelaySeconds: 20", "initialDelaySeconds: 1")
            .replace("periodSeconds: 10", "periodSeconds: 2"));
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    // The API server may write the registration's status in between.
    cluster.eventually(
        A_WHILE,
        "it is replaced",
        () -> cluster.kubectl("replace", "--filename", file("installation").toString()));
    allIsWell();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    cluster.kubectl("delete", "--ignore-not-found", "-f", file("installation").toString());
  }

  private Path file(String name) {
    return directory.resolve(name + ".yaml");
  }

  void apply(String name, String objects) {
    try {
      Files.writeString(file(name), objects);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cluster.kubectl("apply", "--filename", file(name).toString());
  }

  void patch(String change) {
    cluster.kubectl(
        "-n", NAMESPACE, "patch", "deployment", "metrics-server", "--type=json", "-p", change);
  }

  /** Skips a test that changes nodes or the control plane where they are those of kind. */
  void nodesCanBeChanged() {
    Skip.unless(
        cluster.admin().nodes().withName("node1").get() != null,
        "of kind's nodes and control plane nothing but kubelets can be stopped");
  }

  /**
   * Waits until this is found first and is the only error, and when its remedy was followed, until
   * it is gone.
   *
   * @param others errors that have nothing to do with it
   */
  void found(String code, Remedy remedy, String... others) {
    var first = new AtomicReference<Found>();
    cluster.eventually(
        A_WHILE,
        code,
        () -> {
          var findings = findings();
          assertThat(findings)
              .first()
              .extracting(Found::code)
              .as("first of " + findings)
              .isEqualTo(code);
          assertThat(findings.stream().skip(1).filter(f -> f.severity().equals("Error")))
              .extracting(Found::code)
              .containsExactly(others);
          first.set(findings.getFirst());
        });
    remedy.follow(first.get());
    cluster.eventually(
        A_WHILE,
        code + " is gone",
        () -> assertThat(findings()).extracting(Found::code).doesNotContain(code));
  }

  void allIsWell() {
    cluster.eventually(
        A_WHILE,
        "all is well",
        () -> {
          var doctor = doctor();
          assertThat(doctor.status()).as(doctor.out()).isZero();
        });
  }

  List<Found> findings() throws JsonProcessingException {
    return StreamSupport.stream(JSON.readTree(doctor().out()).get("findings").spliterator(), false)
        .map(f ->
            new Found(
                f.get("code").asText(),
                f.get("severity").asText(),
                f.get("remedy").asText(),
                StreamSupport.stream(f.get("steps").spliterator(), false)
                    .flatMap(s -> commands(s.path("command").asText(null), s.get("text").asText()))
                    .toList()))
        .toList();
  }

  private CommandLineRun doctor() {
    return CommandLineRun.of(
        "doctor", "--kubeconfig", cluster.kubeconfig().toString(), "-o", "json");
  }

  /** The command of a step, or those that its text has where it is not one command. */
  static Stream<String> commands(String command, String text) {
    return command == null
        ? COMMAND.matcher(text).results().map(found -> found.group())
        : Stream.of(command);
  }

  /** Runs a command of a remedy as it is printed. */
  void run(String command) {
    edit(command, "");
  }

  /** The remedy opens an editor; what it says is to be done there is this script of sed's. */
  void edit(Found found, String script) {
    edit(
        found.commands().stream()
            .filter(command -> command.contains(" edit "))
            .findFirst()
            .orElseThrow(() -> new AssertionError("nothing to edit in " + found.remedy())),
        script);
  }

  private void edit(String command, String script) {
    cluster.run(
        "bash",
        "-c",
        "kubectl() { deploy/local/kubectl \"$@\"; }; export KUBE_EDITOR=\"sed -i '$0'\"; "
            + command,
        script);
  }
}
