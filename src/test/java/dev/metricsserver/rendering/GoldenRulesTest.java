package dev.metricsserver.rendering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Rules for every golden object of every case. */
class GoldenRulesTest {

  private static final YAMLMapper YAML = new YAMLMapper();

  /** Zero values that the API server keeps, because they differ from a missing field. */
  private static final Set<String> KEPT =
      Set.of(
          "automountServiceAccountToken: false",
          "allowPrivilegeEscalation: false",
          // The server drops it; the comparison ignores the difference.
          "insecureSkipTLSVerify: false",
          "maxSurge: 0",
          "maxUnavailable: 0",
          // Of a third-party kind, where the server drops nothing.
          "selfSigned: ");

  /** The only rights that metrics-server needs, and those of users. */
  private static final Set<String> RIGHTS =
      Set.of(
          " nodes/metrics get",
          " pods get list watch",
          " nodes get list watch",
          "metrics.k8s.io pods get list watch",
          "metrics.k8s.io nodes get list watch");

  @TestFactory
  Stream<DynamicTest> zeroValuesThatTheServerDropsAreLeftOut() {
    return forAll(
        "",
        object ->
            assertThat(fields(object).filter(GoldenRulesTest::isZero).map(Field::toString))
                .isSubsetOf(KEPT));
  }

  @TestFactory
  Stream<DynamicTest> quantitiesAreAsTheServerWritesThem() {
    return forAll(
        "Deployment",
        object ->
            assertThat(
                    fields(object)
                        .filter(f -> Set.of("cpu", "memory", "sizeLimit").contains(f.name())))
                .isNotEmpty()
                .allMatch(f -> isCanonical(f.value().asText())));
  }

  @TestFactory
  Stream<DynamicTest> everyPortSaysItsProtocol() {
    return forAll(
        "NetworkPolicy|Service|Deployment",
        object ->
            assertThat(fields(object).filter(f -> f.name().equals("ports")).flatMap(f -> f.items()))
                .isNotEmpty()
                .allMatch(port -> port.hasNonNull("protocol")));
  }

  @TestFactory
  Stream<DynamicTest> everySubjectSaysItsGroupWhereTheServerWouldAddIt() {
    return forAll(
        "RoleBinding|ClusterRoleBinding",
        object -> {
          assertThat(object.at("/roleRef/apiGroup").asText())
              .isEqualTo("rbac.authorization.k8s.io");
          assertThat(object.at("/subjects"))
              .isNotEmpty()
              .allMatch(
                  s -> s.at("/kind").asText().equals("ServiceAccount") || s.hasNonNull("apiGroup"));
        });
  }

  @TestFactory
  Stream<DynamicTest> everyReferenceToAFieldSaysItsVersion() {
    return forAll(
        "Deployment",
        object ->
            assertThat(fields(object).filter(f -> f.name().equals("fieldRef")))
                .allMatch(f -> f.value().hasNonNull("apiVersion")));
  }

  @TestFactory
  Stream<DynamicTest> noRoleGrantsMoreThanIsNeeded() {
    return forAll(
        "Role|ClusterRole",
        object ->
            assertThat(stream(object.at("/rules")).flatMap(GoldenRulesTest::rights))
                .isNotEmpty()
                .isSubsetOf(RIGHTS));
  }

  /** The Pod Security Standard "restricted"; the host network is what "baseline" forbids. */
  @TestFactory
  Stream<DynamicTest> podsAreRestricted() {
    return forAll(
        "Deployment",
        object -> {
          var pod = object.at("/spec/template/spec");
          restricted(pod.at("/securityContext"));
          assertThat(pod.at("/containers")).isNotEmpty().allSatisfy(GoldenRulesTest::restricted);
          assertThat(pod.at("/volumes"))
              .allMatch(v -> v.has("emptyDir") || v.has("secret") || v.has("configMap"));
          assertThat(List.of("hostPID", "hostIPC", "hostUsers", "initContainers", "hostAliases"))
              .noneMatch(pod::has);
          assertThat(fields(object).map(Field::name))
              .doesNotContain("hostPath", "hostPort", "privileged", "add", "procMount", "sysctls");
        });
  }

