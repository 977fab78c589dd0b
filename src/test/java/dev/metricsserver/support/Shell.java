package dev.metricsserver.support;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs a command of the project, as a user would type it in the project's folder. */
public final class Shell {

  private Shell() {}

  /** Runs a command and returns what it printed. Fails with all of that when the command fails. */
  public static String run(String... command) {
    var output = new Output(command);
    if (output.status != 0) {
      throw new AssertionError(
          "%s: exit status %d\n%s".formatted(List.of(command), output.status, output.text));
    }
    return output.text;
  }

  /** What a command prints, whether it succeeds or not. */
  public static String print(String... command) {
    return new Output(command).text;
  }

  /** Whether a command succeeds. */
  public static boolean succeeds(String... command) {
    return new Output(command).status == 0;
  }

  private static final class Output {
    private final String text;
    private final int status;

    Output(String... command) {
      var builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder
          .environment()
          .put("KUBECONFIG", LocalCluster.file("kubeconfig").toAbsolutePath().toString());
      try {
        var process = builder.start();
        text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        status = process.waitFor();
      } catch (IOException e) {
        throw new AssertionError(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }
  }
}
