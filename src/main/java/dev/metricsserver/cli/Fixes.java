package dev.metricsserver.cli;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.observation.Installation;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.api.model.rbac.SubjectBuilder;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Remedies that are one change of one object, as that change. Pure. */
final class Fixes {

  private static final String RBAC = "rbac.authorization.k8s.io";
  private static final Pattern TALOS =
      Pattern.compile("(talosctl -n \\S+ patch mc --patch) '([^']+)'");

  private Fixes() {}

  /** A change of one object. */
  sealed interface Fix {

    /**
     * Some fields of its spec become others.
     *
     * @param object its names and no more
     * @param spec these fields, each as a whole
     */
    record Edited(HasMetadata object, Map<String, Object> spec) implements Fix {}

    /** It comes to be. */
    record Created(HasMetadata object) implements Fix {}

    /**
     * It goes.
     *
     * @param object its names and no more
     */
    record Deleted(HasMetadata object) implements Fix {}

    /**
     * What no API server does: a patch for machines' configuration.
     *
     * @param command what takes it, in front of the patch
     */
    record Machines(String command, String patch) implements Fix {}
  }

  /** The change that mends a finding; empty where that takes more than one, or a person's mind. */
  static Optional<Fix> of(Finding finding, Optional<Installation> installation) {
    var machines = TALOS.matcher(finding.remedy());
    if (machines.find()) {
      return Optional.of(new Fix.Machines(machines.group(1), machines.group(2)));
    }
    if (finding.code().equals("RegistrationLeftBehind")) {
      return Optional.of(new Fix.Deleted(named(new APIService(), null, Names.API_SERVICE)));
    }
    return installation.flatMap(i ->
        switch (i.keeper()) {
          case PausedOperator ->
              finding.remedy().startsWith("kubectl patch msc")
                  ? Optional.of(unpaused())
                  : Optional.empty();
          case Operator -> Optional.empty();
          case Other -> of(finding.code(), i);
        });
  }

  private static Fix unpaused() {
    return new Fix.Edited(
        named(new MetricsServerConfig(), null, MetricsServerConfig.NAME), Map.of("paused", false));
  }

  private static Optional<Fix> of(String code, Installation installation) {
    var service = named(new Service(), installation.namespace(), installation.service());
    var deployment = named(new Deployment(), installation.namespace(), installation.deployment());
    return Optional.ofNullable(
        switch (code) {
          case "ServiceSelectsNothing" ->
              new Fix.Edited(service, Map.of("selector", installation.selector()));
          case "ScaledToZero" -> new Fix.Edited(deployment, Map.of("replicas", 1));
          case "AuthReaderMissing" ->
              new Fix.Created(
                  new RoleBindingBuilder()
                      .withMetadata(metadata(Names.AUTH_READER_NAMESPACE, Names.AUTH_READER))
                      .withNewRoleRef(RBAC, "Role", "extension-apiserver-authentication-reader")
                      .withSubjects(subject(installation))
                      .build());
          case "AuthDelegatorMissing" ->
              new Fix.Created(
                  new ClusterRoleBindingBuilder()
                      .withMetadata(metadata(null, Names.AUTH_DELEGATOR))
                      .withNewRoleRef(RBAC, "ClusterRole", "system:auth-delegator")
                      .withSubjects(subject(installation))
                      .build());
          default -> null;
        });
  }

  private static Subject subject(Installation installation) {
    return new SubjectBuilder()
        .withKind("ServiceAccount")
        .withName(installation.serviceAccount())
        .withNamespace(installation.namespace())
        .build();
  }

  private static HasMetadata named(HasMetadata object, String namespace, String name) {
    object.setMetadata(metadata(namespace, name));
    return object;
  }

  private static ObjectMeta metadata(String namespace, String name) {
    return new ObjectMetaBuilder().withNamespace(namespace).withName(name).build();
  }
}
