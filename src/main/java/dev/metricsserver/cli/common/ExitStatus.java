package dev.metricsserver.cli.common;

/** The exit statuses of all commands. */
public final class ExitStatus {

  /** Everything is well, and the command did what it was asked to do. */
  public static final int OK = 0;

  /** There is a difference or a finding. */
  public static final int ATTENTION = 1;

  /** The command line, a file or the cluster is at fault, so that there is no answer. */
  public static final int FAILED = 2;

  private ExitStatus() {}
}
