package dev.metricsserver.model;

import dev.metricsserver.model.NodeFacts.Address;
import dev.metricsserver.model.NodeFacts.Taint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** A node for tests: Linux, Ready, long in the cluster, with an IPv4 address and a pod CIDR. */
public final class SampleNode {

  private final String name;
  private final Map<String, String> labels = new TreeMap<>();
  private final List<Address> addresses = new ArrayList<>();
  private final List<String> podCIDRs = new ArrayList<>();
  private final List<String> tunnels = new ArrayList<>();
  private final List<Taint> taints = new ArrayList<>();
  private boolean ready = true;
  private Instant readySince = Instant.parse("2026-01-01T00:00:00Z");
  private int kubeletPort = 10250;
  private Instant created = Instant.parse("2026-01-01T00:00:00Z");
  private String osImage = "Debian GNU/Linux 12 (bookworm)";
  private String kubeletVersion = "v1.35.4";
  private String providerID = "";

  private SampleNode(String name) {
    this.name = name;
    labels.put("kubernetes.io/os", "linux");
    labels.put("kubernetes.io/hostname", name);
  }

  /** A node without addresses and pod CIDRs. */
  public static SampleNode bare(String name) {
    return new SampleNode(name);
  }

  /** node-7 has the addresses 10.0.0.7 and node-7, and the pod CIDR 10.128.7.0/24. */
  public static SampleNode number(int number) {
    var node = new SampleNode("node-" + number);
    node.addresses.add(new Address("InternalIP", "10.0." + number / 256 + "." + number % 256));
    node.addresses.add(new Address("Hostname", node.name));
    node.podCIDRs.add("10." + (128 + number / 256) + "." + number % 256 + ".0/24");
    return node;
  }

  /** node-1 to node-{@code count}. */
  public static NodeFacts[] many(int count) {
    return IntStream.rangeClosed(1, count)
        .mapToObj(i -> number(i).facts())
        .toArray(NodeFacts[]::new);
  }

  /** With a label, or without one that it has. */
  public SampleNode label(String key, String value) {
    if (value == null) {
      labels.remove(key);
    } else {
      labels.put(key, value);
    }
    return this;
  }

  /** With an address more. */
  public SampleNode address(String type, String address) {
    addresses.add(new Address(type, address));
    return this;
  }

  /** With a pod CIDR more. */
  public SampleNode podCIDR(String cidr) {
    podCIDRs.add(cidr);
    return this;
  }

  /** With an address of a tunnel. */
  public SampleNode tunnel(String address) {
    tunnels.add(address);
    return this;
  }

  /** With a taint. */
  public SampleNode taint(String key, String value, String effect) {
    taints.add(new Taint(key, value, effect));
    return this;
  }

  /** Not Ready. */
  public SampleNode notReady() {
    ready = false;
    return this;
  }

  /** With another port of its kubelet. */
  public SampleNode kubeletPort(int port) {
    kubeletPort = port;
    return this;
  }

  /** Made at another time. */
  public SampleNode created(Instant time) {
    created = time;
    return this;
  }

  /** With another operating system. */
  public SampleNode osImage(String image) {
    osImage = image;
    return this;
  }

  /** With another kubelet. */
  public SampleNode kubeletVersion(String version) {
    kubeletVersion = version;
    return this;
  }

  /** Ready since then. */
  public SampleNode readySince(Instant since) {
    ready = true;
    readySince = since;
    return this;
  }

  /** With a name at its cloud. */
  public SampleNode providerID(String id) {
    providerID = id;
    return this;
  }

  /** What matters of it. */
  public NodeFacts facts() {
    return new NodeFacts(
        name,
        labels,
        addresses,
        podCIDRs,
        tunnels,
        taints,
        ready,
        readySince,
        kubeletPort,
        created,
        new NodeFacts.Software(osImage, kubeletVersion),
        providerID);
  }
}
