package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.metricsserver.api.MetricsServerConfig;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who holds what of an object, and what taking it over makes of that. */
class ManagedFieldsTest {

  private static final KubernetesSerialization OBJECTS = new KubernetesSerialization();

  private static final String US = "metrics-server-operator";
  private static final MetricsServerConfig CONFIG = new MetricsServerConfig();
  private static final String OURS =
      "{manager: metrics-server-operator, operation: Apply, fieldsV1: {'f:spec': {'f:replicas':"
          + " {}}}}";

  private static HasMetadata deployment(String... entries) {
    return OBJECTS.unmarshal(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: metrics-server, namespace: kube-system, managedFields: [%s]}
        """
            .formatted(String.join(", ", entries)));
  }

  private static String theirs(String fields) {
    return "{manager: helm, operation: Update, time: '2026-11-21T12:00:00Z', fieldsV1: %s}"
        .formatted(fields);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'f:spec': {'f:replicas': {}}} | true",
        "{'f:rules': {}} | true",
        "{'f:subjects': {}} | true",
        "{'f:spec': {'f:template': {'f:spec': {}}}} | true",
        "{'f:spec': {'f:template': {'f:metadata': {'f:labels': {}}}}} | true",
        // kubectl rollout restart
        "{'f:spec': {'f:template': {'f:metadata': {'f:annotations': {}}}}} | false",
        "{'f:metadata': {'f:labels': {}}} | false",
        "{'f:metadata': {'f:annotations': {}}, 'f:status': {}} | false",
        // As the token controller, and OpenShift, add to ServiceAccounts.
        "{'f:secrets': {}, 'f:imagePullSecrets': {}} | false"
      })
  void managers_ofContentOnly_areRivals(String fields, boolean rival) {
    assertThat(ManagedFields.rivals(deployment(OURS, theirs(fields)), US)).hasSize(rival ? 1 : 0);
    assertThat(ConflictingWrite.of(deployment(OURS, theirs(fields)), US, CONFIG).isPresent())
        .isEqualTo(rival);
  }

  @Test
  void managers_ofStatusAndScale_areNoRivals() {
    var scaled =
        "{manager: kube-controller-manager, operation: Update, subresource: scale, fieldsV1:"
            + " {'f:spec': {'f:replicas': {}}}}";

    assertThat(ManagedFields.rivals(deployment(OURS, scaled), US)).isEmpty();
  }

  @Test
  void whatIsNotOursWasNotWrittenBack() {
    var fields = theirs("{'f:spec': {'f:replicas': {}}}");

    assertThat(ConflictingWrite.of(deployment(fields), US, CONFIG)).isEmpty();
    assertThat(ConflictingWrite.of(deployment(OURS, fields), US, CONFIG))
        .contains(
            new ConflictingWrite(
                new ObjectName("Deployment", "kube-system", "metrics-server"),
                "helm",
                Instant.parse("2026-11-21T12:00:00Z")));
  }

  /** An object that was deleted first has no mark of ours. */
  @ParameterizedTest
  @CsvSource({
    "2026-11-21T12:00:01Z, 1, False, true",
    "2026-11-21T12:00:00Z, 1, False, false",
    "2026-11-21T12:00:01Z, 2, False, false",
    "2026-11-21T12:00:01Z, 1, True, false"
  })
  void object_recreatedAfterTheAdoption_isAConflictingWrite(
      String created, long generation, String stalled, boolean expected) {
    MetricsServerConfig config =
        OBJECTS.unmarshal(
            """
            apiVersion: metricsserver.dev/v1beta1
            kind: MetricsServerConfig
            metadata: {name: cluster, generation: %d}
            status:
              observedGeneration: 1
              conditions: [{type: Stalled, status: "%s", lastTransitionTime: "2026-11-21T12:00:00Z"}]
            """
                .formatted(generation, stalled),
            MetricsServerConfig.class);
    var recreated = deployment(theirs("{'f:spec': {'f:replicas': {}}}"));
    recreated.getMetadata().setCreationTimestamp(created);

    assertThat(ConflictingWrite.of(recreated, US, config))
        .isEqualTo(
            expected
                ? Optional.of(
                    new ConflictingWrite(
                        new ObjectName("Deployment", "kube-system", "metrics-server"),
                        "helm",
                        Instant.parse(created)))
                : Optional.empty());
  }

  @Test
  void takingOverMakesAllThatWasWrittenOurs() {
    var status =
        "{manager: kube-controller-manager, operation: Update, subresource: status, fieldsV1:"
            + " {'f:status': {}}}";
    var taken =
        ManagedFields.takenOver(
            deployment(
                theirs("{'f:spec': {'f:paused': {}, 'f:template': {'f:a': {}}}}"),
                "{manager: kubectl-edit, operation: Update, fieldsV1: {'f:metadata': {'f:labels':"
                    + " {'.': {}}}, 'f:spec': {'f:template': {'f:b': {}}}, 'f:status': {}}}",
                status,
                OURS),
            US);

    assertThat(taken)
        .extracting(ManagedFieldsEntry::getManager, ManagedFieldsEntry::getOperation)
        .containsExactly(tuple(US, "Apply"), tuple("kube-controller-manager", "Update"));
    assertThat(Serialization.asJson(taken.getFirst().getFieldsV1()))
        .isEqualToIgnoringWhitespace(
            """
            {"f:metadata":{"f:labels":{".":{}}},
             "f:spec":{"f:paused":{},"f:replicas":{},"f:template":{"f:a":{},"f:b":{}}}}
            """);
    assertThat(taken.getFirst().getApiVersion()).isEqualTo("apps/v1");
  }

  @Test
  void anObjectOfAnApplierIsKnown() {
    assertThat(ManagedFields.applied(deployment(OURS), US)).isTrue();
    assertThat(ManagedFields.applied(deployment(OURS.replace("Apply", "Update")), US)).isFalse();
    assertThat(ManagedFields.applied(deployment(theirs("{}")), US)).isFalse();
  }
}
