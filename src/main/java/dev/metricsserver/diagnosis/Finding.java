package dev.metricsserver.diagnosis;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.model.ObjectName;
import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * One thing that is wrong or worth knowing.
 *
 * @param message what happened and why, in one or two sentences, without control characters
 * @param object the object concerned
 * @param stalled whether the operator waits for user action
 */
public record Finding(
    FindingCode code,
    Severity severity,
    String message,
    Remedy remedy,
    ObjectName object,
    boolean stalled) {

  /** The resource that configures the operator. */
  public static final ObjectName CONFIG =
      ObjectName.cluster(HasMetadata.getKind(MetricsServerConfig.class), MetricsServerConfig.NAME);

  /** The longest message: that of an Event may have 1024 characters, and a message quotes it. */
  private static final int MAX_MESSAGE = 2048;

  /** The longest part of an object's name, so that the whole name has at most 1024 characters. */
  private static final int MAX_PART = 340;

  /** Removes control characters, which a message quoted from the cluster may have, and cuts it. */
  public Finding {
    message = Words.printable(message, MAX_MESSAGE);
    object =
        new ObjectName(
            Words.printable(object.kind(), MAX_PART),
            Words.printable(object.namespace(), MAX_PART),
            Words.printable(object.name(), MAX_PART));
  }

  /** A finding that does not stop the operator. */
  public Finding(
      FindingCode code, Severity severity, String message, Remedy remedy, ObjectName object) {
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
