package dev.metricsserver.api;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDGenerator.AbstractCRDOutput;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The CustomResourceDefinition of {@link MetricsServerConfig}, generated from its types. fabric8's
 * generator reads the annotations of every field; what it has no annotation for is completed here.
 */
final class CustomResourceDefinitions {

  /** Where the generated definition is kept. */
  static final Path FILE = Path.of("crds/metricsserverconfigs.metricsserver.dev.yaml");

  /** The schema of what users write, as the command line reads it: JSON is read in a moment. */
  static final Path SCHEMA =
      Path.of("src/main/resources/dev/metricsserver/cli/validation/schema.json");

  /** Writes {@link #FILE} and {@link #SCHEMA} again. */
  static final String REGENERATE =
      "./mvnw -q test -Dtest=CustomResourceDefinitionTest,ReferenceTest -Dgolden=update";

  /**
   * Kubernetes' own Condition, as Go types generate it; fabric8's class says nothing about its
   * fields.
   */
  private static final String CONDITION =
      """
      description: One aspect of the current state.
      type: object
      required: [type, status, reason, message, lastTransitionTime]
      properties:
        type:
          description: What the condition is about, such as Ready.
          type: string
          maxLength: 316
        status:
          description: True, False or Unknown.
          type: string
          enum: ["True", "False", Unknown]
        reason:
          description: Why the status is what it is, in one word for programs.
          type: string
          minLength: 1
          maxLength: 1024
          pattern: ^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$
        message:
          description: Why the status is what it is, and what to do about it, for people.
          type: string
          maxLength: 32768
        observedGeneration:
          description: The generation of the spec that the condition speaks of.
          type: integer
          format: int64
          minimum: 0
        lastTransitionTime:
          description: When the status changed last.
          type: string
          format: date-time
      """;

  private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();

  /**
   * Whole sentences on a line, so that a change of one shows as one; quotes where YAML needs them.
   */
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .addModule(new SimpleModule().addSerializer(Double.class, new WholeNumbers()))
          .build();

  private CustomResourceDefinitions() {}

  /** The definition that the types say now. */
  static CustomResourceDefinition generate() {
    var output = new Output();
    new CRDGenerator()
        .customResourceClasses(MetricsServerConfig.class)
        .withOutput(output)
        .generate();
    var definition =
        KUBERNETES.unmarshal(
            output.bytes.toString(StandardCharsets.UTF_8), CustomResourceDefinition.class);
    complete(definition);
    return definition;
  }

  /** The schema of the resource in the only version there is. */
  static JSONSchemaProps schema(CustomResourceDefinition definition) {
    return definition.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
  }

  /** The text of {@link #SCHEMA}. */
  static String json(CustomResourceDefinition definition) throws JsonProcessingException {
    var schema =
        (ObjectNode) YAML.readTree(yaml(definition)).at("/spec/versions/0/schema/openAPIV3Schema");
    schema.withObjectProperty("properties").remove("status");
    return schema.toPrettyString() + "\n";
  }

  /** The text of {@link #FILE}. */
  static String yaml(CustomResourceDefinition definition) throws JsonProcessingException {
    return "# Generated from src/main/java/dev/metricsserver/api. After a change there:\n# "
        + REGENERATE
        + "\n"
        + YAML.writeValueAsString(KUBERNETES.convertValue(definition, Object.class));
  }

  /**
   * Every schema below this one, by the path that the API server's messages name it with; {@code
   * [0]} stands for the elements of a list and {@code .KEY} for the values of a map.
   */
  static Map<String, JSONSchemaProps> fields(JSONSchemaProps schema) {
    var fields = new LinkedHashMap<String, JSONSchemaProps>();
    children(schema)
        .forEach((name, child) -> {
          fields.put(name, child);
          fields(child).forEach((path, field) -> fields.put(name + path, field));
        });
    return fields;
  }

  private static Map<String, JSONSchemaProps> children(JSONSchemaProps schema) {
    var children = new LinkedHashMap<String, JSONSchemaProps>();
    if (schema.getProperties() != null) {
      schema.getProperties().forEach((name, property) -> children.put("." + name, property));
    }
    if (schema.getItems() != null) {
      children.put("[0]", schema.getItems().getSchema());
    }
    if (schema.getAdditionalProperties() != null) {
      children.put(".KEY", schema.getAdditionalProperties().getSchema());
    }
    return children;
  }

