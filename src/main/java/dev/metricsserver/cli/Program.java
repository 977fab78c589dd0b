package dev.metricsserver.cli;

import static picocli.CommandLine.Command;

import dev.metricsserver.cli.common.ApiErrors;
import dev.metricsserver.cli.common.ExitStatus;
import dev.metricsserver.cli.common.Failure;
import dev.metricsserver.cli.common.Resources;
import dev.metricsserver.cli.crd.CrdCommand;
import dev.metricsserver.cli.doctor.DoctorCommand;
import dev.metricsserver.cli.importer.ImportCommand;
import dev.metricsserver.cli.plan.PlanCommand;
import dev.metricsserver.cli.render.RenderCommand;
import dev.metricsserver.model.Durations;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

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
      CrdCommand.class,
      CommandLine.HelpCommand.class,
      AutoComplete.GenerateCompletion.class
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:all is well, and what was asked for is done",
      "1:there is something to look at: a difference, a finding",
      "2:it could not be told or done: the command line or the file is wrong, the cluster does"
          + " not answer or does not let you"
    },
    footer = {"", "Run 'metrics-server-operator COMMAND --help' for the options of a command."})
final class Program {

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
    var status = fail(command, e.getMessage());
    UnmatchedArgumentException.printSuggestions(e, command.getErr());
    command
        .getErr()
        .printf("Run '%s --help' for usage.%n", command.getCommandSpec().qualifiedName());
    return status;
  }

  /** Prints an expected error as a sentence; rethrows others, for a stack trace. */
  private static int failed(Exception e, CommandLine command) throws Exception {
    return switch (e) {
      case Failure failure -> fail(command, failure.getMessage());
      case KubernetesClientException refused -> fail(command, ApiErrors.sentence(refused));
      default -> throw e;
    };
  }

  private static int fail(CommandLine command, String message) {
    command.getErr().println(command.getColorScheme().errorText(message));
    return ExitStatus.FAILED;
  }

  /** For {@code --version}. */
  static final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
      return new String[] {"metrics-server-operator " + Resources.version()};
    }
  }
}
