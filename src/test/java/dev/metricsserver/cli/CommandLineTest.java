package dev.metricsserver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.cli.cluster.ClusterOptions;
import dev.metricsserver.cli.crd.CrdCommand;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What every command has in common: help, statuses, and where words go. */
class CommandLineTest {

  @TempDir private Path directory;

  @Test
  void helpNamesEveryCommandAndStatus() {
    var help = CommandLineRun.of("--help");
    assertThat(help.status()).isZero();
    assertThat(help.out()).contains("Commands:", "run", "crd", "Exit status:", "0", "1", "2");
    assertThat(help.err()).isEmpty();
  }

  @Test
  void everyCommandHelps() {
    assertThat(Program.commandLine().getSubcommands().keySet())
        .isNotEmpty()
        .allSatisfy(name -> {
          var help = CommandLineRun.of(name, "--help");
          assertThat(help.status()).isZero();
          assertThat(help.out()).contains("Usage: metrics-server-operator " + name);
        });
  }

  /** Those of picocli itself have a text of their own. */
  @Test
  void help_ofEveryCommandOfTheOperator_hasAnExample() {
    assertThat(Program.commandLine().getSubcommands().values())
        .filteredOn(command -> command.getCommand().getClass().getName().startsWith("dev."))
        .hasSizeGreaterThan(5)
        .extracting(CommandLine::getCommandName)
        .allSatisfy(name ->
            assertThat(CommandLineRun.of(name, "--help").out())
                .containsPattern("Examples?:\n(  .*\n)*.*metrics-server-operator " + name));
  }

  @Test
  void command_misspelled_isSuggested() {
    assertThat(CommandLineRun.of("docter").err()).contains("Did you mean", "doctor");
    assertThat(CommandLineRun.of("doctor", "--wach").err()).contains("--watch");
  }

  @Test
  void completion_isGenerated_withEveryCommand() {
    assertThat(CommandLineRun.of("generate-completion").out())
        .contains("complete -F", "doctor", "--kubeconfig");
  }

  @Test
  void versionIsTheProjects() throws IOException {
    var version = CommandLineRun.of("--version").out().strip();
    assertThat(version).matches("metrics-server-operator [0-9]+[.][0-9]+[.][0-9]+.*");
    assertThat(Files.readString(Path.of("pom.xml")))
        .contains(
            "<version>" + version.substring("metrics-server-operator ".length()) + "</version>");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "fly", "crd --unknown", "crd --timeout soon --apply"})
  void wrongCommandLinesAreSaidToBe(String line) {
    var wrong = CommandLineRun.of(line.isEmpty() ? new String[0] : line.split(" ", -1));
    assertThat(wrong.status()).isEqualTo(2);
    assertThat(wrong.out()).isEmpty();
    assertThat(wrong.err()).contains("metrics-server-operator", "--help").doesNotContain("\tat ");
  }

  @Test
  void withoutClusterItSaysWhatToName() {
    var lost = CommandLineRun.of("crd", "--apply", "--kubeconfig", directory + "/none");
    assertThat(lost.status()).isEqualTo(2);
    assertThat(lost.err()).contains("--kubeconfig: there is no file " + directory + "/none");
  }

  @ParameterizedTest
  @ValueSource(strings = {"doctor", "plan"})
  void aClusterThatDoesNotAnswerIsSaidNotTo(String name) throws IOException {
    var kubeconfig =
        Files.writeString(
            directory.resolve("kubeconfig"),
            """
            apiVersion: v1
            kind: Config
            current-context: here
            contexts: [{name: here, context: {cluster: here, user: me}}]
            clusters: [{name: here, cluster: {server: "http://127.0.0.1:1"}}]
            users: [{name: me, user: {token: none}}]
            """);
    var unanswered = CommandLineRun.of(name, "--kubeconfig", kubeconfig.toString());
    assertThat(unanswered.status()).isEqualTo(2);
    assertThat(unanswered.out()).isEmpty();
    assertThat(unanswered.err()).contains("the API server does not answer: ");
  }

  /** What k3s and kind write into a kubeconfig, and what kubeadm does. */
  @ParameterizedTest
  @ValueSource(strings = {"EC", "RSA"})
  void clientKeysAreTakenForWhatTheyAre(String algorithm) throws Exception {
    var key =
        Base64.getMimeEncoder()
            .encodeToString(
                KeyPairGenerator.getInstance(algorithm)
                    .generateKeyPair()
                    .getPrivate()
                    .getEncoded());
    assertThat(
            ClusterOptions.algorithm(
                "-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----\n"))
        .isEqualTo(algorithm);
    assertThat(ClusterOptions.algorithm("-----BEGIN %s PRIVATE KEY-----\n".formatted(algorithm)))
        .isEqualTo(algorithm);
  }

  @Test
  void theDefinitionIsTheOneThatIsInstalled() throws IOException {
    assertThat(CommandLineRun.of("crd").out())
        .isEqualTo(Files.readString(Path.of("crds/metricsserverconfigs.metricsserver.dev.yaml")));
  }

  @Test
  void theDefinitionIsReadAsTheClientReadsIt() {
    assertThat(
            CrdCommand.parse(new KubernetesSerialization(new ObjectMapper(), false))
                .getSpec()
                .getVersions())
        .isNotEmpty();
  }

  /** The operator's start must not wait for what reads a command line. */
  @Test
  void theOperatorLoadsNoCommandLine() throws Exception {
    var kubeconfig = Files.writeString(directory.resolve("kubeconfig"), "");
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:class+load:stdout",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.metricsserver.cli.Main",
                "run")
            .redirectErrorStream(true);
    process.environment().put("KUBECONFIG", kubeconfig.toString());
    process.environment().put("HEALTH_PORT", "99999");
    var started = process.start();
    var loaded =
        new String(
            started.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(started.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(loaded.lines().filter(line -> line.contains("dev.metricsserver.runtime")))
        .isNotEmpty();
    assertThat(loaded.lines().filter(line -> line.contains(" picocli."))).isEqualTo(List.of());
  }
}
