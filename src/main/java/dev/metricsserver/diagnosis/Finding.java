package dev.metricsserver.diagnosis;

/**
 * One thing that is wrong or worth knowing.
 *
 * @param message what happened and why, in one or two sentences, without control characters
 * @param object the object concerned, as kind/namespace/name or kind/name
 * @param stalled whether the operator waits for user action
 */
public record Finding(
    FindingCode code,
    Severity severity,
    String message,
    Remedy remedy,
    String object,
    boolean stalled) {

  /** The longest message: that of an Event may have 1024 characters, and a message quotes it. */
  private static final int MAX_MESSAGE = 2048;

  private static final int MAX_OBJECT = 1024;

  /** Removes control characters, which a message quoted from the cluster may have, and cuts it. */
  public Finding {
    message = Words.printable(message, MAX_MESSAGE);
    object = Words.printable(object, MAX_OBJECT);
  }

  /** A finding that does not stop the operator. */
  public Finding(
      FindingCode code, Severity severity, String message, Remedy remedy, String object) {
    this(code, severity, message, remedy, object, false);
  }

  /** The remedy in one line. */
  public String remedyText() {
    return RemedyRenderer.line(remedy);
  }

  /** The same with another remedy. */
  Finding with(Remedy other) {
    return new Finding(code, severity, message, other, object, stalled);
  }

  /** How much a finding matters. */
  public enum Severity {
    /** Metrics are missing because of it. */
    Error,
    /** Metrics are available, but something is weaker than it should be. */
    Warning,
    /** Good to know. */
    Info
  }
}
