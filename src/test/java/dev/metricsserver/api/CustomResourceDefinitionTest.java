package dev.metricsserver.api;

import static dev.metricsserver.api.CustomResourceDefinitions.fields;
import static io.fabric8.kubernetes.client.utils.Utils.isNullOrEmpty;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/**
 * The committed definition is the generated one, and says what a user and an API server need to
 * know.
 */
class CustomResourceDefinitionTest {

  private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();

  private static final CustomResourceDefinition DEFINITION = CustomResourceDefinitions.generate();

  private final JSONSchemaProps resource = CustomResourceDefinitions.schema(DEFINITION);
  private final JSONSchemaProps spec = resource.getProperties().get("spec");
  private final JSONSchemaProps status = resource.getProperties().get("status");

  @Test
  void committedFileIsTheGeneratedOne() throws IOException {
    generated(CustomResourceDefinitions.FILE, CustomResourceDefinitions.yaml(DEFINITION));
  }

  @Test
  void committedSchemaIsTheDefinitions() throws IOException {
    generated(CustomResourceDefinitions.SCHEMA, CustomResourceDefinitions.json(DEFINITION));
  }

  private static void generated(Path file, String text) throws IOException {
    if ("update".equals(System.getProperty("golden"))) {
      Files.writeString(file, text);
    }
    assertThat(file)
        .as(
            "the types in api/ changed; this writes the file again: %s",
            CustomResourceDefinitions.REGENERATE)
        .content(UTF_8)
        .isEqualTo(text);
  }

  @Test
  void everyFieldIsDescribed() {
    assertThat(resource.getDescription()).isNotBlank();
    assertThat(fieldsThat(field -> isNullOrEmpty(field.getDescription())))
        .as("fields without a description")
        .allMatch(path -> path.endsWith("[0]") || path.endsWith(".KEY"));
  }

  /**
   * The API server multiplies the cost of a rule by the largest value, and refuses a definition
   * that may cost much.
   */
  @Test
  void everyValueInSpecIsBounded() {
    assertThat(fieldsThat(CustomResourceDefinitionTest::isUnbounded))
        .as("fields without @Size, or @Min and @Max")
        .allMatch(path -> path.startsWith(".status"));
  }

  @Test
  void unknownFieldsAreNotKept() {
    assertThat(fieldsThat(field -> field.getXKubernetesPreserveUnknownFields() != null)).isEmpty();
  }

  /**
   * What came after Kubernetes 1.25 is an unknown field there, and kubectl refuses the whole
   * definition.
   */
  @Test
  void rulesAreReadByEveryApiServer() {
    var schemas = fields(resource);
    schemas.put("", resource);
    assertThat(schemas.values())
        .extracting(JSONSchemaProps::getXKubernetesValidations)
        .allSatisfy(rules -> assertThat(rules).doesNotHaveDuplicates());
    assertThat(schemas.values())
        .flatMap(JSONSchemaProps::getXKubernetesValidations)
        .isNotEmpty()
        .allSatisfy(rule -> {
          assertThat(rule.getMessage()).as(rule.getRule()).isNotBlank();
          assertThat(rule.getFieldPath()).as(rule.getRule()).isNull();
          assertThat(rule.getMessageExpression()).as(rule.getRule()).isNull();
          assertThat(rule.getOptionalOldSelf()).as(rule.getRule()).isNull();
          assertThat(rule.getReason()).as(rule.getRule()).isNull();
        });
  }

  @Test
  void columnsShowFieldsThatExist() {
    var columns = DEFINITION.getSpec().getVersions().getFirst().getAdditionalPrinterColumns();
    assertThat(columns)
        .extracting(CustomResourceColumnDefinition::getName)
        .containsExactly(
            "Ready", "Version", "Nodes", "Kubelet TLS", "Reason", "Message", "Findings", "Age");
    assertThat(columns)
        .filteredOn(column -> column.getPriority() != null)
        .extracting(CustomResourceColumnDefinition::getName)
        .containsExactly("Message", "Findings");
    assertThat(columns)
        .extracting(column -> column.getJsonPath().replaceAll("\\[.*]", "[0]"))
        .filteredOn(path -> !path.startsWith(".metadata."))
        .isSubsetOf(fields(resource).keySet());
  }

