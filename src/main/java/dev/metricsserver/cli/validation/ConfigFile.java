package dev.metricsserver.cli.validation;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.cli.common.Failure;
import dev.metricsserver.cli.common.Resources;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A file with a MetricsServerConfig, checked as the API server checks it. */
public final class ConfigFile {

  private static final String API_VERSION = MetricsServerConfig.GROUP + "/v1beta1";

  private static final ObjectMapper YAML =
      YAMLMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

  private static final ObjectMapper JSON = new ObjectMapper();

  private ConfigFile() {}

  /**
   * Reads a file.
   *
   * @param file {@code -} for standard input
   * @throws Failure when it is none, or what is in it would be refused
   */
  public static MetricsServerConfig read(Path file) {
    return parse(file.toString(), text(file));
  }

  /**
   * Reads a text.
   *
   * @param name of the text in messages
   */
  public static MetricsServerConfig parse(String name, String text) {
    return validated(name, resource(name, text));
  }

  /**
   * Reads a MetricsServerConfig without validating it.
   *
   * @param file {@code -} for standard input
   * @throws Failure when the file holds no MetricsServerConfig
   */
  public static Map<String, Object> unvalidated(Path file) {
    return resource(file.toString(), text(file));
  }

  /**
   * Validates a MetricsServerConfig by the schema and the rules that this program has.
   *
   * @param name of the file in messages
   * @throws Failure when the API server would reject it
   */
  public static MetricsServerConfig validated(String name, Map<String, Object> resource) {
    var problems = Schema.problems(schema(), resource);
    if (!problems.isEmpty()) {
      throw new Failure(name + " would be refused:\n  " + String.join("\n  ", problems));
    }
    return convert(resource, MetricsServerConfig.class);
  }

  private static Map<String, Object> resource(String name, String text) {
    var resource = document(name, text);
    if (!API_VERSION.equals(resource.get("apiVersion"))
        || !"MetricsServerConfig".equals(resource.get("kind"))) {
      throw new Failure(
          "%s: holds no MetricsServerConfig: it starts with apiVersion: %s and kind:"
                  .formatted(name, API_VERSION)
              + " MetricsServerConfig");
    }
    return resource;
  }

  /**
   * The text of a file.
   *
   * @param file {@code -} for standard input
   */
  public static String text(Path file) {
    try {
      return file.toString().equals("-")
          ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
          : Files.readString(file);
    } catch (IOException e) {
      throw new Failure("there is no file %s that can be read".formatted(file));
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> document(String name, String text) {
    try (var documents = YAML.readerFor(Object.class).<Object>readValues(text)) {
      var maps = documents.readAll().stream().filter(Map.class::isInstance).toList();
      if (maps.size() != 1) {
        throw new Failure(
            "%s: holds %d resources; it must be one, a MetricsServerConfig"
                .formatted(name, maps.size()));
      }
      return (Map<String, Object>) maps.getFirst();
    } catch (JsonProcessingException e) {
      throw new Failure("%s: is no YAML: %s".formatted(name, e.getMessage()));
    } catch (IOException e) {
      throw new Failure("%s: %s".formatted(name, e.getMessage()));
    }
  }

  /** As JSON: the definition itself, in YAML, takes ten times as long to read. */
  private static JsonNode schema() {
    try {
      return JSON.readTree(Resources.read("validation/schema.json"));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A part of a resource as its class. */
  public static <T> T convert(Object value, Class<T> type) {
    return YAML.convertValue(value, type);
  }

  /** A value as the fields of a resource have it. */
  public static Object plain(JsonNode value) {
    return YAML.convertValue(value, Object.class);
  }

  /** The rules and bounds that were not kept; for tests. */
  public static List<String> problems(Map<String, Object> resource) {
    return Schema.problems(schema(), resource);
  }
}
