package dev.metricsserver.cli;

import static picocli.CommandLine.Command;

import dev.metricsserver.model.Durations;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** The command line: {@code metrics-server-operator COMMAND}. */
@Command(
    name = "metrics-server-operator",
    mixinStandardHelpOptions = true,
    versionProvider = Program.Version.class,
    sortOptions = false,
    synopsisSubcommandLabel = "COMMAND",
    description = "Runs metrics-server in a Kubernetes cluster as one MetricsServerConfig says.",
    commandListHeading = "%nCommands:%n",
    subcommands = {
      RunCommand.class,
      DoctorCommand.class,
      PlanCommand.class,
      RenderCommand.class,
      ImportCommand.class,
      CrdCommand.class
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:all is well, and what was asked for is done",
      "1:there is something to look at: a difference, a finding",
      "2:it could not be told or done: the command line or the file is wrong, the cluster does"
          + " not answer or does not let you"
    },
    footer = {"", "metrics-server-operator COMMAND --help tells more."})
final class Program {

  static final int OK = 0;
  static final int TO_LOOK_AT = 1;
  static final int FAILED = 2;

  private Program() {}

  /** Executes a command and returns its exit status. */
  static int execute(String... arguments) {
    return commandLine().execute(arguments);
  }

  static CommandLine commandLine() {
    return new CommandLine(new Program())
        .registerConverter(Duration.class, Program::duration)
        .setUsageHelpAutoWidth(true)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Program::misused)
        .setExecutionExceptionHandler((e, command, _) -> failed(e, command));
  }

  private static Duration duration(String text) {
    return Durations.parse(text)
        .filter(Duration::isPositive)
        .orElseThrow(() ->
            new TypeConversionException(
                "'%s' is not a duration such as 90s or 2m".formatted(text)));
  }

  private static int misused(ParameterException e, String[] arguments) {
    var command = e.getCommandLine();
    return fail(
        command,
        "%s%n%s --help tells what it takes."
            .formatted(e.getMessage(), command.getCommandSpec().qualifiedName()));
  }

  /** What went wrong as a sentence; a stack trace only where nobody expected it. */
  private static int failed(Exception e, CommandLine command) throws Exception {
    return switch (e) {
      case Failure failure -> fail(command, failure.getMessage());
      case KubernetesClientException refused -> fail(command, sentence(refused));
      default -> throw e;
    };
  }

  /** What the API server says; when it says nothing, why. */
  static String sentence(KubernetesClientException e) {
    var status = e.getStatus();
    if (status != null && status.getMessage() != null) {
      return "the API server refuses: " + status.getMessage();
    }
    var cause =
        Stream.iterate((Throwable) e, Objects::nonNull, Throwable::getCause)
            .reduce((_, inner) -> inner)
            .orElse(e);
    return "the API server does not answer: "
        + Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getSimpleName());
  }

  private static int fail(CommandLine command, String message) {
    command.getErr().println(command.getColorScheme().errorText(message));
    return FAILED;
  }

  /** A file that comes with the program. */
  static String resource(String name) {
    try (InputStream in = Program.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The version of the program. */
  static String version() {
    return resource("version.txt").strip();
  }

  /** For {@code --version}. */
  static final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
      return new String[] {"metrics-server-operator " + version()};
    }
  }

  /** Why a command cannot do what it was told, as a sentence with the way out. */
  static final class Failure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Failure(String message) {
      super(message);
    }
  }
}
