package dev.metricsserver.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.support.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The commands of the local cluster. */
class LocalCommandsTest {

  static List<Path> commands() throws IOException {
    try (var files = Files.list(Path.of("deploy/local"))) {
      return files
          .filter(Files::isRegularFile)
          .filter(Files::isExecutable)
          // Its options are those of the program.
          .filter(file -> !file.endsWith("kubectl"))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void command_askedForHelp_printsItsUsage(Path command) {
    assertThat(Shell.run(command.toString(), "--help")).startsWith("Usage: " + command);
  }
}
