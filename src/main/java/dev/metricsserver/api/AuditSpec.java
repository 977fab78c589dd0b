package dev.metricsserver.api;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;

/** What metrics-server records of who asks for metrics. */
public record AuditSpec(
    @JsonPropertyDescription(
            "What is recorded of each request for metrics, as lines of JSON in the pods' standard"
                + " output: None: nothing. Metadata: who asked for what, when, from where, and"
                + " whether it was allowed. Request: its body too; a request for metrics has none."
                + " RequestResponse: the whole answer too, on a big cluster megabytes for each list"
                + " of pods. A change replaces the pods. Default: None.")
        @Default("None")
        Profile profile) {

  static final AuditSpec DEFAULT = new AuditSpec(null);

  /** Fills in the schema's defaults. */
  public AuditSpec {
    profile = requireNonNullElse(profile, Profile.None);
  }

  /** How much is recorded; all but None are levels of Kubernetes' audit policies. */
  public enum Profile {
    /** Nothing. */
    None,
    /** Who asked for what. */
    Metadata,
    /** The request's body too. */
    Request,
    /** The answer too. */
    RequestResponse
  }
}
