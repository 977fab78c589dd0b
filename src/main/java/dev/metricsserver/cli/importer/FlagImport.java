package dev.metricsserver.cli.importer;

import dev.metricsserver.api.LabelSelector;
import dev.metricsserver.model.MetricsServerFlags;
import dev.metricsserver.model.NodeSelector;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Imports metrics-server's flags as fields of a spec. */
final class FlagImport {

  private static final String CLIENT_CERTIFICATE = "kubelet-client-certificate";
  private static final String CLIENT_KEY = "kubelet-client-key";
  private static final String SERVING_CERTIFICATE = "tls-cert-file";
  private static final String SERVING_KEY = "tls-private-key-file";
  private static final String DEFAULT_ADDRESSES = "InternalIP,ExternalIP,Hostname";

  /** The cluster's CA in every pod, which is metrics-server's default. */
  private static final String CLUSTER_CA = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";

  /** Set by the operator, or read together with another flag. */
  private static final Set<String> PASSED_OVER =
      Set.of(
          "cert-dir",
          "kubelet-use-node-status-port",
          "shutdown-delay-duration",
          MetricsServerFlags.INSECURE,
          MetricsServerFlags.PLAINTEXT);

  private final SpecBuilder spec;
  private final PodSpec pod;
  private final Container container;
  private final MetricsServerFlags flags;
  private final List<String> extraArgs = new ArrayList<>();
  private final Set<String> volumes = new HashSet<>();

  private FlagImport(SpecBuilder spec, PodSpec pod, Container container) {
    this.spec = spec;
    this.pod = pod;
    this.container = container;
    this.flags = MetricsServerFlags.of(container);
  }

  /**
   * Imports the flags of a container.
   *
   * @return the names of the volumes whose files became fields
   */
  static Set<String> into(SpecBuilder spec, PodSpec pod, Container container) {
    var result = new FlagImport(spec, pod, container);
    result.all();
    return result.volumes;
  }

  private void all() {
    if (!flags.readable()) {
      spec.note(
          "the flags, because the container starts %s instead of metrics-server"
              .formatted(container.getCommand().getFirst()));
      return;
    }
    flags.operands().forEach(word -> spec.note("argument %s".formatted(word)));
    if (flags.value("metric-resolution").isEmpty()) {
      spec.set("metricResolution", "1m");
    }
    spec.set("kubelet.tls.mode", mode());
    flags.values().forEach(this::flag);
    if (!extraArgs.isEmpty()) {
      spec.set("extraArgs", extraArgs);
    }
  }

  private String mode() {
    if (isSet(MetricsServerFlags.PLAINTEXT)) {
      return "Plaintext";
    }
    return isSet(MetricsServerFlags.INSECURE) ? "Insecure" : "Verify";
  }

  private boolean isSet(String name) {
    var value = flags.flag(name);
    if (value.isEmpty()) {
      flags
          .value(name)
          .ifPresent(
              text -> spec.note("--%s=%s, which is neither true nor false".formatted(name, text)));
    }
    return value.orElse(false);
  }

  private void flag(String name, String value) {
    switch (name) {
      case "secure-port" -> {
        var usual = Boolean.TRUE.equals(pod.getHostNetwork()) ? 4443 : 10250;
        number(name).ifPresent(port -> spec.setUnless("port", port, usual));
      }
      case "metric-resolution" -> spec.setUnless("metricResolution", value, "15s");
      case MetricsServerFlags.KUBELET_CA -> kubeletAuthority(value);
      case CLIENT_CERTIFICATE, CLIENT_KEY -> clientCertificate(name, value);
      case SERVING_CERTIFICATE, SERVING_KEY -> servingCertificate(name, value);
      case MetricsServerFlags.ADDRESS_TYPES -> {
        var types = flags.addressTypes();
        if (!String.join(",", types).equals(DEFAULT_ADDRESSES)) {
          spec.set("kubelet.addressTypes", types);
        }
      }
      case "kubelet-port" ->
          number(name).ifPresent(port -> spec.setUnless("kubelet.port", port, 10250));
      case "kubelet-request-timeout" -> spec.setUnless("kubelet.requestTimeout", value, "10s");
      case "tls-min-version" -> spec.setUnless("serving.tls.minVersion", value, "VersionTLS12");
      case "tls-cipher-suites" -> spec.set("serving.tls.cipherSuites", flags.list(name));
      case "node-selector" -> labels(value);
      case "logging-format" -> spec.setUnless("logging.format", loggingFormat(value), "Text");
      case "v" -> number(name).ifPresent(v -> spec.setUnless("logging.verbosity", v, 0));
      default -> {
        if (!PASSED_OVER.contains(name)) {
          extra(name, value);
        }
      }
    }
  }