  @Test
  void conditionsAreKeptApartByType() {
    var conditions = status.getProperties().get("conditions");
    assertThat(conditions.getXKubernetesListType()).isEqualTo("map");
    assertThat(conditions.getXKubernetesListMapKeys()).containsExactly("type");
    var condition = conditions.getItems().getSchema();
    assertThat(condition.getRequired())
        .containsExactlyInAnyOrder("type", "status", "reason", "message", "lastTransitionTime");
    var written =
        KUBERNETES.convertValue(
            new Condition("now", "m", 1L, "r", "True", "Ready"), JsonNode.class);
    assertThat(written.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrderElementsOf(condition.getProperties().keySet());
  }

  /**
   * A configuration is the same whether the API server filled in the defaults or the records did.
   */
  @Test
  void defaultsOfSchemaAndRecordsAgree() {
    var defaulted = withDefaults(resource, JsonNodeFactory.instance.objectNode());
    assertThat(KUBERNETES.convertValue(defaulted, MetricsServerConfig.class).getSpec())
        .isEqualTo(MetricsServerConfigSpec.DEFAULT);
    assertThat(defaulted.at("/status/observedGeneration").asInt()).isEqualTo(-1);

    assertSameDefaults(spec, MetricsServerConfigSpec.class);
    var scheduling = spec.getProperties().get("scheduling").getProperties();
    assertSameDefaults(
        scheduling.get("tolerations").getItems().getSchema(), SchedulingSpec.Toleration.class);
    assertSameDefaults(
        scheduling.get("topologySpreadConstraints").getItems().getSchema(),
        SchedulingSpec.TopologySpreadConstraint.class);
  }

  private static void assertSameDefaults(JSONSchemaProps schema, Class<? extends Record> type) {
    var fromSchema = withDefaults(schema, emptyBlocks(schema));
    var record = KUBERNETES.convertValue(JsonNodeFactory.instance.objectNode(), type);
    var fromRecord = KUBERNETES.convertValue(record, JsonNode.class);
    assertThat(withoutEmpty(fromSchema))
        .as(type.getSimpleName())
        .isEqualTo(withoutEmpty(fromRecord));
    assertThat(KUBERNETES.convertValue(fromSchema, type)).isEqualTo(record);
  }

  /**
   * What the API server does: a default takes the place of what is missing, inside what is there.
   */
  private static JsonNode withDefaults(JSONSchemaProps schema, JsonNode value) {
    if (value instanceof ObjectNode object && schema.getProperties() != null) {
      schema
          .getProperties()
          .forEach((name, field) -> {
            if (!object.has(name) && field.getDefault() != null) {
              object.set(name, field.getDefault().deepCopy());
            }
            if (object.has(name)) {
              withDefaults(field, object.get(name));
            }
          });
    }
    return value;
  }

  /** An object in which every block is written, and empty. */
  private static ObjectNode emptyBlocks(JSONSchemaProps schema) {
    var object = JsonNodeFactory.instance.objectNode();
    schema
        .getProperties()
        .forEach((name, field) -> {
          if (field.getProperties() != null
              && !field.getProperties().isEmpty()
              && field.getRequired().isEmpty()) {
            object.set(name, emptyBlocks(field));
          }
        });
    return object;
  }

  /** The values alone: without nulls, and without lists, maps and blocks in which nothing is. */
  private static JsonNode withoutEmpty(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.forEach(CustomResourceDefinitionTest::withoutEmpty);
      object.removeIf(value -> value.isNull() || (value.isContainerNode() && value.isEmpty()));
    }
    return node;
  }

  private List<String> fieldsThat(Predicate<JSONSchemaProps> are) {
    return fields(resource).entrySet().stream()
        .filter(field -> are.test(field.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  private static boolean isUnbounded(JSONSchemaProps field) {
    var text = "string".equals(field.getType()) || field.getXKubernetesIntOrString() != null;
    return (text && field.getEnum().isEmpty() && field.getMaxLength() == null)
        || ("integer".equals(field.getType())
            && (field.getMinimum() == null || field.getMaximum() == null))
        || (field.getItems() != null && field.getMaxItems() == null)
        || (field.getAdditionalProperties() != null && field.getMaxProperties() == null);
  }
}
