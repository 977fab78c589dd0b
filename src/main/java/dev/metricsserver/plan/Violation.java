package dev.metricsserver.plan;

import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Owner;
import dev.metricsserver.model.TrustBundle.Missing;
import dev.metricsserver.model.UnmanagedObject;
import java.util.List;
import java.util.Optional;

/** One reason why a spec cannot be carried out; {@code diagnosis.ViolationText} words it. */
public sealed interface Violation {

  /**
   * The field to change.
   *
   * @return its path below {@code spec}, such as {@code kubelet.port}; empty if no field is wrong
   */
  String field();

  /** A violation of {@code extraArgs}. */
  sealed interface InExtraArgs extends Violation {
    @Override
    default String field() {
      return "extraArgs";
    }
  }

  /** A violation of {@code version}. */
  sealed interface OfVersion extends Violation {
    @Override
    default String field() {
      return "version";
    }
  }

  /** A violation of {@code conflictPolicy}. */
  sealed interface OfConflictPolicy extends Violation {
    @Override
    default String field() {
      return "conflictPolicy";
    }
  }

  /** A violation of one other field. */
  sealed interface OfOneField extends Violation {}

  /** A violation of a field of the pods. */
  sealed interface OfPod extends OfOneField {}

  /** The first version of metrics-server with a feature, and the oldest Kubernetes it needs. */
  record FirstVersion(String version, KubernetesVersion kubernetes) {}

  /** The chosen version does not have what a field sets. */
  record UnsupportedField(String field, String version, FirstVersion first) implements OfOneField {}

  /** metrics-server does not start with {@code --vmodule} and JSON logs. */
  record VmoduleWithJSON() implements InExtraArgs {}

  /** An argument is not of the form {@code --name=value}. */
  record MalformedArgument(String argument) implements InExtraArgs {}

  /**
   * The chosen version has no such flag.
   *
   * @param first the first version that has it; empty if no later version has it
   */
  record UnknownFlag(String version, String flag, Optional<FirstVersion> first)
      implements InExtraArgs {}

  /**
   * A field of the spec sets the flag.
   *
   * @param owner the path of that field
   */
  record FlagOfField(String flag, String owner) implements InExtraArgs {}

  /** The flag breaks what the operator guarantees. */
  record HarmfulFlag(String flag, Harm harm) implements InExtraArgs {

    /** What a flag breaks; the names stand in {@code metrics-server-flags.txt}. */
    public enum Harm {
      NoUseBehindAggregation,
      SendsRequestsElsewhere,
      OtherCredentials,
      OtherTrust,
      OtherAddress,
      OtherCertificate,
      Slow,
      NoAuthentication,
      OtherBehaviour,
      Exits,
      FeatureOff,
      OperatorsDelay,
      OldTLS
    }
  }

  /** The namespace does not exist. */
  record MissingNamespace(String namespace) implements OfOneField {
    @Override
    public String field() {
      return "namespace";
    }
  }

  /** The immutable selector of the existing Deployment does not match the operator's pods. */
  record OtherSelector(String namespace, String app) implements OfConflictPolicy {}

  /**
   * The existing installation serves from another namespace and binds its ServiceAccount under the
   * operator's names.
   */
  record ServedElsewhere(String other, String namespace) implements OfConflictPolicy {}

  /** The spec asks to observe a metrics API, and there is none. */
  record NothingToObserve() implements OfConflictPolicy {}

  /**
   * A kubelet uses the port on the host network.
   *
   * @param usual the port without {@code spec.port}; empty if that is the one in question
   */
  record PortTaken(int port, String node, Optional<Integer> usual) implements OfPod {
    @Override
    public String field() {
      return "port";
    }
  }

  /** A limit is below the request. */
  record LimitBelowRequest(String resource, String limit, String request) implements OfPod {
    @Override
    public String field() {
      return "resources.limits." + resource;
    }
  }

  /** The cluster has no cert-manager. */
  record NoCertManager() implements OfOneField {
    @Override
    public String field() {
      return "serving.tls.source";
    }
  }

  /** The configured CA of the kubelets cannot be read. */
  record MissingAuthority(Missing missing) implements OfOneField {
    @Override
    public String field() {
      return "kubelet.tls.certificateAuthority";
    }
  }

  /** An entry of a list of CIDRs is none. */
  record InvalidCIDR(String field, String cidr) implements OfOneField {}

  /** No known version runs on the cluster's Kubernetes. */
  record NoVersion(KubernetesVersion kubernetes) implements OfVersion {}

  /**
   * The version needs a newer Kubernetes.
   *
   * @param usable the versions that run on this Kubernetes, newest first
   */
  record VersionNeedsNewerKubernetes(
      String version, KubernetesVersion needed, KubernetesVersion kubernetes, List<String> usable)
      implements OfVersion {}

  /**
   * The operator does not know the version.
   *
   * @param usable the versions that run on this Kubernetes, newest first
   */
  record UnknownVersion(String version, List<String> usable) implements OfVersion {}

  /**
   * The tag names another version.
   *
   * @param other the version that the tag names
   */
  record OtherTag(String other, String version) implements OfOneField {
    @Override
    public String field() {
      return "image.tag";
    }
  }

  /**
   * The digest is of the image of another version.
   *
   * @param other the version of that image
   * @param digest the digest of the chosen version
   */
  record OtherDigest(String other, String version, String digest) implements OfOneField {
    @Override
    public String field() {
      return "image.digest";
    }
  }

  /**
   * Objects of one owner have the operator's names.
   *
   * @param objects at least one
   */
  record OwnedObjects(Owner owner, List<UnmanagedObject> objects) implements Violation {
    @Override
    public String field() {
      return "";
    }
  }

  /**
   * Another field manager reverts the operator's changes of an adopted object.
   *
   * @param times how often within {@code minutes}
   */
  record Reverted(String manager, ObjectName object, int times, long minutes) implements Violation {
    @Override
    public String field() {
      return "";
    }
  }
}