  private static void restricted(JsonNode pod) {
    var context = pod.has("securityContext") ? pod.at("/securityContext") : pod;
    assertThat(context.at("/runAsNonRoot").asBoolean()).isTrue();
    assertThat(context.at("/runAsUser").asInt()).isEqualTo(65534);
    assertThat(context.at("/runAsGroup").asInt()).isEqualTo(65534);
    assertThat(context.at("/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
    if (pod.has("image")) {
      assertThat(context.at("/allowPrivilegeEscalation").asBoolean(true)).isFalse();
      assertThat(context.at("/readOnlyRootFilesystem").asBoolean()).isTrue();
      assertThat(context.at("/capabilities/drop")).extracting(JsonNode::asText).contains("ALL");
      assertThat(stream(pod.at("/resources/limits"))).hasSize(2);
      assertThat(stream(pod.at("/resources/requests"))).hasSize(2);
      assertThat(pod.at("/terminationMessagePolicy").asText()).isEqualTo("FallbackToLogsOnError");
    }
  }

  @TestFactory
  Stream<DynamicTest> everythingCanBeFoundByItsLabels() {
    return forAll(
        "",
        object ->
            assertThat(fields(object.at("/metadata/labels")).map(Field::toString))
                .contains(
                    "k8s-app: metrics-server",
                    "app.kubernetes.io/name: metrics-server",
                    "app.kubernetes.io/managed-by: metrics-server-operator"));
  }

  /** A renderer leaves out fields that the server or the garbage collector sets. */
  @TestFactory
  Stream<DynamicTest> nothingButItsNameLabelsAndAnnotationsIsMetadata() {
    return forAll(
        "",
        object -> {
          assertThat(fields(object.at("/metadata")).map(Field::name)).contains("name", "labels");
          assertThat(object.at("/metadata").fieldNames())
              .toIterable()
              .isSubsetOf("name", "namespace", "labels", "annotations");
          assertThat(object.has("status")).isFalse();
        });
  }

  // ------------------------------------------------------------------------------------- helpers

  /** A field at any depth. */
  record Field(String name, JsonNode value) {

    Stream<JsonNode> items() {
      return stream(value);
    }

    @Override
    public String toString() {
      return name + ": " + value.asText();
    }
  }

  /** A test for each golden file of these kinds. */
  private static Stream<DynamicTest> forAll(String kinds, Consumer<JsonNode> rule) {
    try {
      var tests =
          GoldenTest.directories().stream()
              .flatMap(GoldenRulesTest::files)
              .filter(f ->
                  kinds.isEmpty() || f.getFileName().toString().matches("out-(" + kinds + ")-.*"))
              .map(f ->
                  dynamicTest(
                      f.getParent().getFileName() + "/" + f.getFileName(),
                      () -> rule.accept(YAML.readTree(f.toFile()))))
              .toList();
      assertThat(tests).isNotEmpty();
      return tests.stream();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Stream<Path> files(Path directory) {
    try {
      return GoldenTest.outputs(directory).stream().map(directory::resolve);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Stream<Field> fields(JsonNode node) {
    var own = node.properties().stream().map(e -> new Field(e.getKey(), e.getValue()));
    return Stream.concat(own, stream(node).flatMap(GoldenRulesTest::fields));
  }

  private static Stream<JsonNode> stream(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false);
  }

  private static boolean isZero(Field field) {
    var value = field.value();
    return value.isNull()
        || (value.isContainerNode() && value.isEmpty())
        || (value.isTextual() && value.asText().isEmpty())
        || (value.isBoolean() && !value.asBoolean())
        || (value.isNumber() && value.decimalValue().signum() == 0);
  }

  private static Stream<String> rights(JsonNode rule) {
    var verbs = String.join(" ", stream(rule.at("/verbs")).map(JsonNode::asText).toList());
    return stream(rule.at("/apiGroups"))
        .flatMap(group ->
            stream(rule.at("/resources"))
                .map(resource -> group.asText() + " " + resource.asText() + " " + verbs));
  }

  /** As large a unit as possible without a fraction. */
  private static boolean isCanonical(String amount) {
    var number = new BigDecimal(amount.replaceAll("[A-Za-z]+$", ""));
    var unit = amount.replaceAll("^[0-9.]+", "");
    var factor = new BigDecimal(unit.endsWith("i") ? 1024 : 1000);
    return number.scale() <= 0
        && number.remainder(factor).signum() != 0
        && Quantity.parse(amount).getNumericalAmount().signum() > 0;
  }
}
