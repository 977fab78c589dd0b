package dev.metricsserver.cli.importer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.metricsserver.cli.common.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Values for metrics-server's chart, found where people keep them: as a file of their own, in the
 * object of a GitOps tool or distribution, or under the name of a subchart.
 *
 * @param namespace that the object installs into; empty where it does not say
 * @param notes what of the object is not imported, a sentence each
 */
record ChartValues(ObjectNode values, Optional<String> namespace, List<String> notes) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Reports whether an object of this kind has values inside. */
  static boolean isWrapper(JsonNode document) {
    return switch (document.path("kind").asText()) {
      case "HelmRelease", "HelmChartConfig", "HelmChart", "Application", "ApplicationSet" -> true;
      default -> false;
    };
  }

  /**
   * Finds the values in a document.
   *
   * @param name of the file in messages
   * @throws Failure where the document has no values for metrics-server's chart
   */
  static ChartValues of(JsonNode document, String name) {
    if (!document.isObject()) {
      throw new Failure(
          "%s holds no values: values of a Helm chart are a YAML mapping".formatted(name));
    }
    return switch (document.path("kind").asText()) {
      case "HelmRelease" -> helmRelease(document, name);
      case "HelmChartConfig", "HelmChart" -> helmChart(document, name);
      case "Application" -> application(document.path("spec"), name);
      case "ApplicationSet" ->
          application(document.path("spec").path("template").path("spec"), name);
      case "" -> plain((ObjectNode) document, name);
      default ->
          throw new Failure(
              "%s holds a %s, not values of a Helm chart; import a manifest with -f"
                  .formatted(name, document.path("kind").asText()));
    };
  }

  // ------------------------------------------------------------------------------------- wrappers

  private static ChartValues helmRelease(JsonNode release, String name) {
    var spec = release.path("spec");
    var chart =
        Stream.of(spec.at("/chart/spec/chart"), spec.at("/chartRef/name"))
            .map(JsonNode::asText)
            .filter(text -> !text.isEmpty())
            .findFirst()
            .orElse("");
    isOfMetricsServer("HelmRelease", chart, name);
    var notes = new ArrayList<String>();
    noteIfSet(spec, "valuesFrom", "values from a ConfigMap or Secret are not read", notes);
    noteIfSet(spec, "postRenderers", "changes after rendering are not imported", notes);
    return new ChartValues(
        object(spec.path("values"), name),
        firstText(spec.path("targetNamespace"), release.at("/metadata/namespace")),
        notes);
  }

  private static ChartValues helmChart(JsonNode chart, String name) {
    var spec = chart.path("spec");
    isOfMetricsServer(
        chart.path("kind").asText(),
        spec.path("chart").asText(chart.at("/metadata/name").asText()),
        name);
    var notes = new ArrayList<String>();
    noteIfSet(spec, "set", "single values are not read, write them into valuesContent", notes);
    noteIfSet(spec, "valuesSecrets", "values from a Secret are not read", notes);
    return new ChartValues(
        parsed(spec.path("valuesContent").asText(), name),
        firstText(spec.path("targetNamespace"), chart.at("/metadata/namespace")),
        notes);
  }

  private static ChartValues application(JsonNode spec, String name) {
    var sources =
        Stream.concat(
                Stream.of(spec.path("source")),
                StreamSupport.stream(spec.path("sources").spliterator(), false))
            .filter(source -> names(source.path("chart").asText()))
            .toList();
    if (sources.size() != 1) {
      throw new Failure(
          "%s holds an Application without the chart metrics-server; import what Argo CD renders: argocd app manifests APP | metrics-server-operator import -f -"
              .formatted(name));
    }
    var helm = sources.getFirst().path("helm");
    var notes = new ArrayList<String>();
    noteIfSet(helm, "valueFiles", "values from files in the repository are not read", notes);
    noteIfSet(helm, "parameters", "single parameters are not read, write them as values", notes);
    var values = parsed(helm.path("values").asText(), name);
    // Argo CD ignores values where there is a valuesObject.
    return new ChartValues(
        helm.path("valuesObject").isObject() ? (ObjectNode) helm.get("valuesObject") : values,
        firstText(spec.at("/destination/namespace")),
        notes);
  }

  // ---------------------------------------------------------------------------------------- plain

  private static ChartValues plain(ObjectNode document, String name) {
    // The heading of helm get values, which is YAML by chance.
    document.remove(List.of("USER-SUPPLIED VALUES", "COMPUTED VALUES"));
    var nested = HelmValues.knows(document) ? Optional.<ObjectNode>empty() : nested(document);
    var values = nested.orElse(document);
    if (!values.isEmpty() && !HelmValues.knows(values)) {
      throw new Failure(
          "%s holds no value of metrics-server's own chart; render your chart and import the result: helm template CHART -f %s | metrics-server-operator import -f -"
              .formatted(name, name));
    }
    var foreign = HelmValues.ofAnotherChart(values);
    if (foreign.isPresent()) {
      throw new Failure(
          "%s holds values of another chart than metrics-server's own (%s); render it and import the result: helm template CHART -f %s | metrics-server-operator import -f -"
              .formatted(name, foreign.get(), name));
    }
    return new ChartValues(values, Optional.empty(), List.of());
  }

  /** The values of a subchart, at any depth. */
  private static Optional<ObjectNode> nested(JsonNode node) {
    return node.properties().stream()
        .filter(e -> names(e.getKey()) && e.getValue().isObject())
        .map(e -> (ObjectNode) e.getValue())
        .filter(values -> values.isEmpty() || HelmValues.knows(values))
        .findFirst()
        .or(() ->
            StreamSupport.stream(node.spliterator(), false)
                .flatMap(child -> nested(child).stream())
                .findFirst());
  }

  private static boolean names(String text) {
    return text.toLowerCase(Locale.ROOT)
        .replace("-", "")
        .replace("_", "")
        .endsWith("metricsserver");
  }

  private static void isOfMetricsServer(String kind, String chart, String name) {
    if (!names(chart)) {
      throw new Failure(
          "%s holds a %s of the chart '%s', not of metrics-server".formatted(name, kind, chart));
    }
  }

  private static void noteIfSet(JsonNode node, String field, String note, List<String> notes) {
    if (!node.path(field).isEmpty()) {
      notes.add("%s: %s".formatted(field, note));
    }
  }

  private static Optional<String> firstText(JsonNode... nodes) {
    return Stream.of(nodes).map(JsonNode::asText).filter(text -> !text.isEmpty()).findFirst();
  }

  private static ObjectNode parsed(String text, String name) {
    var documents = YamlDocuments.read(text, name);
    return documents.isEmpty() ? JSON.createObjectNode() : object(documents.getFirst(), name);
  }

  private static ObjectNode object(JsonNode node, String name) {
    if (node.isMissingNode() || node.isNull()) {
      return JSON.createObjectNode();
    }
    if (node.isObject()) {
      return (ObjectNode) node;
    }
    throw new Failure("%s: the values of the chart are no YAML mapping".formatted(name));
  }
}
