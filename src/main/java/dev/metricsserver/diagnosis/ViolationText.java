package dev.metricsserver.diagnosis;

import dev.metricsserver.api.MetricsServerConfigSpec.ConflictPolicy;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Violation;
import dev.metricsserver.plan.Violation.FirstVersion;
import dev.metricsserver.plan.Violation.FlagOfField;
import dev.metricsserver.plan.Violation.HarmfulFlag;
import dev.metricsserver.plan.Violation.HarmfulFlag.Harm;
import dev.metricsserver.plan.Violation.InExtraArgs;
import dev.metricsserver.plan.Violation.InvalidCIDR;
import dev.metricsserver.plan.Violation.LimitBelowRequest;
import dev.metricsserver.plan.Violation.MalformedArgument;
import dev.metricsserver.plan.Violation.MissingAuthority;
import dev.metricsserver.plan.Violation.MissingNamespace;
import dev.metricsserver.plan.Violation.NoCertManager;
import dev.metricsserver.plan.Violation.NoVersion;
import dev.metricsserver.plan.Violation.NothingToObserve;
import dev.metricsserver.plan.Violation.OfConflictPolicy;
import dev.metricsserver.plan.Violation.OfOneField;
import dev.metricsserver.plan.Violation.OfPod;
import dev.metricsserver.plan.Violation.OfVersion;
import dev.metricsserver.plan.Violation.OtherDigest;
import dev.metricsserver.plan.Violation.OtherSelector;
import dev.metricsserver.plan.Violation.OtherTag;
import dev.metricsserver.plan.Violation.OwnedObjects;
import dev.metricsserver.plan.Violation.PortTaken;
import dev.metricsserver.plan.Violation.Reverted;
import dev.metricsserver.plan.Violation.ServedElsewhere;
import dev.metricsserver.plan.Violation.UnknownFlag;
import dev.metricsserver.plan.Violation.UnknownVersion;
import dev.metricsserver.plan.Violation.UnsupportedField;
import dev.metricsserver.plan.Violation.VersionNeedsNewerKubernetes;
import dev.metricsserver.plan.Violation.VmoduleWithJSON;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The words for a violation of the spec.
 *
 * @param field the path of the field below {@code spec}; empty if no field is wrong
 * @param message the wrong value, and why it is wrong
 * @param remedy how to resolve it
 */
public record ViolationText(String field, String message, Remedy remedy) {

  /** The words for a violation. */
  public static ViolationText of(Violation violation) {
    return switch (violation) {
      case InExtraArgs v -> extraArgs(v);
      case OfVersion v -> version(v);
      case OfConflictPolicy v -> conflictPolicy(v);
      case OwnedObjects(var owner, var objects) ->
          text(
              violation,
              "%s installed %s (recognised by %s), and the operator changed nothing"
                  .formatted(OwnerText.name(owner), objects(objects), owner.mark()),
              OwnerText.resolution(owner, objects));
      case Reverted v -> reverted(v);
      case OfOneField v -> field(v);
    };
  }

  /** The message with the field before it. */
  public String sentence() {
    return field.isEmpty() ? message : "spec." + field + ": " + message;
  }

  private static ViolationText text(Violation violation, String message, String manual) {
    return text(violation, message, Remedy.manual(manual));
  }

  private static ViolationText text(Violation violation, String message, Remedy remedy) {
    return new ViolationText(violation.field(), message, remedy);
  }

  private static ViolationText field(OfOneField violation) {
    return switch (violation) {
      case OfPod v -> pod(v);
      case UnsupportedField(_, var version, var first) ->
          text(
              violation,
              "metrics-server %s does not support this, %s is the first version that does"
                  .formatted(version, first.version()),
              "remove it, or " + orNewer(first));
      case MissingNamespace(var namespace) ->
          text(
              violation,
              "namespace %s does not exist".formatted(namespace),
              "create it: kubectl create namespace " + Words.plainOr("NAMESPACE", namespace));
      case NoCertManager() ->
          text(
              violation,
              "CertManager needs cert-manager, and the cluster has no certificates and issuers of"
                  + " cert-manager.io/v1",
              "install it, see https://cert-manager.io/docs/installation/, or set"
                  + " spec.serving.tls.source: Operator");
      case MissingAuthority(var missing) ->
          text(violation, TrustBundleText.message(missing), TrustBundleText.remedy(missing));
      case InvalidCIDR(_, var cidr) ->
          text(
              violation,
              cidr + " is not a CIDR",
              "write an address and a prefix length, such as 10.0.0.0/28");
      case OtherTag v -> tag(v);
      case OtherDigest(var other, var version, var digest) ->
          text(
              violation,
              "this is the image of metrics-server %s, and version %s is to run"
                  .formatted(other, version),
              "set version to %s, or image.digest to %s".formatted(other, digest));
    };
  }

  private static ViolationText tag(OtherTag violation) {
    return text(
        violation,
        "this is the tag of metrics-server %s, and version %s is to run"
            .formatted(violation.other(), violation.version()),
        "remove version or image.tag, or set version to " + violation.other());
  }

  private static ViolationText pod(OfPod violation) {
    return switch (violation) {
      case PortTaken(var port, var node, var usual) ->
          text(
              violation,
              "%d is the kubelet's port on node %s, and with hostNetwork metrics-server needs it too"
                  .formatted(port, node),
              "set port to one that is free on every node"
                  + usual.map(", or remove it for %d"::formatted).orElse(""));
      case LimitBelowRequest(var resource, var limit, var request) ->
          text(
              violation,
              "the limit %s is below the request %s".formatted(limit, request),
              "raise resources.limits.%s or lower resources.requests.%s"
                  .formatted(resource, resource));
    };
  }

