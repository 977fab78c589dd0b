package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Step.Run;
import dev.metricsserver.model.MissingRight;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Remedies for requests of the operator that the API server rejects. */
public final class OperatorRemedy {

  private OperatorRemedy() {}

  /** The operator retries. */
  public static Remedy retry() {
    return Remedy.none("none if it passes: the operator retries")
        .or(
            Step.run(
                "to see the reason",
                "kubectl -n metrics-server-operator logs deployment/metrics-server-operator"));
  }

  /**
   * A request was forbidden.
   *
   * @param right that is missing; empty where a policy other than RBAC forbids the request
   */
  public static Remedy forbidden(Optional<MissingRight> right) {
    var reinstall =
        Remedy.manual(
            "install the operator again from its release, with Helm or deploy/install.yaml");
    return right
        .map(missing -> reinstall.or(grant(missing)))
        .orElseGet(() -> reinstall.or("exempt the operator from the policy that rejects it"));
  }

  /** Grants one right and nothing else. */
  static Remedy grant(MissingRight right) {
    var resource = right.resource().split("[./]", 2)[0];
    return grant(
        right,
        "metrics-server-operator-%s-%s%s"
            .formatted(right.verb(), resource, right.name().map(n -> "-" + n).orElse("")));
  }

  /** Grants one right and nothing else, by a role of this name. */
  static Remedy grant(MissingRight right, String role) {
    var kind = right.namespace().isPresent() ? "role" : "clusterrole";
    var names = new ArrayList<Object>(List.of(role));
    right.namespace().ifPresent(names::add);
    var template = right.namespace().isPresent() ? " %s -n %s" : " %s";
    var create = new ArrayList<>(names);
    create.addAll(List.of(right.verb(), right.resource()));
    right.name().ifPresent(create::add);
    var bind = new ArrayList<>(names);
    bind.addAll(List.of(role, right.account()));
    return Remedy.of(
        new Run(
            new Command(
                "kubectl create "
                    + kind
                    + template
                    + " --verb=%s --resource=%s"
                    + (right.name().isPresent() ? " --resource-name=%s" : ""),
                create),
            "to create a role with this right alone"),
        new Run(
            new Command(
                "kubectl create "
                    + kind
                    + "binding"
                    + template
                    + " --"
                    + kind
                    + "=%s --serviceaccount=%s",
                bind),
            "to bind it to the operator"));
  }
}
