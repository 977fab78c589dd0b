package dev.metricsserver.cli.importer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.metricsserver.cli.common.Failure;
import dev.metricsserver.cli.importer.Import.Result;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Values for metrics-server's own Helm chart (3.13), read as the Deployment that they make. What
 * becomes something else is noted.
 */
final class HelmValues {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DEFAULT_IMAGE = "registry.k8s.io/metrics-server/metrics-server";
  private static final List<String> DEFAULT_ARGS =
      List.of(
          "--cert-dir=/tmp",
          "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
          "--kubelet-use-node-status-port",
          "--metric-resolution=15s");

  /** What is in the Deployment, or read by itself. */
  private static final Set<String> READ =
      Set.of(
          "image",
          "imagePullSecrets",
          "containerPort",
          "hostNetwork",
          "replicas",
          "defaultArgs",
          "args",
          "resources",
          "nodeSelector",
          "tolerations",
          "affinity",
          "topologySpreadConstraints",
          "priorityClassName",
          "extraVolumes",
          "extraVolumeMounts",
          "dnsConfig",
          "schedulerName",
          "rbac",
          "namespaceOverride",
          "tls");

  /** Values of Bitnami's chart and its relatives that upstream's does not have. */
  private static final Set<String> OTHER_CHARTS =
      Set.of("replicaCount", "extraArgs", "kubeVersion", "containerPorts", "podAntiAffinityPreset");

  /** Why the others have no equal. */
  private static final Map<String, String> OTHERS =
      Map.ofEntries(
          Map.entry("nameOverride", "the objects' names are fixed, metrics-server and the like"),
          Map.entry(
              "fullnameOverride", "the objects' names are fixed, metrics-server and the like"),
          Map.entry("serviceAccount", "the ServiceAccount is metrics-server, without annotations"),
          Map.entry(
              "apiService", "the operator registers the metrics API, with its own certificate"),
          Map.entry("commonLabels", "labels are the operator's"),
          Map.entry("commonAnnotations", "annotations are the operator's"),
          Map.entry("podLabels", "labels are the operator's"),
          Map.entry("podAnnotations", "annotations are the operator's"),
          Map.entry("deploymentAnnotations", "annotations are the operator's"),
          Map.entry("podSecurityContext", "the pods run as uid 65534, without any privilege"),
          Map.entry("securityContext", "the pods run as uid 65534, without any privilege"),
          Map.entry("hostUsers", "there is no field for it"),
          Map.entry("revisionHistoryLimit", "it is 3"),
          Map.entry("updateStrategy", "pods are replaced so that one always serves"),
          Map.entry("podDisruptionBudget", "there is one where two replicas run"),
          Map.entry("livenessProbe", "probes are the operator's"),
          Map.entry("readinessProbe", "probes are the operator's"),
          Map.entry("service", "the Service is of type ClusterIP, port 443"),
          Map.entry("addonResizer", "requests and limits follow the number of nodes by themselves"),
          Map.entry(
              "metrics",
              "metrics-server's own metrics are served at /metrics, with authentication"),
          Map.entry(
              "serviceMonitor", "one is written where its kind is known; see spec.monitoring"),
          Map.entry("tmpVolume", "/tmp is an emptyDir"));

  private HelmValues() {}

  /** Reports whether any of the values has the name of one of the chart's. */
  static boolean knows(JsonNode values) {
    return values.properties().stream()
        .anyMatch(e -> READ.contains(e.getKey()) || OTHERS.containsKey(e.getKey()));
  }

  /** Returns a value that only other charts of metrics-server have. */
  static Optional<String> ofAnotherChart(JsonNode values) {
    return values.properties().stream()
        .map(Map.Entry::getKey)
        .filter(OTHER_CHARTS::contains)
        .findFirst();
  }

  /**
   * Imports values.
   *
   * @param text a values file, or an object of a GitOps tool that has values
   * @param name of the text in messages
   * @throws Failure where it holds no values of metrics-server's own chart
   */
  static Result read(String text, String name) {
    var documents = YamlDocuments.read(text, name);
    if (documents.size() > 1) {
      throw new Failure(
          "%s holds %d YAML documents, and values are one; import a manifest with -f"
              .formatted(name, documents.size()));
    }
    return read(
        documents.isEmpty()
            ? new ChartValues(JSON.createObjectNode(), Optional.empty(), List.of())
            : ChartValues.of(documents.getFirst(), name),
        name);
  }

