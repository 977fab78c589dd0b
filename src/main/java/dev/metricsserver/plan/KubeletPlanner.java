package dev.metricsserver.plan;

import dev.metricsserver.api.KubeletSpec;
import dev.metricsserver.api.KubeletSpec.AddressType;
import dev.metricsserver.api.KubeletSpec.TLSMode;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.ClusterFacts.Installed;
import dev.metricsserver.model.ClusterFacts.KubeletFacts;
import dev.metricsserver.model.Kubelet;
import dev.metricsserver.model.Kubelet.Handshake;
import dev.metricsserver.model.KubeletTarget;
import dev.metricsserver.model.KubeletVerification;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeFacts.Address;
import dev.metricsserver.model.NodeSelector;
import dev.metricsserver.plan.KubeletTLS.Kind;
import dev.metricsserver.plan.KubeletTLS.Problem;
import dev.metricsserver.plan.PodPlan.Mount;
import dev.metricsserver.plan.Reason.AddressTypesReason;
import dev.metricsserver.plan.Reason.CertificateNames;
import dev.metricsserver.plan.Reason.Configured;
import dev.metricsserver.plan.Reason.ConfiguredMode;
import dev.metricsserver.plan.Reason.KubeletTLSReason;
import dev.metricsserver.plan.Reason.NeverSeen;
import dev.metricsserver.plan.Reason.NoCertificateSeen;
import dev.metricsserver.plan.Reason.NotVerifying;
import dev.metricsserver.plan.Reason.SignedByAuthority;
import dev.metricsserver.plan.Reason.UnverifiedBefore;
import dev.metricsserver.plan.Reason.VerifiedBefore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Decides how metrics-server reaches the kubelets, and whether it verifies them. */
public final class KubeletPlanner {

  static final int KUBELET_PORT = 10250;
  private static final int READ_ONLY_PORT = 10255;
  private static final int NAMES_SHOWN = 10;

  /** Addresses before names, because not every cluster resolves node names in pods. */
  private static final List<List<AddressType>> ORDERS =
      List.of(
          List.of(AddressType.InternalIP, AddressType.ExternalIP, AddressType.Hostname),
          List.of(AddressType.ExternalIP, AddressType.InternalIP, AddressType.Hostname),
          List.of(AddressType.InternalDNS, AddressType.Hostname, AddressType.InternalIP),
          List.of(AddressType.Hostname, AddressType.InternalDNS, AddressType.InternalIP));

  private final KubeletSpec spec;
  private final Collection<NodeFacts> nodes;
  private final KubeletFacts kubelets;
  private final Optional<Installed> installed;
  private final Instant now;
  private final List<NodeFacts> selected;
  private final List<AddressType> addressTypes;
  private final List<Problem> problems;
  private final KubeletTLS tls;

  KubeletPlanner(KubeletSpec spec, ClusterFacts facts, Instant now) {
    this(spec, facts.nodes(), facts.kubelets(), facts.installed(), now);
  }

  private KubeletPlanner(
      KubeletSpec spec,
      Collection<NodeFacts> nodes,
      KubeletFacts kubelets,
      Optional<Installed> installed,
      Instant now) {
    this.spec = spec;
    this.nodes = nodes;
    this.kubelets = kubelets;
    this.installed = installed;
    this.now = now;
    this.selected = selected(spec, nodes).toList();
    this.addressTypes = chooseAddressTypes();
    this.problems = selected.stream().flatMap(n -> problem(n).stream()).toList();
    this.tls = decide();
  }

  /**
   * How an external metrics-server connects to the kubelets.
   *
   * @param spec the spec that corresponds to its flags
   */
  public static KubeletTLS external(
      KubeletSpec spec, Collection<NodeFacts> nodes, KubeletFacts kubelets, Instant now) {
    return new KubeletPlanner(spec, nodes, kubelets, Optional.empty(), now).tls();
  }

  /** The kubelets whose certificates decide the mode, where metrics-server would dial them. */
  static List<KubeletTarget> targets(KubeletSpec spec, Collection<NodeFacts> nodes) {
    var order = spec.addressTypes().isEmpty() ? ORDERS.getFirst() : spec.addressTypes();
    return selected(spec, nodes)
        .flatMap(n ->
            dialled(n, order)
                .map(a -> new KubeletTarget(n.name(), a.address(), dialled(spec, n)))
                .stream())
        .toList();
  }

  private static Stream<NodeFacts> selected(KubeletSpec spec, Collection<NodeFacts> nodes) {
    var selector = NodeSelector.of(spec.nodeSelector());
    return nodes.stream().filter(n -> n.ready() && selector.selects(n));
  }

