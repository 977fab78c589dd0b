package dev.metricsserver.reading;

import dev.metricsserver.model.Kubelet;
import dev.metricsserver.model.Kubelet.Handshake;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeFacts.Address;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/** Kubelets as they are seen. */
public final class SampleKubelet {

  private static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant UNTIL = Instant.parse("2027-01-01T00:00:00Z");

  private SampleKubelet() {}

  /** One whose certificate the cluster signed for all addresses of the node. */
  public static Kubelet signed(NodeFacts node) {
    return certificate(true, false, names(node), FROM, UNTIL);
  }

  /** One whose certificate the CA of the user signed for all addresses of the node. */
  public static Kubelet signedByGiven(NodeFacts node) {
    return certificate(false, true, names(node), FROM, UNTIL);
  }

  /** One whose certificate the cluster signed for other names. */
  public static Kubelet named(String... names) {
    return certificate(true, false, Arrays.stream(names).sorted().toList(), FROM, UNTIL);
  }

  /** One whose certificate the cluster signed, valid in another time. */
  public static Kubelet valid(NodeFacts node, Instant from, Instant until) {
    return certificate(true, false, names(node), from, until);
  }

  /** One that signed its certificate itself, for its name. */
  public static Kubelet selfSigned(NodeFacts node) {
    return certificate(false, false, List.of(node.name()), FROM, UNTIL);
  }

  /** One that answers with an alert. */
  public static Kubelet refusing() {
    return without(Handshake.Refused, "remote error: internal_error");
  }

  /** One that does not answer. */
  public static Kubelet unreachable() {
    return without(Handshake.Unreachable, "no answer in 2 s");
  }

  /** The same with an open read-only port. */
  public static Kubelet readable(Kubelet kubelet) {
    return kubelet.withReadOnlyPort();
  }

  private static List<String> names(NodeFacts node) {
    return node.addresses().stream().map(Address::address).sorted().toList();
  }

  private static Kubelet certificate(
      boolean byCluster, boolean byGiven, List<String> names, Instant from, Instant until) {
    return new Kubelet(Handshake.Completed, "", byCluster, byGiven, names, from, until, false);
  }

  private static Kubelet without(Handshake handshake, String detail) {
    return new Kubelet(
        handshake, detail, false, false, List.of(), Instant.EPOCH, Instant.EPOCH, false);
  }
}