  /**
   * Imports values.
   *
   * @param name of the file in messages
   */
  static Result read(ChartValues chart, String name) {
    var given = chart.values();
    var result = Import.of(deployment(chart, name), List.of());
    var notes = new ArrayList<>(chart.notes());
    notes.addAll(result.notes());
    var read = JSON.createObjectNode();
    for (var value : given.properties()) {
      var key = value.getKey();
      if (READ.contains(key)) {
        read.set(key, value.getValue());
      } else if (!value.getValue().isNull()) {
        var why = OTHERS.getOrDefault(key, "is not a value of metrics-server's own chart");
        notes.add("%s: %s".formatted(key, why));
      }
    }
    UnmappedOptions.of(read, "importer/import-values.txt")
        .forEach(value -> notes.add(value + ", for which there is no field"));
    var spec = new LinkedHashMap<>(result.spec());
    servingTLS(given.path("tls"), notes).ifPresent(tls -> spec.put("serving", Map.of("tls", tls)));
    return new Result(spec, notes);
  }

  private static Optional<Map<String, Object>> servingTLS(JsonNode tls, List<String> notes) {
    return switch (tls.path("type").asText()) {
      case "cert-manager" ->
          Optional.of(certManager(tls.path("certManager").path("existingIssuer")));
      case "existingSecret" -> {
        notes.add(
            "tls: beside tls.crt and tls.key the Secret must have ca.crt, the CA that signed them,"
                + " and the operator the right to get it");
        yield Optional.of(
            ordered(
                "source",
                "Secret",
                "secretRef",
                Map.of("name", tls.path("existingSecret").path("name").asText())));
      }
      case "helm" -> {
        notes.add("tls: the certificate is of the operator's own CA, and is renewed");
        yield Optional.empty();
      }
      default -> Optional.empty();
    };
  }

  private static Map<String, Object> certManager(JsonNode issuer) {
    if (!issuer.path("enabled").asBoolean()) {
      return Map.of("source", "CertManager");
    }
    var reference =
        ordered("name", issuer.path("name").asText(), "kind", issuer.path("kind").asText("Issuer"));
    return ordered("source", "CertManager", "certManager", Map.of("issuerRef", reference));
  }

  private static Map<String, Object> ordered(
      String key, Object value, String nextKey, Object nextValue) {
    var map = new LinkedHashMap<String, Object>();
    map.put(key, value);
    map.put(nextKey, nextValue);
    return map;
  }

  private static Deployment deployment(ChartValues chart, String name) {
    try {
      return JSON.convertValue(
          deployment(chart.values(), chart.namespace().orElse("kube-system")), Deployment.class);
    } catch (IllegalArgumentException e) {
      throw new Failure(
          "%s: a value is of the wrong kind: %s"
              .formatted(name, e.getMessage().lines().findFirst().orElse("")));
    }
  }

  private static ObjectNode deployment(JsonNode values, String namespace) {
    var deployment = JSON.createObjectNode();
    deployment
        .putObject("metadata")
        .put("name", "metrics-server")
        .put("namespace", values.path("namespaceOverride").asText(namespace));
    var spec = deployment.putObject("spec");
    spec.set("replicas", values.path("replicas").isMissingNode() ? null : values.get("replicas"));
    var pod = spec.putObject("template").putObject("spec");
    for (var field :
        List.of(
            "imagePullSecrets",
            "nodeSelector",
            "tolerations",
            "topologySpreadConstraints",
            "dnsConfig",
            "schedulerName")) {
      copy(values, field, pod, field);
    }
    copy(values, "extraVolumes", pod, "volumes");
    if (!values.path("affinity").isEmpty()) {
      pod.set("affinity", values.get("affinity"));
    }
    pod.put(
        "priorityClassName", values.path("priorityClassName").asText("system-cluster-critical"));
    pod.put("hostNetwork", values.path("hostNetwork").path("enabled").asBoolean(false));
    var container = pod.putArray("containers").addObject();
    container.put("name", "metrics-server");
    var tag = values.path("image").path("tag").asText("");
    container.put(
        "image",
        values.path("image").path("repository").asText(DEFAULT_IMAGE)
            + (tag.isEmpty() ? "" : ":" + tag));
    copy(values.path("image"), "pullPolicy", container, "imagePullPolicy");
    copy(values, "resources", container, "resources");
    copy(values, "extraVolumeMounts", container, "volumeMounts");
    container.set("args", args(values));
    return deployment;
  }

  private static ArrayNode args(JsonNode values) {
    var args = JSON.createArrayNode();
    args.add("--secure-port=" + values.path("containerPort").asInt(10250));
    if (values.path("defaultArgs").isArray()) {
      args.addAll((ArrayNode) values.get("defaultArgs"));
    } else {
      DEFAULT_ARGS.forEach(args::add);
    }
    if (values.path("args").isArray()) {
      args.addAll((ArrayNode) values.get("args"));
    }
    return args;
  }

  private static void copy(JsonNode from, String name, ObjectNode to, String as) {
    if (!from.path(name).isMissingNode() && !from.get(name).isNull()) {
      to.set(as, from.get(name));
    }
  }
}
