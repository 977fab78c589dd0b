package dev.metricsserver.cli;

import dev.metricsserver.runtime.OperatorProcess;
import dev.metricsserver.runtime.Settings;
import java.util.List;

/** Starts the program. */
public final class Main {

  private Main() {}

  /**
   * {@code run} is the operator, which ends when it is told to, and whose start does not wait for
   * the classes that read a command line; everything else is a command that comes back, with one of
   * the exit statuses of {@link dev.metricsserver.cli.common.ExitStatus}.
   */
  public static void main(String[] arguments) {
    if (List.of(arguments).equals(List.of("run"))) {
      run();
    } else {
      System.exit(Program.execute(arguments));
    }
  }

  static void run() {
    new OperatorProcess(Settings.fromEnvironment(System.getenv())).start();
  }
}
