package dev.metricsserver.cli.common;

/** Ends a command with {@link ExitStatus#FAILED}; the message is a sentence with the remedy. */
public final class Failure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** A failure with this message to the user. */
  public Failure(String message) {
    super(message);
  }
}