  private static String loggingFormat(String value) {
    return value.equals("json") ? "JSON" : "Text";
  }

  private Optional<Integer> number(String name) {
    var number = flags.integer(name);
    if (number.isPresent()) {
      return Optional.of(number.getAsInt());
    }
    spec.note("--%s=%s, which is not a number".formatted(name, flags.value(name).orElse("")));
    return Optional.empty();
  }

  private void extra(String name, String value) {
    var argument = "--%s=%s".formatted(name, value);
    var alone = new LinkedHashMap<String, Object>();
    if (spec.fields().containsKey("version")) {
      alone.put("version", spec.fields().get("version"));
    }
    alone.put("extraArgs", List.of(argument));
    Import.refusal(alone)
        .ifPresentOrElse(
            why -> spec.note("%s: %s".formatted(argument, why)), () -> extraArgs.add(argument));
  }

  private void labels(String selector) {
    var parsed = NodeSelector.parse(selector);
    parsed
        .asSpec()
        .filter(_ -> selector.isBlank() || !parsed.equals(NodeSelector.ALL))
        .ifPresentOrElse(
            this::labels,
            () ->
                spec.note(
                    "--node-selector=%s: spec.kubelet.nodeSelector has no such comparison"
                        .formatted(selector)));
  }

  private void labels(LabelSelector selector) {
    if (!selector.matchLabels().isEmpty()) {
      spec.set("kubelet.nodeSelector.matchLabels", selector.matchLabels());
    }
    if (!selector.matchExpressions().isEmpty()) {
      spec.set(
          "kubelet.nodeSelector.matchExpressions",
          selector.matchExpressions().stream().map(FlagImport::requirement).toList());
    }
  }

  private static Map<String, Object> requirement(LabelSelector.Requirement requirement) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("key", requirement.key());
    fields.put("operator", requirement.operator().name());
    if (!requirement.values().isEmpty()) {
      fields.put("values", requirement.values());
    }
    return fields;
  }

  // ------------------------------------------------------------------------------ files in volumes

  private void kubeletAuthority(String file) {
    if (file.equals(CLUSTER_CA)) {
      return;
    }
    var origin = MountedFile.of(file, pod, container);
    if (origin.isEmpty()) {
      spec.note(
          "--%s=%s, a file that comes from no ConfigMap or Secret: put the CA into one and set spec.kubelet.tls.certificateAuthority"
              .formatted(MetricsServerFlags.KUBELET_CA, file));
      return;
    }
    origin.ifPresent(mounted -> {
      volumes.add(mounted.volume());
      var reference = new LinkedHashMap<String, Object>();
      reference.put("name", mounted.name());
      if (!mounted.key().equals("ca.crt")) {
        reference.put("key", mounted.key());
      }
      spec.set(
          "kubelet.tls.certificateAuthority." + (mounted.secret() ? "secretRef" : "configMapRef"),
          reference);
    });
  }

  private void clientCertificate(String name, String file) {
    var secret = secretOf(CLIENT_CERTIFICATE, CLIENT_KEY);
    if (secret.isEmpty()) {
      spec.note(
          "--%s=%s: set spec.kubelet.tls.clientCertificate to a Secret with tls.crt and tls.key"
              .formatted(name, file));
      return;
    }
    secret.ifPresent(mounted -> {
      volumes.add(mounted.volume());
      spec.set("kubelet.tls.clientCertificate.secretRef.name", mounted.name());
    });
  }

  /** Whether a Secret has the CA that it must have for the API servers, no manifest says. */
  private void servingCertificate(String name, String file) {
    var secret = secretOf(SERVING_CERTIFICATE, SERVING_KEY);
    if (secret.isEmpty()) {
      extra(name, file);
      return;
    }
    secret
        .filter(_ -> name.equals(SERVING_CERTIFICATE))
        .ifPresent(mounted -> {
          volumes.add(mounted.volume());
          spec.note(
              "the serving certificate of Secret %1$s: the operator's own replaces it; to keep it, add the CA that signed it as ca.crt to the Secret and set spec.serving.tls: {source: Secret, secretRef: {name: %1$s}}"
                  .formatted(mounted.name()));
        });
  }

  /** The Secret that both files come from, under the keys of type kubernetes.io/tls. */
  private Optional<MountedFile> secretOf(String certificate, String key) {
    var found = origin(certificate).filter(m -> m.secret() && m.key().equals("tls.crt"));
    return found.filter(c ->
        origin(key)
            .filter(k -> k.secret() && k.key().equals("tls.key") && k.name().equals(c.name()))
            .isPresent());
  }

  private Optional<MountedFile> origin(String flag) {
    return flags.value(flag).flatMap(file -> MountedFile.of(file, pod, container));
  }
}
