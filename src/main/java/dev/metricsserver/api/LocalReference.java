package dev.metricsserver.api;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A reference to an object in metrics-server's namespace, as core's LocalObjectReference. */
public record LocalReference(
    @JsonPropertyDescription("The object's name.")
        @Required
        @Size(max = 253)
        @ValidationRule(
            value = LocalReference.IS_NAME,
            message =
                "name must be an object's name: lower-case letters, digits, '-' and '.', such as"
                    + " registry-credentials")
        String name) {

  /** A rule in CEL: the value is a name that objects can have. */
  static final String IS_NAME = "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')";
}
