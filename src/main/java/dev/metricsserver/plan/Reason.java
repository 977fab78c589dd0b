package dev.metricsserver.plan;

import dev.metricsserver.api.KubeletSpec.TLSMode;
import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Why a decision of the plan is as it is. */
public sealed interface Reason {

  /** Why a version of metrics-server runs. */
  sealed interface VersionReason extends Reason {}

  /** Why an image is used. */
  sealed interface ImageReason extends Reason {}

  /** Why there is this number of replicas. */
  sealed interface ReplicasReason extends Reason {}

  /** Why the pods serve on a port. */
  sealed interface PortReason extends Reason {}

  /** Why the kubelets' addresses are dialled in this order. */
  sealed interface AddressTypesReason extends Reason {}

  /**
   * A field of the spec sets the value.
   *
   * @param field its path below {@code spec}
   */
  record Configured(String field)
      implements VersionReason, ImageReason, ReplicasReason, PortReason, AddressTypesReason {}

  /**
   * The configuration that was last Ready is in force.
   *
   * @param trouble the reason for which the pods of the wanted one did not become ready
   */
  record RolledBack(String trouble) implements VersionReason {}

  /** The spec asks for the newest version that supports the cluster's Kubernetes. */
  record LatestVersion(KubernetesVersion kubernetes) implements VersionReason {}

  /** The version is installed, and the spec names no other. */
  record InstalledVersion() implements VersionReason {}

  /** Nothing is installed, and this is the newest version that supports the Kubernetes. */
  record NewestVersion(KubernetesVersion kubernetes) implements VersionReason {}

  /** It is the image of the chosen version. */
  record ImageOfVersion() implements ImageReason {}

  /**
   * The number of nodes that can run a pod.
   *
   * @param usable how many of the nodes can
   */
  record UsableNodes(int usable, int nodes) implements ReplicasReason {}

  /**
   * The nodes need fewer replicas, but not for long enough.
   *
   * @param after how long this must last
   */
  record FewerReplicasLater(Duration after) implements ReplicasReason {}

  /**
   * The resources suffice for a number of nodes.
   *
   * @param configured whether the spec sets some of the amounts
   */
  record ResourcesReason(int nodes, boolean configured) implements Reason {}

  /** Why a port is chosen that the spec does not set. */
  enum DefaultPort implements PortReason {
    /** On the host network, the kubelet uses the usual port. */
    HostNetwork,
    /** On AWS Fargate, a pod shares its network with a kubelet. */
    Fargate,
    /** The firewalls of managed clusters allow the port of the kubelets. */
    Usual
  }

  /** No kubelet presented a certificate, and addresses need no DNS. */
  record NoCertificateSeen() implements AddressTypesReason {}

  /**
   * The addresses that the kubelets' certificates name.
   *
   * @param seen how many kubelets presented a certificate
   */
  record CertificateNames(int seen, int nodes) implements AddressTypesReason {}

  /** Why kubelet certificates are verified, or not. */
  sealed interface KubeletTLSReason extends Reason {}

  /**
   * {@code kubelet.tls.mode} sets the mode.
   *
   * @param ownAuthority whether {@code kubelet.tls.certificateAuthority} is set
   */
  record ConfiguredMode(TLSMode mode, boolean ownAuthority) implements KubeletTLSReason {}

  /**
   * The certificate authority signed each certificate that a kubelet presented.
   *
   * @param ownAuthority whether {@code kubelet.tls.certificateAuthority} is set
   */
  record SignedByAuthority(boolean ownAuthority) implements KubeletTLSReason {}

  /** The certificates were verified before, which only an explicit mode ends. */
  record VerifiedBefore() implements KubeletTLSReason {}

  /**
   * Certificates do not verify.
   *
   * @param nodes the names of the nodes that present them
   */
  record NotVerifying(List<String> nodes) implements KubeletTLSReason {}

  /** No kubelet presents a certificate, and the installed metrics-server does not verify them. */
  record UnverifiedBefore() implements KubeletTLSReason {}

  /** No kubelet presents a certificate, and an unseen certificate is not accepted. */
  record NeverSeen() implements KubeletTLSReason {}

  /** Whether the API servers verify metrics-server's serving certificate, and why. */
  sealed interface ServingReason extends Reason {

    /** The state of the serving certificate; its name is the reason of the status condition. */
    State state();

    /** The states of the serving certificate. */
    enum State {
      /** The API servers verify it. */
      Verified,
      /** They verify it as soon as the last pod without it is gone. */
      PodsNotReplaced,
      /** They verify it as soon as one is issued. */
      NotIssued,
      /** They accept any certificate, because the spec asks for that. */
      SelfSigned
    }
  }

  /**
   * The API servers verify the certificate.
   *
   * @param secret the Secret of the spec that holds the CA; only if that is the source
   */
  record ServingVerified(Source source, Optional<String> secret) implements ServingReason {
    @Override
    public State state() {
      return State.Verified;
    }
  }

  /** The API servers verify the previous certificate, because the configured one is unusable. */
  record PreviousCertificate(Unusable unusable) implements ServingReason {
    @Override
    public State state() {
      return State.Verified;
    }
  }

  /** Some pods still serve a certificate that they made themselves. */
  record PodsNotReplaced() implements ServingReason {
    @Override
    public State state() {
      return State.PodsNotReplaced;
    }
  }

  /**
   * There is no certificate yet.
   *
   * @param unusable why the configured one cannot be used, if there is one
   */
  record NotIssued(Optional<Unusable> unusable) implements ServingReason {
    @Override
    public State state() {
      return State.NotIssued;
    }
  }

  /** The spec asks for certificates that each pod makes itself. */
  record SelfSigned() implements ServingReason {
    @Override
    public State state() {
      return State.SelfSigned;
    }
  }

  /** Why the network policy is as it is, or why there is none. */
  enum NetworkReason implements Reason {
    /** Only the control plane and the nodes may connect to the metrics port. */
    Strict,
    /** Any client may connect, because the addresses of the API servers are unknown. */
    Open,
    /** {@code networkPolicy.mode} is Disabled. */
    Disabled,
    /** A NetworkPolicy does not apply to pods on the host network. */
    HostNetwork,
    /** {@code networkPolicy.mode} is Cilium, and the cluster has no CiliumNetworkPolicy. */
    CiliumMissing,
    /** Cilium runs, ignores address rules for nodes, and has no CiliumNetworkPolicy kind. */
    CiliumWithoutPolicies;

    /** Whether there is a policy. */
    public boolean isPolicy() {
      return this == Strict || this == Open;
    }
  }
}
