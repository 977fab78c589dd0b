package dev.metricsserver.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What a command printed, and how it ended. */
public record CommandLineRun(int status, String out, String err) {

  /** Runs a command in this process. */
  public static CommandLineRun of(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    var status =
        Program.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new CommandLineRun(status, out.toString(), err.toString());
  }
}