  private static ViolationText extraArgs(InExtraArgs violation) {
    return switch (violation) {
      case VmoduleWithJSON() ->
          text(
              violation,
              "metrics-server does not start with --vmodule and JSON logs",
              "remove --vmodule, or set logging.format: Text");
      case MalformedArgument(var argument) ->
          text(
              violation, argument + " is not of the form --name=value", "write it as --name=value");
      case UnknownFlag(var version, var flag, var first) ->
          text(
              violation,
              "metrics-server %s has no flag --%s".formatted(version, flag),
              "remove it" + first.map(f -> ", or " + orNewer(f)).orElse(""));
      case FlagOfField(var flag, var owner) ->
          text(
              violation,
              "--%s is set by spec.%s".formatted(flag, owner),
              "remove it and set spec." + owner);
      case HarmfulFlag(var flag, var harm) ->
          text(violation, "--%s is rejected: %s".formatted(flag, harm(harm)), "remove it");
    };
  }

  private static String harm(Harm harm) {
    return switch (harm) {
      case NoUseBehindAggregation -> "it has no effect behind the aggregation layer";
      case SendsRequestsElsewhere ->
          "it would send requests to a destination that the operator does not manage";
      case OtherCredentials -> "metrics-server uses the credentials of its own ServiceAccount";
      case OtherTrust -> "it changes which clients metrics-server trusts";
      case OtherAddress -> "metrics-server listens where its Service and probes expect it";
      case OtherCertificate -> "the operator chooses the serving certificate";
      case Slow -> "it slows metrics-server down";
      case NoAuthentication -> "it opens access without authentication";
      case OtherBehaviour -> "it changes the behaviour of the version";
      case Exits -> "metrics-server would print and exit";
      case FeatureOff ->
          "metrics-server cannot turn on the feature that it needs, and would not start";
      case OperatorsDelay -> "the operator sets it, so that no request fails during a rollout";
      case OldTLS -> "it could allow old TLS versions";
    };
  }

  private static ViolationText version(OfVersion violation) {
    return switch (violation) {
      case NoVersion(var kubernetes) ->
          text(
              violation,
              "no metrics-server version known to this operator runs on Kubernetes " + kubernetes,
              "upgrade the cluster to Kubernetes 1.25 or newer");
      case VersionNeedsNewerKubernetes(var version, var needed, var kubernetes, var usable) ->
          text(
              violation,
              "metrics-server %s needs Kubernetes %s or newer, this cluster has %s"
                  .formatted(version, needed, kubernetes),
              oneOf(usable));
      case UnknownVersion(var version, var usable) ->
          text(
              violation,
              "metrics-server %s is not known to this operator".formatted(version),
              oneOf(usable));
    };
  }

  private static ViolationText conflictPolicy(OfConflictPolicy violation) {
    return switch (violation) {
      case OtherSelector(var namespace, var app) ->
          text(
              violation,
              "the Deployment metrics-server selects pods labelled k8s-app=%s, which cannot be changed, and the operator's pods are labelled k8s-app=metrics-server"
                  .formatted(app),
              "delete it and leave its pods, which serve until the operator's do: kubectl -n %s delete deployment metrics-server --cascade=orphan"
                  .formatted(Words.plainOr("NAMESPACE", namespace)));
      case ServedElsewhere(var other, var namespace) ->
          text(
              violation,
              "the metrics API is served from namespace %1$s, with ClusterRoleBindings of the names that the operator's in namespace %2$s need, so there would be no metrics until those pods are ready"
                  .formatted(other, namespace),
              "adopt it where it is, without a gap: kubectl delete msc cluster, and create it again with spec.namespace: %1$s"
                  .formatted(Words.plainOr("NAMESPACE", other)));
      case NothingToObserve() ->
          text(
              violation,
              "the cluster has no metrics API, and with Observe the operator installs none",
              OwnerText.set(ConflictPolicy.Refuse) + " lets it install one");
    };
  }

  private static ViolationText reverted(Reverted v) {
    return text(
        v,
        "%s changed %s %d times within %d minutes after the operator had adopted it, so the operator stopped changing it"
            .formatted(v.manager(), v.object(), v.times(), v.minutes()),
        "find out what applies it and stop that, then %s and %s; or leave it to its owner and let the operator only observe it: the first of these two commands alone"
            .formatted(OwnerText.set(ConflictPolicy.Observe), OwnerText.set(ConflictPolicy.Adopt)));
  }

  private static String objects(List<UnmanagedObject> objects) {
    return objects.stream()
        .map(f -> f.object() + served(f.serves()))
        .collect(Collectors.joining(", "));
  }

  private static String served(List<ObjectName> serves) {
    return serves.isEmpty()
        ? ""
        : serves.stream().map(ObjectName::inWords).collect(Collectors.joining(", ", " (for ", ")"));
  }

  private static String orNewer(FirstVersion first) {
    return "set version to %s or newer, which needs Kubernetes %s or newer"
        .formatted(first.version(), first.kubernetes());
  }

  private static String oneOf(List<String> usable) {
    return "set version to one of " + String.join(", ", usable) + ", or remove it";
  }
}
