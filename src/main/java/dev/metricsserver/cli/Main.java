package dev.metricsserver.cli;

import dev.metricsserver.runtime.OperatorProcess;
import dev.metricsserver.runtime.Settings;
import java.util.List;

/** Starts the program: {@code metrics-server-operator run}. */
public final class Main {

  private Main() {}

  /** Runs the operator until it is told to stop; exits with 2 when the command line is wrong. */
  public static void main(String[] arguments) {
    if (!List.of(arguments).equals(List.of("run"))) {
      System.err.println("usage: metrics-server-operator run");
      System.exit(2);
    }
    new OperatorProcess(Settings.fromEnvironment(System.getenv())).start();
  }
}
