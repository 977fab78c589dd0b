package dev.metricsserver.reading;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeFacts.Address;
import dev.metricsserver.model.NodeFacts.Taint;
import dev.metricsserver.model.Prefix;
import dev.metricsserver.model.Timestamps;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Reads the facts of a Node from its JSON. Most of a Node, its images and who manages which field,
 * is passed over: there may be thousands of nodes with fifty heartbeats a second.
 */
public final class NodeReader {

  /** Annotations by which Calico tells the addresses of its tunnels. */
  private static final List<String> TUNNEL_ANNOTATIONS =
      List.of(
          "projectcalico.org/IPv4IPIPTunnelAddr",
          "projectcalico.org/IPv4VXLANTunnelAddr",
          "projectcalico.org/IPv6VXLANTunnelAddr",
          "projectcalico.org/IPv4WireguardInterfaceAddr",
          "projectcalico.org/IPv6WireguardInterfaceAddr");

  // A kubelet may write a megabyte into its own Node. What exceeds these limits is left out.

  private static final int MAX_ADDRESSES = 64;
  private static final int MAX_LABELS = 256;
  private static final int MAX_LIST = 64;
  private static final int MAX_TEXT = 253;
  private static final int MAX_PORT = 65_535;

  private static final JsonFactory JSON = new JsonFactory();

  private final JsonParser json;
  private final Map<String, String> labels = new HashMap<>();
  private final Map<String, String> annotations = new HashMap<>();
  private final List<Address> addresses = new ArrayList<>();
  private final List<String> podCIDRs = new ArrayList<>();
  private final List<Taint> taints = new ArrayList<>();
  private String name = "";
  private String resourceVersion = "";
  private String created = "";
  private boolean ready;
  private String readySince = "";
  private int kubeletPort;
  private String osImage = "";
  private String kubeletVersion = "";
  private String providerID = "";

  /** A Node as it was at a version. */
  public record Version(NodeFacts facts, String resourceVersion) {}

  private NodeReader(JsonParser json) {
    this.json = json;
  }

  /**
   * Reads one Node.
   *
   * @throws UncheckedIOException when it is not JSON
   */
  public static NodeFacts read(String node) {
    try (var json = JSON.createParser(node)) {
      json.nextToken();
      return read(json).facts();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads one Node of several.
   *
   * @param json at the Node's beginning; at its end afterwards
   * @throws IOException when it is not JSON
   */
  public static Version read(JsonParser json) throws IOException {
    var reader = new NodeReader(json);
    JsonWalk.object(
        json,
        field -> {
          switch (field) {
            case "metadata" -> JsonWalk.object(json, reader::metadata);
            case "spec" -> JsonWalk.object(json, reader::spec);
            case "status" -> JsonWalk.object(json, reader::status);
            default -> json.skipChildren();
          }
        });
    return new Version(reader.facts(), reader.resourceVersion);
  }

  private NodeFacts facts() {
    return new NodeFacts(
        name,
        Map.copyOf(labels),
        List.copyOf(addresses),
        List.copyOf(podCIDRs),
        TUNNEL_ANNOTATIONS.stream()
            .map(annotations::get)
            .filter(Objects::nonNull)
            .filter(NodeReader::isNodeIP)
            .toList(),
        List.copyOf(taints),
        ready,
        Timestamps.parse(readySince).orElse(Instant.EPOCH),
        kubeletPort,
        created.isEmpty() ? Instant.EPOCH : Instant.parse(created),
        new NodeFacts.Software(osImage, kubeletVersion),
        providerID);
  }

  private void metadata(String field) throws IOException {
    switch (field) {
      case "name" -> name = text();
      case "resourceVersion" -> resourceVersion = text();
      case "creationTimestamp" -> created = text();
      case "labels" ->
          JsonWalk.object(
              json,
              label -> {
                var value = text();
                if (labels.size() < MAX_LABELS) {
                  labels.put(label, value);
                }
              });
      case "annotations" ->
          JsonWalk.object(
              json,
              annotation -> {
                var value = text();
                if (TUNNEL_ANNOTATIONS.contains(annotation)) {
                  annotations.put(annotation, value);
                }
              });
      default -> json.skipChildren();
    }
  }

  private void spec(String field) throws IOException {
    switch (field) {
      case "providerID" -> providerID = text();
      case "podCIDRs" ->
          JsonWalk.list(
              json,
              () -> {
                var network = text();
                if (podCIDRs.size() < MAX_LIST && network.length() <= MAX_TEXT) {
                  podCIDRs.add(network);
                }
              });
      case "taints" ->
          JsonWalk.list(
              json,
              () -> {
                var taint = texts("key", "value", "effect");
                if (taints.size() < MAX_LIST) {
                  taints.add(new Taint(taint[0], taint[1], taint[2]));
                }
              });
      default -> json.skipChildren();
    }
  }

  private void status(String field) throws IOException {
    switch (field) {
      case "addresses" ->
          JsonWalk.list(
              json,
              () -> {
                var address = texts("type", "address");
                var read = new Address(address[0], address[1]);
                if (addresses.size() < MAX_ADDRESSES && isUsable(read)) {
                  addresses.add(read);
                }
              });
      case "conditions" ->
          JsonWalk.list(
              json,
              () -> {
                var condition = texts("type", "status", "lastTransitionTime");
                if (condition[0].equals("Ready")) {
                  ready = condition[1].equals("True");
                  readySince = condition[2];
                }
              });
      case "daemonEndpoints" -> JsonWalk.object(json, this::daemonEndpoint);
      case "nodeInfo" -> {
        var info = texts("osImage", "kubeletVersion");
        osImage = shortened(info[0]);
        kubeletVersion = shortened(info[1]);
      }
      default -> json.skipChildren();
    }
  }

  private void daemonEndpoint(String endpoint) throws IOException {
    var port = texts("Port");
    if (endpoint.equals("kubeletEndpoint") && port[0].matches("[1-9][0-9]{0,4}")) {
      var number = Integer.parseInt(port[0]);
      kubeletPort = number <= MAX_PORT ? number : 0;
    }
  }

  private static boolean isUsable(Address address) {
    return address.type().length() <= MAX_TEXT
        && address.address().length() <= MAX_TEXT
        && (!address.isIP() || isNodeIP(address.address()));
  }

  /**
   * Whether a text is one address, not a network, of one machine. A loopback address is one: it
   * leads back to the machine that uses it, and only metrics of its Node depend on it.
   */
  private static boolean isNodeIP(String text) {
    return text.indexOf('/') < 0
        && Prefix.parse(text)
            .map(Prefix::first)
            .filter(ip ->
                !ip.isAnyLocalAddress() && !ip.isLinkLocalAddress() && !ip.isMulticastAddress())
            .isPresent();
  }

  /** Some fields of an object, empty where it has them not. */
  private String[] texts(String... fields) throws IOException {
    var texts = new String[fields.length];
    Arrays.fill(texts, "");
    JsonWalk.object(
        json,
        name -> {
          var i = Arrays.asList(fields).indexOf(name);
          if (i < 0) {
            json.skipChildren();
          } else {
            texts[i] = text();
          }
        });
    return texts;
  }

  private static String shortened(String text) {
    return text.substring(0, Math.min(MAX_TEXT, text.length()));
  }

  private String text() throws IOException {
    var token = json.currentToken();
    if (token.isScalarValue() && token != JsonToken.VALUE_NULL) {
      return json.getText();
    }
    json.skipChildren();
    return "";
  }
}
