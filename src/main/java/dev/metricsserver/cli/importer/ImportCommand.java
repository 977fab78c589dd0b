package dev.metricsserver.cli.importer;

import static picocli.CommandLine.ArgGroup;
import static picocli.CommandLine.Command;
import static picocli.CommandLine.Mixin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.cli.cluster.ClusterOptions;
import dev.metricsserver.cli.common.ExitStatus;
import dev.metricsserver.cli.common.Failure;
import dev.metricsserver.cli.importer.Import.Result;
import dev.metricsserver.cli.validation.ConfigFile;
import dev.metricsserver.model.LabelSelectors;
import dev.metricsserver.model.MetricsServerContainer;
import dev.metricsserver.model.MetricsServerFlags;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints the MetricsServerConfig that equals an existing metrics-server. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Prints the MetricsServerConfig that equals an existing metrics-server:"
          + " the cluster's, that of a manifest, or that of values for metrics-server's own Helm"
          + " chart.",
      "",
      "What has no equal is said in comments at the top. Nothing is changed anywhere."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  metrics-server-operator import -f components.yaml >cr.yaml",
      "  helm -n kube-system get values metrics-server | metrics-server-operator import"
          + " --helm-values -"
    })
public final class ImportCommand implements Callable<Integer> {

  /** A line break in an argument would end the comment, and what follows would be YAML. */
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Cf}\\u2028\\u2029]");

  private static final ObjectMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .build();

  @ArgGroup private From from = new From();

  /** Where the installation is read, if not in the cluster. */
  private static final class From {
    @Option(
        names = {"-f", "--filename"},
        paramLabel = "FILE",
        description =
            "A manifest, such as upstream's components.yaml, or a HelmRelease, Application or"
                + " HelmChartConfig; - for standard input.")
    private Path manifest;

    @Option(
        names = "--helm-values",
        paramLabel = "FILE",
        description =
            "Values for metrics-server's own Helm chart, as helm get values prints them; - for"
                + " standard input.")
    private Path values;
  }

  @Mixin private ClusterOptions cluster;

  @Spec private CommandSpec command;

  @Override
  public Integer call() {
    var result =
        from.values != null
            ? HelmValues.read(ConfigFile.text(from.values), from.values.toString())
            : from.manifest != null ? manifest() : live();
    var out = command.commandLine().getOut();
    out.print(text(result));
    out.flush();
    return ExitStatus.OK;
  }

  /** The file that is printed. */
  public static String text(Result result) {
    var text = new StringBuilder();
    if (!result.notes().isEmpty()) {
      text.append("# What has no equal in a MetricsServerConfig, and is left out:\n");
      result.notes().stream()
          .map(note -> CONTROL.matcher(note).replaceAll(" "))
          .forEach(note -> text.append("# - ").append(note).append('\n'));
    }
    var config = new LinkedHashMap<String, Object>();
    config.put("apiVersion", MetricsServerConfig.GROUP + "/v1beta1");
    config.put("kind", "MetricsServerConfig");
    config.put("metadata", Map.of("name", MetricsServerConfig.NAME));
    config.put("spec", result.spec());
    try {
      return text.append(YAML.writeValueAsString(config)).toString();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  // ------------------------------------------------------------------------------------ a manifest

  private Result manifest() {
    var name = from.manifest.toString();
    var documents =
        YamlDocuments.read(ConfigFile.text(from.manifest), name).stream()
            .flatMap(ImportCommand::items)
            .toList();
    var objects = documents.stream().flatMap(d -> object(d, name)).toList();
    var deployments =
        objects.stream()
            .filter(Deployment.class::isInstance)
            .map(Deployment.class::cast)
            .filter(ImportCommand::hasMetricsServer)
            .toList();
    if (deployments.size() > 1) {
      throw new Failure(
          "%s holds %d Deployments of metrics-server; import one at a time"
              .formatted(name, deployments.size()));
    }
    if (deployments.isEmpty()) {
      return values(documents, name);
    }
    return readable(Import.of(deployments.getFirst(), objects), deployments.getFirst());
  }

  /** A GitOps tool's object with values, where there is no Deployment. */
  private static Result values(List<JsonNode> documents, String name) {
    var wrappers = documents.stream().filter(ChartValues::isWrapper).toList();
    if (wrappers.size() == 1) {
      return HelmValues.read(ChartValues.of(wrappers.getFirst(), name), name);
    }
    throw new Failure(
        "%s holds no Deployment of metrics-server%s"
            .formatted(
                name,
                documents.stream().anyMatch(d -> d.path("kind").isMissingNode())
                    ? "; import values of its Helm chart with --helm-values"
                    : ""));
  }

  private static boolean hasMetricsServer(Deployment deployment) {
    return deployment.getSpec() != null
        && deployment.getSpec().getTemplate() != null
        && deployment.getSpec().getTemplate().getSpec() != null
        && MetricsServerContainer.find(deployment.getSpec().getTemplate().getSpec()).isPresent();
  }

  /**
   * Rejects flags that cannot be known.
   *
   * @throws Failure where the container starts a shell
   */
  private static Result readable(Result result, Deployment deployment) {
    var pod = deployment.getSpec().getTemplate().getSpec();
    if (!MetricsServerFlags.of(pod).readable()) {
      throw new Failure(
          "Deployment %s starts metrics-server by %s, so its flags cannot be read: start /metrics-server itself with the flags as args, and import it then"
              .formatted(
                  deployment.getMetadata().getName(),
                  MetricsServerContainer.of(pod).getCommand().getFirst()));
    }
    return result;
  }

  private static Stream<JsonNode> items(JsonNode document) {
    return document.path("kind").asText().endsWith("List")
        ? StreamSupport.stream(document.path("items").spliterator(), false)
        : Stream.of(document);
  }

  private static Stream<HasMetadata> object(JsonNode document, String name) {
    try {
      return object(document);
    } catch (IllegalArgumentException e) {
      throw new Failure(
          "%s: %s %s is not valid: %s"
              .formatted(
                  name,
                  document.path("kind").asText(),
                  document.at("/metadata/name").asText(),
                  e.getMessage().lines().findFirst().orElse("")));
    }
  }

  private static Stream<HasMetadata> object(JsonNode document) {
    return switch (document.path("kind").asText()) {
      case "Deployment" -> Stream.of(YAML.convertValue(document, Deployment.class));
      case "Service" -> Stream.of(YAML.convertValue(document, Service.class));
      case "APIService" -> Stream.of(YAML.convertValue(document, APIService.class));
      default -> Stream.empty();
    };
  }

  // ----------------------------------------------------------------------------------- the cluster

  private Result live() {
    try (var client = cluster.connect()) {
      return live(client);
    }
  }

  private static Result live(KubernetesClient client) {
    var registration = client.resources(APIService.class).withName(Names.API_SERVICE).get();
    if (registration == null || registration.getSpec().getService() == null) {
      throw new Failure(
          "no metrics API is registered in this cluster, so there is nothing to import");
    }
    var reference = registration.getSpec().getService();
    var service =
        client.services().inNamespace(reference.getNamespace()).withName(reference.getName()).get();
    if (service == null) {
      throw new Failure(
          "the metrics API is registered with Service %s/%s, which is not there"
              .formatted(reference.getNamespace(), reference.getName()));
    }
    return client
        .apps()
        .deployments()
        .inNamespace(reference.getNamespace())
        .list()
        .getItems()
        .stream()
        .filter(d ->
            LabelSelectors.selects(service, d.getSpec().getTemplate().getMetadata().getLabels()))
        .findFirst()
        .map(d -> readable(Import.of(d, List.of(service, registration)), d))
        .orElseThrow(() ->
            new Failure(
                "Service %s/%s selects no Deployment"
                    .formatted(reference.getNamespace(), reference.getName())));
  }
}
