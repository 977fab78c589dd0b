package dev.metricsserver.cli.cluster;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.cli.validation.ConfigFile;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.net.HttpURLConnection;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Asks the API server to validate a MetricsServerConfig as if it were created or replaced: by the
 * definition that the cluster has, including admission. Nothing is written.
 */
public final class ConfigDryRun {

  private static final Pattern NO_RIGHT =
      Pattern.compile("is forbidden: User \".*\" cannot (?<verb>[a-z]+) resource");

  /** The words of the API server for a webhook with side effects. */
  private static final String NO_DRY_RUN = "does not support dry run";

  private static final int UNPROCESSABLE = 422;

  /** The result of a dry run. */
  public sealed interface Result {

    /**
     * The API server accepts the resource; its spec has the defaults of the cluster's definition.
     */
    record Accepted(MetricsServerConfig config) implements Result {}

    /** The API server rejects the resource, in its words. */
    record Rejected(String message) implements Result {}

    /** The API server cannot validate the resource for this user, because of a reason. */
    record Unavailable(String reason) implements Result {}
  }

  private final KubernetesClient client;

  public ConfigDryRun(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Validates a resource.
   *
   * @param resource as a file has it, unknown fields included
   * @param installed the one that it replaces, if there is one
   * @throws KubernetesClientException when the API server does not answer, does not know the user,
   *     or fails
   */
  public Result of(Map<String, Object> resource, Optional<MetricsServerConfig> installed) {
    var wanted = ConfigFile.convert(resource, GenericKubernetesResource.class);
    var metadata = wanted.getMetadata();
    try {
      var config = ConfigFile.convert(sent(wanted, installed), MetricsServerConfig.class);
      config.setMetadata(metadata);
      config.setStatus(null);
      return new Result.Accepted(config);
    } catch (KubernetesClientException e) {
      return failed(wanted.getApiVersion(), e);
    }
  }

  private Object sent(GenericKubernetesResource wanted, Optional<MetricsServerConfig> installed) {
    var replaced =
        installed
            .map(HasMetadata::getMetadata)
            .filter(m -> m.getName().equals(wanted.getMetadata().getName()));
    replaced.ifPresent(m ->
        wanted.setMetadata(
            new ObjectMetaBuilder(wanted.getMetadata())
                .withResourceVersion(m.getResourceVersion())
                .withUid(m.getUid())
                .build()));
    var request =
        client
            .genericKubernetesResources(context(wanted))
            .resource(wanted)
            .dryRun()
            .fieldValidation(Validation.STRICT);
    return replaced.isPresent() ? request.update() : request.create();
  }

  private static ResourceDefinitionContext context(GenericKubernetesResource wanted) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(MetricsServerConfig.GROUP)
        .withVersion(wanted.getApiVersion().substring(MetricsServerConfig.GROUP.length() + 1))
        .withKind(wanted.getKind())
        .withPlural(HasMetadata.getPlural(MetricsServerConfig.class))
        .withNamespaced(false)
        .build();
  }

  private static Result failed(String apiVersion, KubernetesClientException e) {
    var message =
        Optional.ofNullable(e.getStatus())
            .map(Status::getMessage)
            .orElseGet(() -> String.valueOf(e.getMessage()));
    return switch (e.getCode()) {
      case HttpURLConnection.HTTP_NOT_FOUND ->
          new Result.Unavailable("the API server does not serve " + apiVersion);
      case HttpURLConnection.HTTP_BAD_REQUEST, HttpURLConnection.HTTP_FORBIDDEN, UNPROCESSABLE ->
          obstacle(message)
              .<Result>map(Result.Unavailable::new)
              .orElseGet(() -> new Result.Rejected(message));
      default -> throw e;
    };
  }

  /** Why the API server did not validate, where it rejected the request and not its content. */
  private static Optional<String> obstacle(String message) {
    var right = NO_RIGHT.matcher(message);
    if (right.find()) {
      return Optional.of(
          "you have no right to %s metricsserverconfigs".formatted(right.group("verb")));
    }
    return message.contains(NO_DRY_RUN)
        ? Optional.of("an admission webhook of this cluster does not support dry runs")
        : Optional.empty();
  }
}
