package dev.metricsserver.diagnosis;

/**
 * One thing that is wrong or worth knowing.
 *
 * @param code a stable name for the kind of finding
 * @param message one or two sentences: what is the matter and why
 * @param remedy the command or field that mends it
 * @param object the object concerned, as kind/namespace/name or kind/name
 * @param stalled whether nothing goes on until a person does something
 */
public record Finding(
    FindingCode code,
    Severity severity,
    String message,
    String remedy,
    String object,
    boolean stalled) {

  /** One that does not stop the operator from going on by itself. */
  public Finding(
      FindingCode code, Severity severity, String message, String remedy, String object) {
    this(code, severity, message, remedy, object, false);
  }

  /** How bad it is. */
  public enum Severity {
    /** Metrics are missing because of it. */
    Error,
    /** Metrics are there, but something is weaker than it should be. */
    Warning,
    /** Good to know. */
    Info
  }
}