  private static int dialled(KubeletSpec spec, NodeFacts node) {
    return spec.port() == null ? kubeletPort(node) : spec.port();
  }

  /** The port of the kubelet; the usual one if the Node does not report a port. */
  static int kubeletPort(NodeFacts node) {
    return node.kubeletPort() == 0 ? KUBELET_PORT : node.kubeletPort();
  }

  // ------------------------------------------------------------------------------------- addresses

  List<AddressType> addressTypes() {
    return addressTypes;
  }

  /** The order of address types, and why. */
  Decided<List<AddressType>, AddressTypesReason> decidedAddressTypes() {
    return new Decided<>(addressTypes, addressTypesReason());
  }

  private AddressTypesReason addressTypesReason() {
    if (!spec.addressTypes().isEmpty()) {
      return new Configured("kubelet.addressTypes");
    }
    var seen = (int) kubelets.seen().values().stream().filter(this::completed).count();
    return seen == 0 ? new NoCertificateSeen() : new CertificateNames(seen, nodes.size());
  }

  /** The order whose addresses most signed certificates name; at a tie, the current order. */
  private List<AddressType> chooseAddressTypes() {
    if (!spec.addressTypes().isEmpty()) {
      return spec.addressTypes();
    }
    var today = installed.map(Installed::addressTypes).orElse(List.of());
    var best = ORDERS.stream().max(Comparator.comparingLong(this::covered)).orElseThrow();
    var most = covered(best);
    return Stream.concat(
            ORDERS.stream().filter(o -> o.stream().map(Enum::name).toList().equals(today)),
            ORDERS.stream())
        .filter(o -> covered(o) == most)
        .findFirst()
        .orElseThrow();
  }

  private long covered(List<AddressType> order) {
    return selected.stream()
        .filter(n ->
            seen(n)
                .filter(this::signed)
                .flatMap(k -> dialled(n, order).map(k::covers))
                .orElse(false))
        .count();
  }

  /** The address that metrics-server dials: the first one of the first type that the Node has. */
  private static Optional<Address> dialled(NodeFacts node, List<AddressType> order) {
    return order.stream()
        .flatMap(t -> node.addresses().stream().filter(a -> a.type().equals(t.name())))
        .findFirst();
  }

  /** Whether metrics-server dials any kubelet by name. */
  boolean namesDialled() {
    return nodes.stream().flatMap(n -> dialled(n, addressTypes).stream()).anyMatch(a -> !a.isIP());
  }

  // ------------------------------------------------------------------------------------- mode

  KubeletTLS tls() {
    return tls;
  }

  private KubeletTLS decide() {
    var mode = spec.tls().mode();
    return tls(
        mode == TLSMode.Auto
            ? automatic()
            : new Decided<>(mode, new ConfiguredMode(mode, ownAuthority())));
  }

  /**
   * Only a certificate that was seen and does not verify justifies Insecure, or an installed
   * metrics-server that is known to run without verification. Once verified, the kubelets stay
   * verified: otherwise an attacker who takes over a node's address could turn verification off.
   */
  private Decided<TLSMode, KubeletTLSReason> automatic() {
    var unverified =
        problems.stream().filter(p -> p.kind().hasCertificate()).map(p -> p.node().name()).toList();
    var before = installed.map(Installed::kubelets).orElse(KubeletVerification.Unknown);
    if (before == KubeletVerification.Verified || kubelets.everVerified()) {
      return new Decided<>(
          TLSMode.Verify,
          unverified.isEmpty() ? new SignedByAuthority(ownAuthority()) : new VerifiedBefore());
    }
    if (!unverified.isEmpty()) {
      return new Decided<>(TLSMode.Insecure, new NotVerifying(unverified));
    }
    if (anySeen()) {
      return new Decided<>(TLSMode.Verify, new SignedByAuthority(ownAuthority()));
    }
    return before == KubeletVerification.Unverified
        ? new Decided<>(TLSMode.Insecure, new UnverifiedBefore())
        : new Decided<>(TLSMode.Verify, new NeverSeen());
  }

  private boolean ownAuthority() {
    return spec.tls().certificateAuthority() != null;
  }

  private boolean anySeen() {
    return selected.stream().anyMatch(n -> seen(n).filter(this::completed).isPresent());
  }

  private KubeletTLS tls(Decided<TLSMode, KubeletTLSReason> decided) {
    return new KubeletTLS(
        decided,
        anySeen(),
        problems,
        selected.stream()
            .filter(n -> seen(n).filter(Kubelet::readOnlyPort).isPresent())
            .map(NodeFacts::name)
            .toList());
  }

  // ------------------------------------------------------------------------------------- problems

