package dev.metricsserver.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.it.MonitoringIT;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.LocalCluster;
import dev.metricsserver.support.Programs;
import dev.metricsserver.support.Shell;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Prometheus itself reads metrics-server and the operator, as the ServiceMonitors say, and takes
 * the alerts. What Prometheus Operator does with these objects is done here, for the little that is
 * used of them: Prometheus runs beside the cluster and reaches the pods by forwarded ports.
 */
@EndToEndTest(cluster = 2)
class PrometheusE2E {

  private static final Duration SOON = Duration.ofMinutes(4);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir private static Path folder;
  @RegisterExtension static final LocalCluster cluster = new LocalCluster();
  private static final List<LocalPortForward> FORWARDED = new ArrayList<>();
  private static Process prometheus;
  private static int port;

  @BeforeAll
  static void start() throws Exception {
    for (var kind : List.of("servicemonitors", "prometheusrules")) {
      cluster.kubectl("apply", "--server-side", "--filename=" + MonitoringIT.definition(kind));
    }
    cluster.kubectl("create", "namespace", "monitoring");
    cluster.kubectl("create", "serviceaccount", "prometheus", "--namespace=monitoring");
    cluster.kubectl("create", "serviceaccount", "stranger", "--namespace=monitoring");
    cluster.kubectl("apply", "--kustomize=deploy/monitoring");
    cluster.apply(
        "monitoring: {prometheus: {namespace: monitoring, serviceAccountName: prometheus}}\n"
            + "  audit: {profile: Metadata}");
    cluster.awaitReady();
    cluster.eventually(
        SOON,
        "there is a ServiceMonitor, verifying by the operator's CA, and a PrometheusRule",
        () -> {
          assertThat(
                  object("ServiceMonitor").at("/spec/endpoints/0/tlsConfig/ca/secret/key").asText())
              .isEqualTo("ca.crt");
          assertThat(object("PrometheusRule")).isNotNull();
        });
    run();
  }

  @AfterAll
  static void stop() throws IOException {
    if (prometheus != null) {
      prometheus.destroy();
    }
    for (var forwarded : FORWARDED) {
      forwarded.close();
    }
    cluster.apply("");
    cluster.kubectl("delete", "namespace", "monitoring", "--wait=false");
  }

  @Test
  void targets_installed_areScraped() {
    cluster.eventually(
        SOON,
        "what Prometheus reads is up",
        () -> {
          assertThat(health("metrics-server")).containsExactly("up", "up");
          assertThat(health("metrics-server-operator")).containsExactly("up");
        });
    cluster.eventually(
        SOON,
        "what it read is there",
        () -> {
          assertThat(value("max(metrics_server_operator_nodes_reporting)")).isEqualTo("2");
          assertThat(value("count(metrics_server_kubelet_request_total{success=\"true\"} > 0)"))
              .isEqualTo("2");
        });
  }

  @Test
  void client_withoutRights_isRejectedAndRaisesAlert() {
    cluster.eventually(
        SOON,
        "they are refused",
        () ->
            assertThat(targets("stranger"))
                .hasSize(2)
                .allSatisfy(t -> assertThat(t.at("/lastError").asText()).contains("403")));
    cluster.eventually(
        SOON,
        "a client without a known token is rejected",
        () ->
            assertThat(targets("unknown"))
                .hasSize(2)
                .allSatisfy(t -> assertThat(t.at("/lastError").asText()).contains("401")));
    cluster.eventually(
        SOON,
        "the alert is raised",
        () -> assertThat(alerts()).containsOnly("MetricsServerRefusesRequests"));
  }

  @Test
  void metric_named_exists() {
    cluster.eventually(
        SOON,
        "the alerts' and the dashboard's metrics are there",
        () -> {
          var there = names();
          assertThat(
                  Stream.concat(expressions(object("PrometheusRule")), expressions(dashboard()))
                      .flatMap(PrometheusE2E::namesIn)
                      .distinct())
              .as("named by an alert or a panel")
              .isNotEmpty()
              .isSubsetOf(there);
        });
  }

