package dev.metricsserver.e2e;

import static dev.metricsserver.support.LocalCluster.NAMESPACE;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.cli.CommandLineRun;
import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.LocalCluster;
import dev.metricsserver.support.ServingSecret;
import dev.metricsserver.support.Skip;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Identity;
import dev.metricsserver.tls.Issuer;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Failures of a metrics-server that a user installed with kubectl. Each is made real, is what
 * {@code doctor} finds first and its only error, and is gone when the remedy was followed as it is
 * printed. What the operator's own metrics-server and certificates show is in {@link
 * KubeletTrustE2E}, {@link LifecycleE2E}, {@link AdoptionE2E} and {@link ServingE2E}.
 */
@EndToEndTest(cluster = 2)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DiagnosisE2E {

  private static final String IMAGE = "registry.k8s.io/metrics-server/metrics-server:v0.9.0";

  /** A pod starts, is asked twice for metrics, and the API server looks once more. */
  private static final Duration A_WHILE = Duration.ofMinutes(5);

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A command in a step that has more than one ends where words go on. */
  private static final Pattern COMMAND = Pattern.compile("kubectl .*?(?=, | && |: |; |$)");

  @RegisterExtension static final LocalCluster cluster = new LocalCluster();
  private static KubernetesClient client;

  @TempDir private static Path directory;

  @BeforeAll
  static void install() throws IOException {
    client = cluster.admin();
    apply(
        "installation",
        Files.readString(Path.of("deploy/local/upstream/components.yaml"))
            .replace("IMAGE", IMAGE)
            // No pod is left that serves while another one does not.
            .replace("rollingUpdate: {maxUnavailable: 0}", "type: Recreate")
            .replace(
                "- --metric-resolution=15s",
                "- --metric-resolution=10s\n            - --kubelet-request-timeout=5s")
            .replace("initialDelaySeconds: 20", "initialDelaySeconds: 1")
            .replace("periodSeconds: 10", "periodSeconds: 2"));
    allIsWell();
  }

  private static void asInstalled() {
    // The API server may write the registration's status in between.
    cluster.eventually(
        A_WHILE,
        "it is replaced",
        () ->
            cluster.kubectl(
                "replace", "--filename", directory.resolve("installation.yaml").toString()));
    allIsWell();
  }

  @AfterAll
  static void remove() {
    cluster.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce-");
    cluster.kubectl("-n", NAMESPACE, "delete", "resourcequota", "small", "--ignore-not-found");
    cluster.kubectl("-n", NAMESPACE, "delete", "secret", "serving", "--ignore-not-found");
    if (client.nodes().withName("node1").get() != null) {
      node("restart", "node1", "--certificate", "self-signed");
      node("restart", "node2", "--certificate", "self-signed");
    }
    cluster.kubectl("delete", "csr", "--all");
    cluster.kubectl("-n", "default", "delete", "deployment", "my-metrics", "--ignore-not-found");
    cluster.kubectl("delete", "msc", "cluster", "--ignore-not-found");
    cluster.kubectl(
        "delete", "--ignore-not-found", "-f", directory.resolve("installation.yaml").toString());
  }

  // ----------------------------------------------------------------------------------------- pods

  /** All at once: what keeps a pod from running hides what would be wrong with it when it ran. */
  @Test
  @Order(1)
  void oneReasonAfterTheOtherThatPodsDoNotRun() throws IOException {
    cluster.kubectl(
        "label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted");
    apply(
        "quota",
        """
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: small, namespace: kube-system}
        spec: {hard: {pods: "0"}}
        """);
    cluster.kubectl("-n", NAMESPACE, "delete", "rolebinding", "metrics-server-auth-reader");
    patch(
        """
        [{"op": "add", "path": "/spec/template/spec/hostNetwork", "value": true},
         {"op": "add", "path": "/spec/template/spec/nodeSelector/disk", "value": "ssd"},
         {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "%s-nowhere"},
         {"op": "replace", "path": "/spec/template/spec/containers/0/args/5", "value": "--kubelet-request-timeout=10s"},
         {"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--nonsense"}]
        """
            .formatted(IMAGE));

    found("PodSecurityViolated", f -> run(command(f, "kubectl label namespace")));
    found("QuotaExceeded", f -> edit(f, "s/pods: \"0\"/pods: \"9\"/"));
    found("PodUnschedulable", f -> edit(f, "/disk: ssd/d"));
    found("ImageNotPulled", f -> run(command(f, "kubectl").replace("IMAGE", IMAGE)));
    found("AuthReaderMissing", f -> run(command(f, "kubectl")));
    found("UnknownFlag", f -> run(command(f, "kubectl")));
    found("ResolutionRefused", f -> run(command(f, "kubectl")));
    found("PortInUse", f -> edit(f, "s/10250/4443/"));
    // Kubelets remember for minutes what a token may do, and a new pod has one of its own.
    patch(
        """
        [{"op": "replace", "path": "/spec/template/spec/containers/0/resources",
          "value": {"requests": {"memory": "10Mi"}, "limits": {"memory": "10Mi"}}}]
        """);
    cluster.kubectl(
        "patch",
        "clusterrole",
        "system:metrics-server",
        "--type=json",
        "-p",
        "[{\"op\": \"remove\", \"path\": \"/rules/0\"}]");
    found("MetricsServerRightsMissing", f -> run(command(f, "kubectl")));
    found("PodOutOfMemory", f -> run(command(f, "kubectl").replace("MORE", "200Mi")));
    allIsWell();
  }

  // ----------------------------------------------------------------------------- the API server

  @Test
  @Order(2)
  void theWayFromTheApiServerToThePods() {
    asInstalled();
    cluster.kubectl(
        "patch",
        "apiservice",
        "v1beta1.metrics.k8s.io",
        "-p",
        "{\"spec\": {\"service\": {\"name\": \"nowhere\"}}}");
    found("ServiceMissing", f -> run(command(f, "kubectl patch apiservice")));
    service("{\"op\": \"replace\", \"path\": \"/spec/selector\", \"value\": {\"app\": \"other\"}}");
    found("ServiceSelectsNothing", f -> run(command(f, "kubectl")));
    service(
        "{\"op\": \"replace\", \"path\": \"/spec/ports/0/targetPort\", \"value\": \"metrics\"}");
    found("ServicePortNameWrong", f -> run(command(f, "kubectl")));
    allIsWell();
  }

  @Test
  @Order(3)
  void certificatesThatTheApiServerRefuses() {
    var authority = Issuer.authority(Instant.now().minus(Duration.ofDays(200)));
    serve(authority, Instant.now().minus(Duration.ofDays(100)));
    patch(
        """
        [{"op": "add", "path": "/spec/template/spec/volumes/-",
          "value": {"name": "tls", "secret": {"secretName": "serving"}}},
         {"op": "add", "path": "/spec/template/spec/containers/0/volumeMounts/-",
          "value": {"name": "tls", "mountPath": "/tls"}},
         {"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--tls-cert-file=/tls/tls.crt"},
         {"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--tls-private-key-file=/tls/tls.key"}]
        """);
    trust(authority);

    found(
        "ServingCertificateExpired",
        f -> {
          serve(authority, Instant.now());
          run(command(f, "kubectl"));
        });
    allIsWell();
    trust(Issuer.authority(Instant.now()));
    found("ServingCertificateUntrusted", f -> run(command(f, "kubectl patch apiservice")));
    allIsWell();
  }

  private static void serve(Identity authority, Instant since) {
    ServingSecret.put(
        client,
        "serving",
        Issuer.leaf(authority, List.of("metrics-server.kube-system.svc"), since),
        authority.certificate());
  }

  private static void trust(Identity authority) {
    cluster.kubectl(
        "patch",
        "apiservice",
        "v1beta1.metrics.k8s.io",
        "--type=merge",
        "-p",
        "{\"spec\": {\"insecureSkipTLSVerify\": false, \"caBundle\": \"%s\"}}"
            .formatted(ServingSecret.encoded(Certificates.pem(List.of(authority.certificate())))));
  }

  /** No network plugin enforces policies here, so the test does what one would. */
  @Test
  @Order(4)
  void networkPolicy_admitsNoClient_isReported() throws IOException {
    onlyHere();
    asInstalled();
    apply(
        "policy",
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: default-deny, namespace: kube-system}
        spec: {podSelector: {}, policyTypes: [Ingress]}
        """);
    controlPlane("shut-out", "10250");
    try {
      found(
          "NetworkPolicyInTheWay",
          f -> {
            run(command(f, "echo"));
            controlPlane("let-in", "10250");
          });
      allIsWell();
    } finally {
      cluster.kubectl(
          "-n",
          NAMESPACE,
          "delete",
          "networkpolicy",
          "default-deny",
          "metrics-server-open-ingress",
          "--ignore-not-found");
    }
  }

  @Test
  @Order(5)
  void aFrontProxyThatIsNotTrusted() {
    onlyHere();
    controlPlane("front-proxy", "unknown");
    found(
        "FrontProxyNotTrusted",
        f -> {
          controlPlane("front-proxy", "own");
          run(command(f, "kubectl -n kube-system rollout restart"));
        });
    allIsWell();
  }

  // -------------------------------------------------------------------------------- the kubelets

  /** One rejects every token, the other treats every token as anonymous. */
  @Test
  @Order(6)
  void kubeletsThatDoNotRecogniseMetricsServer() {
    onlyHere();
    node("restart", "node1", "--tokens", "refused");
    node("restart", "node2", "--tokens", "ignored");
    found("KubeletUnauthorized", _ -> node("restart", "node1"), "KubeletForbidden");
    found("KubeletForbidden", _ -> node("restart", "node2"));
    allIsWell();
  }

  @Test
  @Order(7)
  void aNodeThatIsLost() {
    onlyHere();
    var here = nodeOfThePod();
    node("cut", here);
    try {
      found("PodNodeNotReady", f -> run(command(f, "kubectl -n kube-system delete pod")));
      cluster.eventually(
          A_WHILE,
          "the other node serves",
          () ->
              assertThat(findings())
                  .extracting(Found::code)
                  .containsExactly("NodesNotReady", "KubeletTLSInsecure"));
    } finally {
      node("join", here);
    }
    allIsWell();
  }

  private static String nodeOfThePod() {
    return client
        .pods()
        .inNamespace(NAMESPACE)
        .withLabel("k8s-app", "metrics-server")
        .list()
        .getItems()
        .getFirst()
        .getSpec()
        .getNodeName();
  }

  /** The kubelets sign for themselves until they are told to ask for certificates. */
  @Test
  @Order(8)
  void kubeletsThatCannotBeVerified() {
    onlyHere();
    patch("[{\"op\": \"remove\", \"path\": \"/spec/template/spec/containers/0/args/6\"}]");
    found(
        "KubeletCertificateUnsigned",
        _ -> {
          node("restart", "node1", "--certificate", "requested");
          node("restart", "node2", "--certificate", "requested");
        });
    // A remedy names the requests that are there.
    cluster.eventually(
        A_WHILE,
        "both have asked",
        () ->
            assertThat(client.certificates().v1().certificateSigningRequests().list().getItems())
                .extracting(r -> r.getSpec().getUsername())
                .contains("system:node:node1", "system:node:node2"));
    // doctor does not judge requests, so it recommends to check them, and an administrator decides.
    found(
        "CertificateRequestsNotApproved",
        f -> {
          run(command(f, "kubectl describe csr"));
          run("kubectl certificate approve " + String.join(" ", requests()));
        });
    allIsWell();
  }

  // ------------------------------------------------------------------------------- the operator's

  /** Hygiene checks run as soon as all is well, and again when the operator starts. */
  @Test
  @Order(9)
  void aForeignOwnerAndASecondMetricsServer() throws IOException {
    asInstalled();
    second();
    found("SecondMetricsServer", f -> run(command(f, "kubectl")));

    second();
    cluster.apply("conflictPolicy: Observe");
    told(true, "SecondMetricsServer", _ -> cluster.apply(""));
    told(true, "Conflict", f -> run(command(f, "kubectl patch msc")));
    cluster.awaitReady();
    told(
        true,
        "SecondMetricsServer",
        f -> {
          run(command(f, "kubectl"));
          cluster.restartOperator();
        });
    // No network plugin enforces policies here; kind's kubelets sign for themselves.
    told(
        false,
        "NetworkPolicyNotEnforced",
        f -> {
          assertThat(f.remedy()).contains("spec.networkPolicy.mode: Disabled");
          cluster.kubectl(
              "patch",
              "msc",
              "cluster",
              "--type=merge",
              "-p",
              "{\"spec\": {\"networkPolicy\": {\"mode\": \"Disabled\"}}}");
        });
  }

  private static void second() throws IOException {
    apply(
        "second",
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: my-metrics, namespace: default}
        spec:
          selector: {matchLabels: {k8s-app: metrics-server}}
          template:
            metadata: {labels: {k8s-app: metrics-server}}
            spec:
              containers:
                - {name: metrics-server, image: "%s", args: [--cert-dir=/tmp, --secure-port=10250]}
        """
            .formatted(IMAGE));
  }

  /**
   * Waits until the operator tells of this, and when its remedy was followed, until not any more.
   *
   * @param first whether that is the first that it tells
   */
  private static void told(boolean first, String code, Remedy remedy) {
    var told = new AtomicReference<Found>();
    cluster.eventually(
        A_WHILE,
        code,
        () -> {
          var findings = status().toList();
          var found = findings.stream().filter(f -> f.code().equals(code)).findFirst();
          assertThat(found).as("among " + findings).isPresent();
          if (first) {
            assertThat(findings).first().isEqualTo(found.get());
          }
          told.set(found.get());
        });
    remedy.follow(told.get());
    cluster.eventually(
        A_WHILE,
        code + " is gone",
        () -> assertThat(status()).extracting(Found::code).doesNotContain(code));
  }

  private static Stream<Found> status() {
    return cluster.status().findings().stream()
        .map(f ->
            new Found(
                f.code(),
                f.severity(),
                f.remedy(),
                f.steps().stream().flatMap(s -> commands(s.command(), s.text())).toList()));
  }

  private static void onlyHere() {
    Skip.unless(
        client.nodes().withName("node1").get() != null,
        "of kind's nodes and control plane nothing but kubelets can be stopped");
  }

  private static void node(String... arguments) {
    shell("deploy/local/node", arguments);
  }

  private static void controlPlane(String... arguments) {
    shell("deploy/local/control-plane", arguments);
  }

  private static void service(String change) {
    cluster.kubectl(
        "-n",
        NAMESPACE,
        "patch",
        "service",
        "metrics-server",
        "--type=json",
        "-p",
        "[" + change + "]");
  }

  // ---------------------------------------------------------------------------------------- doctor

  /** A finding, as doctor says it. */
  private record Found(String code, String severity, String remedy, List<String> commands) {}

  /** What a person does. */
  @FunctionalInterface
  private interface Remedy {
    void follow(Found found);
  }

  /**
   * Waits until this is found first and is the only error, and when its remedy was followed, until
   * it is gone.
   *
   * @param others errors that have nothing to do with it
   */
  private static void found(String code, Remedy remedy, String... others) {
    var first = new AtomicReference<Found>();
    cluster.eventually(
        A_WHILE,
        code,
        () -> {
          var findings = findings();
          assertThat(findings)
              .first()
              .extracting(Found::code)
              .as("first of " + findings)
              .isEqualTo(code);
          assertThat(findings.stream().skip(1).filter(f -> f.severity().equals("Error")))
              .extracting(Found::code)
              .containsExactly(others);
          first.set(findings.getFirst());
        });
    remedy.follow(first.get());
    cluster.eventually(
        A_WHILE,
        code + " is gone",
        () -> assertThat(findings()).extracting(Found::code).doesNotContain(code));
  }

  private static void allIsWell() {
    cluster.eventually(
        A_WHILE,
        "all is well",
        () -> {
          var doctor = doctor();
          assertThat(doctor.status()).as(doctor.out()).isZero();
        });
  }

  private static List<Found> findings() throws JsonProcessingException {
    return StreamSupport.stream(JSON.readTree(doctor().out()).get("findings").spliterator(), false)
        .map(f ->
            new Found(
                f.get("code").asText(),
                f.get("severity").asText(),
                f.get("remedy").asText(),
                StreamSupport.stream(f.get("steps").spliterator(), false)
                    .flatMap(s -> commands(s.path("command").asText(null), s.get("text").asText()))
                    .toList()))
        .toList();
  }

  private static CommandLineRun doctor() {
    return CommandLineRun.of(
        "doctor", "--kubeconfig", cluster.kubeconfig().toString(), "-o", "json");
  }

  /** The command of a step, or those that its text has where it is not one command. */
  private static Stream<String> commands(String command, String text) {
    return command == null
        ? COMMAND.matcher(text).results().map(found -> found.group())
        : Stream.of(command);
  }

  /** The first command of a remedy that begins like this. */
  private static String command(Found found, String start) {
    return found.commands().stream()
        .filter(command -> command.startsWith(start))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no command in " + found.remedy()));
  }

  /** The names of the certificate requests that are there. */
  private static List<String> requests() {
    return client.certificates().v1().certificateSigningRequests().list().getItems().stream()
        .map(r -> r.getMetadata().getName())
        .toList();
  }

  private static void run(String command) {
    edit(command, "");
  }

  /** The remedy opens an editor; what it says is to be done there is this script of sed's. */
  private static void edit(Found found, String script) {
    edit(
        found.commands().stream()
            .filter(command -> command.contains(" edit "))
            .findFirst()
            .orElseThrow(() -> new AssertionError("nothing to edit in " + found.remedy())),
        script);
  }

  private static void edit(String command, String script) {
    cluster.run(
        "bash",
        "-c",
        "kubectl() { deploy/local/kubectl \"$@\"; }; export KUBE_EDITOR=\"sed -i '$0'\"; "
            + command,
        script);
  }

  // --------------------------------------------------------------------------------------- kubectl

  private static void shell(String program, String... arguments) {
    var command = new ArrayList<>(List.of(program));
    command.addAll(List.of(arguments));
    cluster.run(command.toArray(String[]::new));
  }

  private static void apply(String name, String objects) throws IOException {
    var file = Files.writeString(directory.resolve(name + ".yaml"), objects);
    cluster.kubectl("apply", "--filename", file.toString());
  }

  private static void patch(String change) {
    cluster.kubectl(
        "-n", NAMESPACE, "patch", "deployment", "metrics-server", "--type=json", "-p", change);
  }
}
