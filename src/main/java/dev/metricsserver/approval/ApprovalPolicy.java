package dev.metricsserver.approval;

import dev.metricsserver.approval.Reason.Code;
import dev.metricsserver.approval.Verdict.Approved;
import dev.metricsserver.approval.Verdict.Deferred;
import dev.metricsserver.approval.Verdict.Rejected;
import dev.metricsserver.approval.Verdict.Rule;
import dev.metricsserver.model.NodeFacts;
import java.net.InetAddress;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Decides whether a request for a kubelet's serving certificate is approved. With such a
 * certificate a machine can impersonate every server whose names and addresses are in it, for every
 * client that trusts the cluster's CA. Therefore a node gets a certificate for its own names and
 * addresses only, and everything that is not known to be right is not approved.
 *
 * <p>{@link RequestParser} checks once what depends on the request alone. {@link #judge} checks the
 * rest whenever the cluster may have changed.
 *
 * <p>A node's addresses are in the Node's status, which its kubelet writes: a compromised node can
 * claim any address there. Therefore an address that is known to belong to another Node or its
 * pods, a Service or its load balancer, or an API server is not approved although it is in the
 * status. The names and addresses of the API servers are those of their endpoints and of their
 * serving certificates; a Node may have one of them if it has the control plane label, which no
 * kubelet can set. The same holds for names of Services and pods, including short names that the
 * search domains of a client complete.
 *
 * <p>Two risks remain. A node can get an address, or a name of three labels or more, that no Node,
 * Service or API server of this cluster has: that of a machine outside of the cluster, or of a pod
 * if its Node's spec does not contain the addresses of pods. {@link Limits} to the machines'
 * networks and domains remove it. And a node can delay another node's certificate by claiming its
 * address: both requests then wait, with that reason.
 */
public final class ApprovalPolicy {

  /** A label that the API server lets no kubelet set on itself. */
  static final String CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

  private ApprovalPolicy() {}

  /**
   * Judges a parsed request.
   *
   * @param node the Node that made the request, as the API server has it now
   * @throws IllegalArgumentException if {@code node} is another Node
   */
  public static Verdict judge(
      ParsedRequest.Valid request, Optional<NodeFacts> node, ClusterContext context) {
    return violation(request, context)
        .or(() -> node.isPresent() ? Optional.empty() : deferred(Code.NodeMissing, request.node()))
        .orElseGet(() -> judge(request, node.orElseThrow(), context));
  }

  /** What no state of the Node can make right; other limits can. */
  private static Optional<Verdict> violation(ParsedRequest.Valid request, ClusterContext context) {
    var service =
        request.addresses().values().stream()
            .filter(context.services()::contain)
            .map(InetAddress::getHostAddress)
            .map(address ->
                context.services().exact()
                    ? rejected(Rule.ServiceAddress, Code.ServiceAddress, address)
                    : new Deferred(Reason.of(Code.PossibleServiceAddress, address)));
    var domain =
        request.names().stream()
            .filter(context.names()::areInClusterDomain)
            .map(name -> rejected(Rule.Names, Code.ClusterDomainName, name));
    return Stream.concat(domain, service)
        .findFirst()
        .or(() ->
            context.limits().violation(request.names(), request.addresses()).map(Deferred::new));
  }

  private static Verdict judge(
      ParsedRequest.Valid request, NodeFacts node, ClusterContext context) {
    if (!node.name().equals(request.node())) {
      throw new IllegalArgumentException(
          "the request is by %s, not %s".formatted(request.node(), node.name()));
    }
    if (!context.apiServers().areKnown()) {
      return new Deferred(Reason.of(Code.APIServersUnknown));
    }
    var own =
        node.addresses().stream()
            .map(a -> Addresses.canonical(a.address()))
            .collect(Collectors.toSet());
    var requested = new TreeSet<>(request.names());
    requested.addAll(request.addresses().keySet());
    return Stream.of(
            requested.stream()
                .flatMap(address ->
                    own.contains(address)
                        ? conflict(address, node, context).stream()
                        : deferred(Code.NotOfThisNode, address, node.name()).stream()),
            request.names().stream().flatMap(name -> podName(name, context).stream()),
            request.addresses().values().stream()
                .flatMap(address -> podAddress(address, node, context).stream()))
        .flatMap(reasons -> reasons)
        .findFirst()
        .orElseGet(Approved::new);
  }

  /** Why a node may not have an address although its status contains it. */
  private static Optional<Verdict> conflict(
      String address, NodeFacts node, ClusterContext context) {
    var other = context.nodes().otherClaimant(address, node.name());
    if (other.isPresent()) {
      return deferred(Code.OfAnotherNode, address, other.get());
    }
    if (context.apiServers().have(address) && !node.labels().containsKey(CONTROL_PLANE)) {
      return deferred(Code.OfAnAPIServer, address, node.name(), CONTROL_PLANE);
    }
    return Optional.ofNullable(context.services().loadBalancers().get(address))
        .flatMap(service -> deferred(Code.OfALoadBalancer, address, service));
  }

  private static Optional<Verdict> podName(String name, ClusterContext context) {
    return context
        .names()
        .namespace(name)
        .flatMap(namespace -> deferred(Code.PossiblePodName, name, namespace));
  }

  private static Optional<Verdict> podAddress(
      InetAddress address, NodeFacts node, ClusterContext context) {
    return context
        .nodes()
        .otherPodNetwork(address, node.name())
        .flatMap(other -> deferred(Code.OfPods, address.getHostAddress(), other));
  }

  private static Optional<Verdict> deferred(Code code, Object... parameters) {
    return Optional.of(new Deferred(Reason.of(code, parameters)));
  }

  private static Verdict rejected(Rule rule, Code code, Object... parameters) {
    return new Rejected(rule, Reason.of(code, parameters));
  }
}
