package dev.metricsserver.plan;

/**
 * A decision together with its reason.
 *
 * @param value what was decided
 * @param reason why, as data; {@code diagnosis.ReasonText} builds the sentence
 */
public record Decided<T, R extends Reason>(T value, R reason) {}
