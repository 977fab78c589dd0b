package dev.metricsserver.api;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** The image of metrics-server: {@code registry/repository:tag@digest}. */
public record ImageSpec(
    @JsonPropertyDescription(
            "The registry's host, with a port if it needs one. Default: registry.k8s.io.")
        @Default("registry.k8s.io")
        @Size(max = 255)
        @ValidationRule(
            value = "self.matches('^[a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?(:[0-9]+)?$')",
            message =
                "image.registry must be a host with an optional port, such as"
                    + " registry.example.com:5000; the part after the first '/' belongs in"
                    + " image.repository")
        String registry,
    @JsonPropertyDescription(
            "The repository in the registry. Default: metrics-server/metrics-server.")
        @Default("metrics-server/metrics-server")
        @Size(max = 255)
        @ValidationRule(
            value = "self.matches('^[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$')",
            message =
                "image.repository must be a path in lower case without tag or digest, such as"
                    + " mirror/metrics-server; the tag belongs in image.tag")
        String repository,
    @JsonPropertyDescription(
            "The tag. One that names a known version, such as v0.8.1, decides the version too."
                + " Default: v followed by the version.")
        @Size(max = 128)
        @ValidationRule(
            value = "self.matches('^[a-zA-Z0-9_][a-zA-Z0-9_.-]*$')",
            message = "image.tag must consist of letters, digits, '_', '.' and '-', such as v0.9.0")
        String tag,
    @JsonPropertyDescription("The digest that pins the image. Default: none.")
        @Size(max = 71)
        @ValidationRule(
            value = "self.matches('^sha256:[0-9a-f]{64}$')",
            message = "image.digest must be sha256: followed by 64 lower-case hexadecimal digits")
        String digest,
    @JsonPropertyDescription(
            "When the image is pulled. Default: IfNotPresent."
                + "\n- Always: at every start of a container."
                + "\n- IfNotPresent: if the node does not have it."
                + "\n- Never: the node must have it.")
        @Default("IfNotPresent")
        PullPolicy pullPolicy,
    @JsonPropertyDescription(
            "The pull Secrets, in metrics-server's namespace. At most 8. Default: none.")
        @Size(max = 8)
        @OpenAPI(list = OpenAPI.ListType.map, keys = "name")
        List<LocalReference> pullSecrets) {

  static final ImageSpec DEFAULT = new ImageSpec(null, null, null, null, null, null);

  /** Applies the schema's defaults. */
  public ImageSpec {
    registry = requireNonNullElse(registry, "registry.k8s.io");
    repository = requireNonNullElse(repository, "metrics-server/metrics-server");
    pullPolicy = requireNonNullElse(pullPolicy, PullPolicy.IfNotPresent);
    pullSecrets = List.copyOf(requireNonNullElse(pullSecrets, List.of()));
  }

  /** When the image is pulled. */
  public enum PullPolicy {
    /** At every start of a container. */
    Always,
    /** When the node does not have it. */
    IfNotPresent,
    /** Never: the node has it. */
    Never
  }
}
