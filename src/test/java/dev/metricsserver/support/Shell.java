package dev.metricsserver.support;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Runs commands in the project's folder, as a user would type them there. */
public final class Shell {

  private Shell() {}

  /**
   * Runs a command and returns its output, standard error included.
   *
   * @throws AssertionError with the output when the command fails
   */
  public static String run(String... command) {
    return run(Map.of(), command);
  }

  /**
   * Runs a command with more environment variables.
   *
   * @throws AssertionError with the output when the command fails
   */
  public static String run(Map<String, String> environment, String... command) {
    var output = new Output(environment, command);
    if (output.status != 0) {
      throw new AssertionError(
          "%s: exit status %d\n%s".formatted(List.of(command), output.status, output.text));
    }
    return output.text;
  }

  /** Runs a command and returns its output, whether it succeeds or not. */
  public static String print(String... command) {
    return print(Map.of(), command);
  }

  /** Runs a command with more environment variables and returns its output in any case. */
  public static String print(Map<String, String> environment, String... command) {
    return new Output(environment, command).text;
  }

  /** Returns whether a command succeeds. */
  public static boolean succeeds(String... command) {
    return new Output(Map.of(), command).status == 0;
  }

  private static final class Output {
    private final String text;
    private final int status;

    Output(Map<String, String> environment, String... command) {
      var builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().putAll(environment);
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