  private static void complete(CustomResourceDefinition definition) {
    var columns = definition.getSpec().getVersions().getFirst().getAdditionalPrinterColumns();
    inDeclaredOrder(columns);
    // The API server drops a zero, and kubectl apply would find a difference for ever.
    columns.stream()
        .filter(column -> Integer.valueOf(0).equals(column.getPriority()))
        .forEach(column -> column.setPriority(null));
    definition.getSpec().getNames().setCategories(List.of("metrics"));

    var resource = schema(definition);
    resource.setDescription(description(MetricsServerConfig.class));
    withoutRepeatedRules(resource);
    fields(resource).values().forEach(CustomResourceDefinitions::withoutRepeatedRules);

    // Without a default a resource without spec has no defaults inside it either, and its namespace
    // could be changed.
    var spec = resource.getProperties().get("spec");
    spec.setDescription(description(MetricsServerConfigSpec.class));
    spec.setDefault(yaml("{}"));
    annotate(spec, MetricsServerConfigSpec.class);

    // kstatus takes a resource that no operator has looked at for ready, unless its generations
    // differ.
    var status = resource.getProperties().get("status");
    status.setDescription(description(MetricsServerConfigStatus.class));
    status.setDefault(yaml("observedGeneration: -1"));
    annotate(status, MetricsServerConfigStatus.class);

    var conditions = status.getProperties().get("conditions");
    conditions.setXKubernetesListType("map");
    conditions.setXKubernetesListMapKeys(List.of("type"));
    conditions.getItems().setSchema(KUBERNETES.unmarshal(CONDITION, JSONSchemaProps.class));
  }

  private static String description(Class<?> type) {
    return type.getAnnotation(JsonClassDescription.class).value();
  }

  private static JsonNode yaml(String text) {
    return KUBERNETES.unmarshal(text, JsonNode.class);
  }

  /**
   * The generator sorts columns by their path; {@code kubectl get} shows them in the order of this
   * list.
   */
  private static void inDeclaredOrder(List<CustomResourceColumnDefinition> columns) {
    var declared =
        Arrays.stream(MetricsServerConfig.class.getAnnotationsByType(AdditionalPrinterColumn.class))
            .map(AdditionalPrinterColumn::name)
            .toList();
    columns.sort(Comparator.comparingInt(column -> declared.indexOf(column.getName())));
  }

  /**
   * The generator takes a rule on a record's component twice: from the field and from the accessor.
   */
  private static void withoutRepeatedRules(JSONSchemaProps schema) {
    schema.setXKubernetesValidations(
        schema.getXKubernetesValidations().stream().distinct().toList());
  }

  /** Formats of numbers, types of lists, and what {@link OpenAPI} adds. */
  private static void annotate(JSONSchemaProps schema, Type type) {
    if (type == Long.class) {
      schema.setFormat("int64");
    } else if (type == Integer.class) {
      schema.setFormat("int32");
    } else if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      schema.setXKubernetesListType(OpenAPI.ListType.atomic.name());
      annotate(schema.getItems().getSchema(), list.getActualTypeArguments()[0]);
    } else if (type instanceof Class<?> record && record.isRecord()) {
      for (var component : record.getRecordComponents()) {
        var field = schema.getProperties().get(component.getName());
        if (field != null) {
          annotate(field, component.getGenericType());
          Optional.ofNullable(component.getAnnotation(OpenAPI.class))
              .ifPresent(a -> apply(a, field));
        }
      }
    }
  }

  private static void apply(OpenAPI annotation, JSONSchemaProps field) {
    if (!annotation.format().isEmpty()) {
      field.setFormat(annotation.format());
    }
    if (annotation.values().length > 0) {
      field.setEnum(
          Stream.of(annotation.values())
              .<JsonNode>map(JsonNodeFactory.instance::textNode)
              .toList());
    }
    if (field.getItems() != null) {
      field.setXKubernetesListType(annotation.list().name());
      field.setXKubernetesListMapKeys(List.of(annotation.keys()));
    }
  }

  /** Writes bounds as people do: 65535, not 65535.0. */
  private static final class WholeNumbers extends JsonSerializer<Double> {

    @Override
    public void serialize(Double value, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      generator.writeNumber(BigDecimal.valueOf(value).toBigIntegerExact());
    }
  }

  private static final class Output extends AbstractCRDOutput<ByteArrayOutputStream> {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    protected ByteArrayOutputStream createStreamFor(String name) {
      return bytes;
    }
  }
}
