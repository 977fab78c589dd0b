package dev.metricsserver.api;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;

/** The audit log of requests for metrics. */
public record AuditSpec(
    @JsonPropertyDescription(
            "The content of the audit log, which the pods write as JSON lines to standard output. A"
                + " change replaces the pods. Default: None."
                + "\n- None: no audit log."
                + "\n- Metadata: user, verb, resource, time, source address and decision of each"
                + " request."
                + "\n- Request: also the request body, which is empty for metrics."
                + "\n- RequestResponse: also the response, which is megabytes for each list of pods"
                + " in a large cluster.")
        @Default("None")
        Profile profile) {

  static final AuditSpec DEFAULT = new AuditSpec(null);

  /** Applies the schema's defaults. */
  public AuditSpec {
    profile = requireNonNullElse(profile, Profile.None);
  }

  /** The level of detail; all except None are levels of Kubernetes' audit policies. */
  public enum Profile {
    /** No audit log. */
    None,
    /** User, verb and resource of each request. */
    Metadata,
    /** Also the request body. */
    Request,
    /** Also the response. */
    RequestResponse
  }
}
