package dev.metricsserver.controller;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.dependents.ManagedDependent;
import dev.metricsserver.dependents.ReconcileState;
import dev.metricsserver.model.ManagedFields;
import dev.metricsserver.plan.InstallationOrder;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.Serving;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.APIServiceBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The writes of a paused operator: it renews certificates, and keeps owner references as {@code
 * deletionPolicy} says. Only objects that the operator has applied are written, and only if they
 * are still those that was decided by; it creates and deletes none. Without it a pause of months
 * would end in an expired certificate.
 */
final class PausedUpkeep {

  private final KubernetesClient client;
  private final MetricsServerConfig config;
  private final ReconcileState state;
  private final PlannedObjects objects;

  PausedUpkeep(
      MetricsServerConfig config, ReconcileState state, Context<MetricsServerConfig> context) {
    this.client = context.getClient();
    this.config = config;
    this.state = state;
    this.objects = new PlannedObjects(config, state.plan(), context);
  }

  /** Carries them out; their events start the next reconcile. */
  void carryOut() {
    if (isSourceInForce()) {
      secrets().forEach(this::renew);
      renewAuthority();
    }
    Stream.concat(objects.desired().stream(), secrets()).forEach(this::keepOwner);
  }

  /** Another source of the certificate is a change that waits for the end of the pause. */
  private boolean isSourceInForce() {
    return Optional.ofNullable(config.getStatus())
        .map(status -> status.servingTLS())
        .map(serving -> serving.source())
        .filter(state.plan().serving().source().name()::equals)
        .isPresent();
  }

  private Stream<Secret> secrets() {
    var certificates = state.certificates();
    return Stream.of(
            certificates.authority().map(_ -> Serving.authority(state.plan(), certificates)),
            certificates.leaf().map(_ -> Serving.certificate(state.plan(), certificates)))
        .flatMap(Optional::stream);
  }

  private void renew(Secret desired) {
    applied(desired)
        .filter(actual ->
            InstallationOrder.appliesServingSecret(
                state.plan().serving(), true, isDecidedBy(actual)))
        .filter(actual -> !actual.getData().equals(desired.getData()))
        .ifPresent(actual -> {
          desired.getMetadata().setResourceVersion(actual.getMetadata().getResourceVersion());
          ManagedDependent.own(desired, config);
          apply(desired);
        });
  }

  private boolean isDecidedBy(Secret actual) {
    return actual
        .getMetadata()
        .getResourceVersion()
        .equals(state.secretVersions().get(actual.getMetadata().getName()));
  }

  /** The APIService stays as it is but for the CA. */
  private void renewAuthority() {
    var desired = Serving.apiService(state.plan());
    applied(desired)
        .filter(actual -> desired.getSpec().getCaBundle() != null)
        .filter(actual -> desired.getSpec().getService().equals(actual.getSpec().getService()))
        .filter(actual -> !Boolean.TRUE.equals(actual.getSpec().getInsecureSkipTLSVerify()))
        .filter(actual -> !desired.getSpec().getCaBundle().equals(actual.getSpec().getCaBundle()))
        .ifPresent(actual -> apply(withAuthority(desired, actual)));
  }

  private APIService withAuthority(APIService desired, APIService actual) {
    var metadata = desired.getMetadata();
    metadata.setResourceVersion(actual.getMetadata().getResourceVersion());
    var labels = new HashMap<>(actual.getMetadata().getLabels());
    labels.keySet().retainAll(metadata.getLabels().keySet());
    metadata.setLabels(labels);
    var changed =
        new APIServiceBuilder()
            .withMetadata(metadata)
            .withNewSpecLike(actual.getSpec())
            .withInsecureSkipTLSVerify(false)
            .withCaBundle(desired.getSpec().getCaBundle())
            .endSpec()
            .build();
    ManagedDependent.own(changed, config);
    return changed;
  }

  private void apply(HasMetadata object) {
    write(() ->
        client
            .resource(object)
            .fieldManager(MetricsServerReconciler.FIELD_MANAGER)
            .forceConflicts()
            .serverSideApply());
  }

  private void keepOwner(HasMetadata desired) {
    applied(desired)
        .ifPresent(actual -> {
          var others =
              actual.getMetadata().getOwnerReferences().stream().filter(this::isOther).toList();
          var owned = others.size() < actual.getMetadata().getOwnerReferences().size();
          var own = ownReferences(desired);
          if (owned != !own.isEmpty()) {
            patchOwners(actual, Stream.concat(others.stream(), own.stream()).toList());
          }
        });
  }

  private boolean isOther(OwnerReference reference) {
    return !config.getMetadata().getUid().equals(reference.getUid());
  }

  private List<OwnerReference> ownReferences(HasMetadata desired) {
    desired.getMetadata().setOwnerReferences(new ArrayList<>());
    ManagedDependent.own(desired, config);
    return desired.getMetadata().getOwnerReferences();
  }

  private void patchOwners(HasMetadata actual, List<OwnerReference> owners) {
    var metadata =
        Map.of(
            "resourceVersion",
            actual.getMetadata().getResourceVersion(),
            "ownerReferences",
            owners);
    write(() ->
        client
            .resource(actual)
            .patch(
                new PatchContext.Builder()
                    .withPatchType(PatchType.JSON_MERGE)
                    .withFieldManager(MetricsServerReconciler.FIELD_MANAGER)
                    .build(),
                client.getKubernetesSerialization().asJson(Map.of("metadata", metadata))));
  }

  private <R extends HasMetadata> Optional<R> applied(R desired) {
    return objects
        .actual(desired)
        .filter(actual -> ManagedFields.applied(actual, Names.MANAGED_BY));
  }

  /** An object that has changed meanwhile is left to the next reconcile. */
  private void write(Runnable request) {
    try {
      request.run();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT
          && e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
    }
  }
}
