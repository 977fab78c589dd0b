package dev.metricsserver.api;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** How metrics-server logs. */
public record LoggingSpec(
    @JsonPropertyDescription("The verbosity, 0 (least) to 10 (everything). Default: 0.")
        @Default("0")
        @Min(0)
        @Max(10)
        Integer verbosity,
    @JsonPropertyDescription(
            "The format of log lines. Default: Text."
                + "\n- Text: klog's lines."
                + "\n- JSON: one JSON object per line.")
        @Default("Text")
        Format format) {

  static final LoggingSpec DEFAULT = new LoggingSpec(null, null);

  /** Applies the schema's defaults. */
  public LoggingSpec {
    verbosity = requireNonNullElse(verbosity, 0);
    format = requireNonNullElse(format, Format.Text);
  }

  /** The format of log lines. */
  public enum Format {
    /** klog's text lines. */
    Text,
    /** One JSON object per line. */
    JSON
  }
}
