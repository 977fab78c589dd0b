package dev.metricsserver.diagnosis;

import dev.metricsserver.api.KubeletSpec.TLSMode;
import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.plan.KubeletPlanner;
import dev.metricsserver.plan.Reason;
import dev.metricsserver.plan.Reason.CertificateNames;
import dev.metricsserver.plan.Reason.Configured;
import dev.metricsserver.plan.Reason.ConfiguredMode;
import dev.metricsserver.plan.Reason.DefaultPort;
import dev.metricsserver.plan.Reason.FewerReplicasLater;
import dev.metricsserver.plan.Reason.ImageOfVersion;
import dev.metricsserver.plan.Reason.InstalledVersion;
import dev.metricsserver.plan.Reason.KubeletTLSReason;
import dev.metricsserver.plan.Reason.LatestVersion;
import dev.metricsserver.plan.Reason.NetworkReason;
import dev.metricsserver.plan.Reason.NeverSeen;
import dev.metricsserver.plan.Reason.NewestVersion;
import dev.metricsserver.plan.Reason.NoCertificateSeen;
import dev.metricsserver.plan.Reason.NotIssued;
import dev.metricsserver.plan.Reason.NotVerifying;
import dev.metricsserver.plan.Reason.PodsNotReplaced;
import dev.metricsserver.plan.Reason.PreviousCertificate;
import dev.metricsserver.plan.Reason.ResourcesReason;
import dev.metricsserver.plan.Reason.RolledBack;
import dev.metricsserver.plan.Reason.SelfSigned;
import dev.metricsserver.plan.Reason.ServingReason;
import dev.metricsserver.plan.Reason.ServingVerified;
import dev.metricsserver.plan.Reason.SignedByAuthority;
import dev.metricsserver.plan.Reason.UnverifiedBefore;
import dev.metricsserver.plan.Reason.UsableNodes;
import dev.metricsserver.plan.Reason.VerifiedBefore;
import java.util.Optional;

/** The reasons of a plan's decisions as clauses: no capital letter at the start, no full stop. */
public final class ReasonText {

  private ReasonText() {}

  /** The clause for a reason. */
  public static String of(Reason reason) {
    return switch (reason) {
      case Configured(var field) -> "spec." + field + " sets it";
      case RolledBack(var trouble) ->
          "the configuration of the spec did not become ready (%s), so the last one that was Ready is in force"
              .formatted(trouble);
      case LatestVersion(var kubernetes) ->
          "spec.version is Latest, and the cluster runs Kubernetes " + kubernetes;
      case InstalledVersion() -> "it is installed, and spec.version names no other";
      case NewestVersion(var kubernetes) -> "it is the newest for Kubernetes " + kubernetes;
      case ImageOfVersion() -> "it is the image of this version";
      case UsableNodes(var usable, var nodes) ->
          "%d of %d nodes can run them".formatted(usable, nodes);
      case FewerReplicasLater(var after) ->
          "the nodes need fewer, but the number is only reduced when that has lasted %d minutes"
              .formatted(after.toMinutes());
      case ResourcesReason(var nodes, var configured) ->
          "for up to %d nodes%s".formatted(nodes, configured ? ", and spec.resources" : "");
      case DefaultPort port -> port(port);
      case NoCertificateSeen() -> "no kubelet presented a certificate, and addresses need no DNS";
      case CertificateNames(var seen, var nodes) ->
          "chosen by the certificates of %d of %d nodes".formatted(seen, nodes);
      case NetworkReason network -> network(network);
      case KubeletTLSReason kubelets -> kubelets(kubelets);
      case ServingReason serving -> serving(serving);
    };
  }

  private static String port(DefaultPort port) {
    return switch (port) {
      case HostNetwork -> "on the host network, kubelets use port 10250";
      case Fargate -> "on Fargate, a pod shares its network with a kubelet, which uses port 10250";
      case Usual -> "firewalls of managed clusters allow it";
    };
  }

  private static String network(NetworkReason reason) {
    return switch (reason) {
      case Strict -> "only the control plane and the nodes may connect";
      case Open ->
          "the API servers are not nodes of this cluster, so the addresses from which they connect"
              + " are unknown and any client may connect to the metrics port";
      case Disabled -> "networkPolicy.mode is Disabled";
      case HostNetwork -> "a NetworkPolicy does not apply to pods on the host network";
      case CiliumMissing ->
          "networkPolicy.mode is Cilium, but this cluster has no CiliumNetworkPolicy";
      case CiliumWithoutPolicies ->
          "where Cilium runs, the address rules of a NetworkPolicy never match nodes, so a policy"
              + " would block all scrapes, and this cluster has no CiliumNetworkPolicy";
    };
  }

  private static String kubelets(KubeletTLSReason reason) {
    return switch (reason) {
      case ConfiguredMode(var mode, var own) when mode == TLSMode.Verify ->
          "kubelet.tls.mode is Verify: %s must have signed the kubelet certificates"
              .formatted(authority(own));
      case ConfiguredMode(var mode, _) -> "kubelet.tls.mode is " + mode;
      case SignedByAuthority(var own) ->
          "kubelet.tls.mode is Auto and %s signed the kubelet certificates"
              .formatted(authority(own));
      case VerifiedBefore() ->
          "kubelet.tls.mode is Auto and the certificates were verified before, so they stay"
              + " verified";
      case NotVerifying(var nodes) ->
          "kubelet.tls.mode is Auto and the certificates of %s do not verify: metrics-server verifies all kubelets or none"
              .formatted(KubeletPlanner.firstNames(nodes));
      case UnverifiedBefore() ->
          "kubelet.tls.mode is Auto and no kubelet presents a certificate, so the previous mode"
              + " stays";
      case NeverSeen() ->
          "kubelet.tls.mode is Auto and no kubelet presents a certificate; an unseen certificate is"
              + " never accepted unverified";
    };
  }

  private static String authority(boolean own) {
    return own ? "kubelet.tls.certificateAuthority" : "the cluster's CA";
  }

  private static String serving(ServingReason reason) {
    return switch (reason) {
      case ServingVerified(var source, var secret) ->
          "the API servers verify metrics-server's certificate with " + authority(source, secret);
      case PreviousCertificate(var unusable) ->
          "the API servers verify the previous certificate, because the configured one cannot be"
              + " used: "
              + ProvidedCertificateText.message(unusable);
      case PodsNotReplaced() ->
          "the API servers accept any certificate until the last pod with a self-signed certificate"
              + " is replaced";
      case NotIssued(var unusable) ->
          unusable.map(ProvidedCertificateText::message).orElse("no certificate is issued yet");
      case SelfSigned() ->
          "each pod makes its own certificate, so the API servers accept any"
              + " (insecureSkipTLSVerify), as spec.serving.tls.source asks";
    };
  }

  private static String authority(Source source, Optional<String> secret) {
    return switch (source) {
      case Operator -> "the operator's CA";
      case CertManager -> "the CA of cert-manager's issuer";
      case Secret -> "ca.crt of Secret " + secret.orElse("");
      case SelfSigned -> "no CA";
    };
  }
}