  private Optional<Problem> problem(NodeFacts node) {
    return dialled(node, addressTypes)
        .flatMap(address ->
            seen(node)
                .flatMap(kubelet ->
                    kind(node, kubelet, address)
                        .map(kind ->
                            new Problem(
                                node,
                                address.address(),
                                dialled(spec, node),
                                kind,
                                detail(kind, kubelet)))));
  }

  private Optional<Kind> kind(NodeFacts node, Kubelet kubelet, Address address) {
    if (kubelet.handshake() == Handshake.Unreachable) {
      return Optional.of(Kind.Unreachable);
    }
    if (!completed(kubelet)) {
      var requested = kubelets.requested().contains(node.name());
      return Optional.of(requested ? Kind.Requested : Kind.Refused);
    }
    if (!signed(kubelet)) {
      return Optional.of(Kind.Unsigned);
    }
    if (now.isAfter(kubelet.notAfter())) {
      return Optional.of(Kind.Expired);
    }
    if (now.isBefore(kubelet.notBefore())) {
      return Optional.of(Kind.NotYetValid);
    }
    return kubelet.covers(address) ? Optional.empty() : Optional.of(Kind.OtherAddress);
  }

  private static String detail(Kind kind, Kubelet kubelet) {
    return switch (kind) {
      case Expired -> kubelet.notAfter().toString();
      case NotYetValid -> kubelet.notBefore().toString();
      case OtherAddress -> kubelet.names().isEmpty() ? "no address" : firstNames(kubelet.names());
      case Refused, Unreachable -> kubelet.detail();
      case Unsigned, Requested -> "";
    };
  }

  private Optional<Kubelet> seen(NodeFacts node) {
    return Optional.ofNullable(kubelets.seen().get(node.name()));
  }

  private boolean completed(Kubelet kubelet) {
    return kubelet.handshake() == Handshake.Completed;
  }

  private boolean signed(Kubelet kubelet) {
    return spec.tls().certificateAuthority() == null
        ? kubelet.signedByCluster()
        : kubelet.signedByGiven();
  }

  /** The first ten names, and the number of the others. */
  public static String firstNames(List<String> names) {
    var shown = names.stream().limit(NAMES_SHOWN).collect(Collectors.joining(", "));
    var more = names.size() - NAMES_SHOWN;
    return more > 0 ? "%s and %d more".formatted(shown, more) : shown;
  }

  // ------------------------------------------------------------------------------------- the pods

  /** metrics-server's flags for these decisions. */
  List<String> args() {
    var args = new ArrayList<String>();
    args.add(
        "--kubelet-preferred-address-types="
            + addressTypes.stream().map(Enum::name).collect(Collectors.joining(",")));
    args.add(
        spec.port() != null
            ? "--kubelet-port=" + spec.port()
            : tls.mode() == TLSMode.Plaintext
                ? "--kubelet-port=" + READ_ONLY_PORT
                : "--kubelet-use-node-status-port");
    switch (tls.mode()) {
      case Insecure -> args.add("--kubelet-insecure-tls");
      case Plaintext -> args.add("--deprecated-kubelet-completely-insecure");
      default -> givenAuthority().ifPresent(a -> args.add(flag("certificate-authority", a, 0)));
    }
    clientCertificate()
        .ifPresent(c -> {
          args.add(flag("client-certificate", c, 0));
          args.add(flag("client-key", c, 1));
        });
    return args;
  }

  private static String flag(String name, Mount mount, int key) {
    return "--kubelet-%s=%s/%s".formatted(name, mount.path(), mount.keys().get(key));
  }

  /** The files that the flags name. */
  List<Mount> mounts() {
    return Stream.concat(
            givenAuthority().filter(a -> tls.verified()).stream(), clientCertificate().stream())
        .toList();
  }

  private Optional<Mount> givenAuthority() {
    return Optional.ofNullable(spec.tls().certificateAuthority())
        .map(a -> {
          var secret = a.secretRef() != null;
          var reference = secret ? a.secretRef() : a.configMapRef();
          return new Mount(
              "kubelet-ca",
              secret,
              reference.name(),
              List.of(reference.key()),
              "/etc/metrics-server/kubelet-ca");
        });
  }

  private Optional<Mount> clientCertificate() {
    return Optional.ofNullable(spec.tls().clientCertificate())
        .map(c ->
            new Mount(
                "kubelet-client",
                true,
                c.secretRef().name(),
                List.of("tls.crt", "tls.key"),
                "/etc/metrics-server/kubelet-client"));
  }

  /** The port of a kubelet that a NetworkPolicy has to allow. */
  int port(NodeFacts node) {
    if (spec.port() != null) {
      return spec.port();
    }
    return tls.mode() == TLSMode.Plaintext ? READ_ONLY_PORT : kubeletPort(node);
  }
}