  @Test
  void panel_anyQuery_isValid() {
    assertThat(
            expressions(dashboard())
                .map(e -> e.replace("$job", "metrics-server").replace("$__rate_interval", "1m"))
                .filter(e -> !query(e).at("/status").asText().equals("success")))
        .isEmpty();
  }

  @Test
  void auditLog_metricsRequested_namesClient() {
    cluster.kubectl("get", "--raw", "/apis/metrics.k8s.io/v1beta1/nodes");
    cluster.eventually(
        SOON,
        "the request is in a pod's log",
        () ->
            assertThat(records())
                .anySatisfy(record -> {
                  assertThat(record.at("/requestURI").asText())
                      .isEqualTo("/apis/metrics.k8s.io/v1beta1/nodes");
                  assertThat(record.at("/user/groups").toString()).contains("system:masters");
                  assertThat(record.at("/user/username").asText()).doesNotContain("aggregator");
                }));
    assertThat(records())
        .noneMatch(record -> record.at("/requestURI").asText().contains("/readyz"));
  }

  // ------------------------------------------------------------------------------- the translation

  private static void run() throws IOException {
    try (var socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    var rules =
        Files.writeString(
            folder.resolve("rules.yaml"),
            JSON.writeValueAsString(object("PrometheusRule").at("/spec")));
    var jobs =
        Stream.of(
                job("metrics-server", object("ServiceMonitor"), token("prometheus")),
                job(
                    "metrics-server-operator",
                    object("metrics-server-operator", "ServiceMonitor", "metrics-server-operator"),
                    token("prometheus")),
                job("stranger", object("ServiceMonitor"), token("stranger")),
                job(
                    "unknown",
                    object("ServiceMonitor"),
                    Files.writeString(folder.resolve("unknown"), "not.a.token")),
                apiServer())
            .collect(Collectors.joining());
    var file =
        Files.writeString(
            folder.resolve("prometheus.yaml"),
            """
            global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
            rule_files: [%s]
            scrape_configs:
            """
                    .formatted(rules)
                + jobs);
    assertThat(Shell.run(Programs.promtool(), "check", "config", file.toString()))
        .contains("SUCCESS");
    prometheus =
        new ProcessBuilder(
                Programs.prometheus(),
                "--config.file=" + file,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port,
                "--log.level=warn")
            .inheritIO()
            .start();
    cluster.eventually(
        SOON, "Prometheus answers", () -> assertThat(targets("apiserver")).hasSize(1));
  }

  /** As Prometheus Operator has it: every pod of the Service that the ServiceMonitor selects. */
  private static String job(String name, JsonNode monitor, Path token) {
    var namespace = monitor.at("/metadata/namespace").asText();
    var endpoint = monitor.at("/spec/endpoints/0");
    var service =
        cluster
            .admin()
            .services()
            .inNamespace(namespace)
            .withLabels(JSON.convertValue(monitor.at("/spec/selector/matchLabels"), LabelMap.class))
            .list()
            .getItems()
            .getFirst();
    var targets =
        cluster
            .admin()
            .pods()
            .inNamespace(namespace)
            .withLabels(service.getSpec().getSelector())
            .list()
            .getItems()
            .stream()
            .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
            .map(pod -> forward(pod, endpoint.at("/port").asText()))
            .toList();
    return """
      - job_name: %s
        scheme: %s
        authorization: {credentials_file: %s}
        tls_config: %s
        static_configs: [{targets: [%s]}]
    """
        .formatted(
            name,
            endpoint.at("/scheme").asText(),
            token,
            tls(namespace, endpoint.at("/tlsConfig")),
            String.join(", ", targets));
  }

  private static String tls(String namespace, JsonNode tls) {
    var settings = new ArrayList<String>();
    if (tls.hasNonNull("serverName")) {
      settings.add("server_name: " + tls.at("/serverName").asText());
    }
    if (tls.at("/insecureSkipVerify").asBoolean()) {
      settings.add("insecure_skip_verify: true");
    }
    var ca = tls.at("/ca/secret");
    if (!ca.isMissingNode()) {
      var secret =
          cluster.admin().secrets().inNamespace(namespace).withName(ca.at("/name").asText()).get();
      settings.add("ca_file: " + write("ca", secret.getData().get(ca.at("/key").asText())));
    }
    return "{" + String.join(", ", settings) + "}";
  }

  private static String apiServer() {
    var config = cluster.admin().getConfiguration();
    return """
      - job_name: apiserver
        scheme: https
        authorization: {credentials_file: %s}
        tls_config: {ca_file: %s}
        static_configs: [{targets: ["%s"]}]
    """
        .formatted(
            token("prometheus"),
            write("api-server-ca", config.getCaCertData()),
            URI.create(config.getMasterUrl()).getAuthority());
  }

  private static String forward(Pod pod, String port) {
    var container = pod.getSpec().getContainers().getFirst();
    var number =
        container.getPorts().stream()
            .filter(p -> p.getName().equals(port))
            .findFirst()
            .orElseThrow()
            .getContainerPort();
    var forwarded = cluster.admin().pods().resource(pod).portForward(number);
    FORWARDED.add(forwarded);
    return "\"127.0.0.1:%d\"".formatted(forwarded.getLocalPort());
  }

  private static Path token(String account) {
    var token =
        cluster
            .admin()
            .serviceAccounts()
            .inNamespace("monitoring")
            .withName(account)
            .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
            .getStatus()
            .getToken();
    return write(
        account, Base64.getEncoder().encodeToString(token.getBytes(StandardCharsets.UTF_8)));
  }

  private static Path write(String name, String base64) {
    try {
      return Files.write(folder.resolve(name), Base64.getDecoder().decode(base64));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** For Jackson. */
  private static final class LabelMap extends HashMap<String, String> {
    private static final long serialVersionUID = 1;
  }

  // ------------------------------------------------------------------------------ what is to be
  // seen

  private static JsonNode object(String kind) {
    return object("kube-system", kind, Names.METRICS_SERVER);
  }

  private static JsonNode object(String namespace, String kind, String name) {
    GenericKubernetesResource object =
        cluster
            .admin()
            .genericKubernetesResources(
                new ResourceDefinitionContext.Builder()
                    .withGroup("monitoring.coreos.com")
                    .withVersion("v1")
                    .withKind(kind)
                    .withPlural(kind.toLowerCase(Locale.ROOT) + "s")
                    .withNamespaced(true)
                    .build())
            .inNamespace(namespace)
            .withName(name)
            .require();
    return JSON.valueToTree(object);
  }

  private static JsonNode dashboard() {
    try {
      return JSON.readTree(Path.of("deploy/grafana/metrics-server.json").toFile());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Stream<String> expressions(JsonNode document) {
    return document.findValues("expr").stream().map(JsonNode::asText);
  }

  /** What is neither a function, nor a label, nor its value. */
  private static Stream<String> namesIn(String expression) {
    return Pattern.compile(
            "\\b(?:metrics_server|apiserver|aggregator|authentication|authorization|process)_[a-z_]+")
        .matcher(expression)
        .results()
        .map(MatchResult::group);
  }

  /** The records of requests in the pods' logs. */
  private static List<JsonNode> records() {
    return cluster
        .kubectl(
            "logs", "--namespace=kube-system", "--selector=k8s-app=metrics-server", "--tail=-1")
        .lines()
        .filter(line -> line.startsWith("{\"kind\":\"Event\""))
        .map(PrometheusE2E::parse)
        .toList();
  }

  private static List<String> health(String job) {
    return targets(job).stream().map(t -> t.at("/health").asText()).toList();
  }

  private static List<JsonNode> targets(String job) {
    return elements(get("/api/v1/targets").at("/data/activeTargets"))
        .filter(t -> t.at("/labels/job").asText().equals(job))
        .toList();
  }

  private static List<String> alerts() {
    return elements(get("/api/v1/alerts").at("/data/alerts"))
        .map(a -> a.at("/labels/alertname").asText())
        .toList();
  }

  private static List<String> names() {
    return elements(get("/api/v1/label/__name__/values").at("/data"))
        .map(JsonNode::asText)
        .toList();
  }

  private static String value(String expression) {
    return query(expression).at("/data/result/0/value/1").asText();
  }

  private static JsonNode query(String expression) {
    return get("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
  }

  private static JsonNode get(String path) {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(port, path))).build();
    try {
      return parse(HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Stream<JsonNode> elements(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }
}
