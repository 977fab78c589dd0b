package dev.metricsserver.api;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** What metrics-server logs. */
public record LoggingSpec(
    @JsonPropertyDescription("How much is logged, 0 (least) to 10 (everything). Default: 0.")
        @Default("0")
        @Min(0)
        @Max(10)
        Integer verbosity,
    @JsonPropertyDescription("Text or JSON lines. Default: Text.") @Default("Text") Format format) {

  static final LoggingSpec DEFAULT = new LoggingSpec(null, null);

  /** Fills in the schema's defaults. */
  public LoggingSpec {
    verbosity = requireNonNullElse(verbosity, 0);
    format = requireNonNullElse(format, Format.Text);
  }

  /** The form of a log line. */
  public enum Format {
    /** klog's text lines. */
    Text,
    /** One JSON object a line. */
    JSON
  }
}
