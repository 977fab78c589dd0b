package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.cli.CommandLineRun;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.LoopbackKubelets;
import dev.metricsserver.support.Programs;
import dev.metricsserver.support.Shell;
import dev.metricsserver.support.Skip;
import dev.metricsserver.support.TestCluster;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Issuer;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * {@code doctor} with a real API server, and with a metrics-server that a user installed by hand.
 */
@IntegrationTest
class DoctorIT {

  private static final String POD = "metrics-server-5f7d";
  private static final String STATUS_PORT = "--kubelet-use-node-status-port";

  /** What Chromium asks its maker, whatever page it shows. */
  private static final Pattern BROWSERS_OWN =
      Pattern.compile("(google|googleapis|gstatic|gvt1)\\.com");

  @RegisterExtension final TestCluster cluster = new TestCluster();

  @BeforeEach
  void prepare() {
    cluster.publishFrontProxy();
    // The answer at the addresses of Nodes depends on the network of this machine.
    cluster.admin().nodes().delete();
  }

  @Test
  void doctor_noMetricsServer_reportsMissing() throws IOException {
    var doctor = doctor();
    assertThat(doctor.status()).as(doctor.err()).isEqualTo(1);
    assertThat(doctor.out())
        .contains("No metrics-server found in https://", "1. Error MetricsServerMissing,");
  }

  @Test
  void doctor_apiServiceWithoutService_reportsLeftBehind() throws IOException {
    register();
    var doctor = doctor();
    assertThat(doctor.status()).isEqualTo(1);
    assertThat(doctor.out())
        .contains(
            "✗ Service     kube-system/metrics does not exist",
            "1. Error RegistrationLeftBehind, APIService/v1beta1.metrics.k8s.io");
  }

  /** The RoleBinding is missing by which metrics-server reads how callers are recognised. */
  @Test
  void doctor_authReaderMissing_namesCommand() throws IOException {
    register();
    installWithoutAuthReader();
    var doctor = doctor();
    assertThat(doctor.status()).as(doctor.err()).isEqualTo(1);
    assertThat(doctor.out())
        .contains(
            "Deployment kube-system/by-hand (registry.example.com/metrics-server:v0.8.1), kept by"
                + " Helm release metrics in namespace kube-system (recognised by annotation"
                + " meta.helm.sh/release-name=metrics)",
            "1. Error AuthReaderMissing, ServiceAccount/kube-system/ms",
            "→ kubectl -n kube-system create rolebinding metrics-server-auth-reader"
                + " --role=extension-apiserver-authentication-reader"
                + " --serviceaccount=kube-system:ms");
  }

  /** The API server reports the missing Service in the APIService a moment later. */
  @Test
  void doctor_serviceMissing_isReported() throws IOException {
    register();
    install();
    cluster.eventually(
        "the finding is reported",
        () -> {
          var doctor = doctor();
          assertThat(doctor.out())
              .contains(
                  "✓ pods        1 of 1 ready",
                  "↑ it breaks here",
                  "1. Error ServiceMissing, APIService/v1beta1.metrics.k8s.io",
                  "set spec.service to the Service of deployment/by-hand",
                  "→ or kubectl delete apiservice/v1beta1.metrics.k8s.io");
          assertThat(doctor.status()).isEqualTo(1);
        });
  }

  @Test
  void doctor_serviceSelectsNothing_namesSelector() throws IOException {
    installWithoutSelectedPods();
    cluster.eventually(
        "the finding is reported",
        () ->
            assertThat(doctor().out())
                .contains(
                    "✗ Service     kube-system/metrics leads to no ready pod",
                    "1. Error ServiceSelectsNothing, Service/kube-system/metrics",
                    "→ kubectl -n kube-system patch service/metrics --type json -p"
                        + " '[{\"op\":\"add\",\"path\":\"/spec/selector\",\"value\":{\"app\":\"by-hand\"}}]'"));
  }

  @Test
  void doctor_outputFormats_containFinding() throws IOException {
    installWithoutSelectedPods();
    awaitFinding("ServiceSelectsNothing");
    assertThat(doctor("-o", "json").out())
        .contains("\"healthy\" : false", "\"code\" : \"ServiceSelectsNothing\"");
    assertThat(doctor("-o", "yaml").out()).contains("- code: \"ServiceSelectsNothing\"");
    assertThat(doctor("-o", "markdown").out()).contains("1. **Error ServiceSelectsNothing**");
  }

  /** A browser of today, of which whatever it asks for goes to a proxy that answers nothing. */
  @Test
  void page_openedInABrowser_makesNoRequest() throws Exception {
    installWithoutSelectedPods();
    awaitFinding("ServiceSelectsNothing");
    var missing = Shell.print("deploy/local/binaries", "--browser");
    Skip.unless(Shell.succeeds("deploy/local/binaries", "--browser"), missing);
    var folder = Files.createDirectory(cluster.directory().resolve("browser"));
    var page = folder.resolve("doctor.html");
    assertThat(doctor("--html", page.toString()).status()).isEqualTo(1);
    try (var proxy = new ServerSocket(0, 100, InetAddress.getLoopbackAddress())) {
      var asked = asked(proxy);
      var dom = browsed(proxy, folder, page.toUri().toString());
      assertThat(dom)
          .contains(
              "<title>metrics-server: does not work</title>",
              "<em>it breaks here</em>",
              "<b>Error ServiceSelectsNothing</b>")
          .doesNotContain("<script");
      assertThat(asked).allMatch(request -> BROWSERS_OWN.matcher(request).find());
      assertThat(folder.resolve("page.png")).isNotEmptyFile();

      var calling = folder.resolve("calling.html");
      Files.writeString(calling, "<img src='http://example.com/a.png'>");
      browsed(proxy, folder, calling.toUri().toString());
      assertThat(asked)
          .as("the proxy sees what a page asks for")
          .anyMatch(request -> request.contains("example.com"));
    }
  }

  /** The first line of each request. */
  private static List<String> asked(ServerSocket proxy) {
    var asked = new CopyOnWriteArrayList<String>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            while (true) {
              var connection = proxy.accept();
              Thread.ofVirtual().start(() -> firstLine(connection).ifPresent(asked::add));
            }
          } catch (IOException e) {
            // Closed: it is over.
          }
        });
    return asked;
  }

  private static Optional<String> firstLine(Socket connection) {
    try (connection;
        var words =
            new BufferedReader(
                new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
      return Optional.ofNullable(words.readLine());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static String browsed(ServerSocket proxy, Path folder, String page) throws Exception {
    var log = folder.resolve("log").toFile();
    var dom = folder.resolve("dom");
    var browser =
        new ProcessBuilder(
                Programs.browser(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                "--proxy-server=127.0.0.1:" + proxy.getLocalPort(),
                "--user-data-dir=" + folder.resolve("profile"),
                "--screenshot=" + folder.resolve("page.png"),
                "--window-size=1000,1400",
                "--enable-logging=stderr",
                "--dump-dom",
                page)
            .redirectError(log)
            .redirectOutput(dom.toFile())
            .start();
    assertThat(browser.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(log).content().doesNotContain("Content Security Policy", "CONSOLE");
    return Files.readString(dom);
  }

  /** kubectl finds it by its name in the PATH. */
  @Test
  void doctor_startedByKubectl_reportsFinding() throws Exception {
    installWithoutSelectedPods();
    awaitFinding("ServiceSelectsNothing");
    var folder = Files.createDirectory(cluster.directory().resolve("plugins"));
    var plugin = folder.resolve("kubectl-metrics_server");
    Files.writeString(plugin, "#!/bin/sh\nexec %s \"$@\"\n".formatted(String.join(" ", program())));
    assertThat(plugin.toFile().setExecutable(true)).isTrue();
    var builder =
        new ProcessBuilder(
                Programs.kubectl(),
                "metrics_server",
                "doctor",
                "--kubeconfig",
                cluster.adminKubeconfig().toString())
            .redirectErrorStream(true);
    builder.environment().merge("PATH", folder.toString(), (path, more) -> more + ":" + path);
    var kubectl = builder.start();
    assertThat(new String(kubectl.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("1. Error ServiceSelectsNothing, Service/kube-system/metrics");
    assertThat(kubectl.waitFor()).isEqualTo(1);
  }

  @Test
  void doctor_noRights_reportsOnlyMissingEvidence() throws IOException {
    installWithoutSelectedPods();
    cluster
        .admin()
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName("stranger")
                .withNamespace("default")
                .endMetadata()
                .build())
        .create();
    var doctor = run(cluster.kubeconfig("default", "stranger"));
    assertThat(doctor.status()).as(doctor.out() + doctor.err()).isEqualTo(2);
    assertThat(doctor.out())
        .contains("EvidenceNotReadable", "apiservices could not be read", "deployments could not")
        .doesNotContain("MetricsServerMissing");
  }

  /** As an external metrics-server verifies them, and where they cannot be seen it says so. */
  @Test
  void doctor_kubeletCertificateUnsigned_isReported() throws IOException {
    installWithoutSelectedPods();
    var kubelets = new LoopbackKubelets();
    var name = LoopbackKubelets.node(1);
    cluster
        .admin()
        .resource(new NodeBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
    cluster.admin().nodes().withName(name).editStatus(node -> running(node, kubelets.port()));
    // The API server answers lists from a cache, which may not have the status yet.
    cluster.eventually(
        "the finding is reported",
        () ->
            assertThat(doctor().out())
                .contains(
                    " KubeletCertificateUnsigned, Node/node-0001",
                    "or set --kubelet-insecure-tls, which turns verification off deliberately")
                .doesNotContain("spec.kubelet", "msc"));
    assertThat(doctor("-o", "json").out()).contains("\"of\" : \"the kubelet of node-0001\"");

    var patch = Path.of("machine-configuration-patch.json");
    try {
      var told = doctor("--fix", "KubeletCertificateUnsigned");
      assertThat(told.status()).as(told.err()).isEqualTo(1);
      assertThat(told.out())
          .contains(
              "This configures the nodes:",
              "talosctl -n 127.77.0.2 patch mc --patch @machine-configuration-patch.json");
      assertThat(patch).content().contains("\"rotate-server-certificates\":\"true\"");

      Files.writeString(patch, "another file");
      assertThat(answered("n\n", "--fix", "KubeletCertificateUnsigned").out())
          .contains("Overwrite machine-configuration-patch.json? [y/N] ", "Nothing was written.")
          .doesNotContain("This configures the nodes:");
      assertThat(patch).content().isEqualTo("another file");
      answered("y\n", "--fix", "KubeletCertificateUnsigned");
      assertThat(patch).content().contains("\"rotate-server-certificates\":\"true\"");
    } finally {
      Files.deleteIfExists(patch);
    }

    arguments(STATUS_PORT, "--kubelet-insecure-tls=false", "-l", "!example.com/skipped");
    assertThat(doctor().out()).contains("KubeletCertificateUnsigned");
    arguments(STATUS_PORT, "--node-selector=example.com/asked in (yes)");
    assertThat(doctor("-o", "json").out())
        .doesNotContain("KubeletCertificateUnsigned", "the kubelet of node-0001");
    arguments(STATUS_PORT, "--secure-port=10250", "--metric-resolution=15s");

    kubelets.close();
    assertThat(doctor().out())
        .contains("kubelets' certificates could not be read, so this diagnosis is incomplete")
        .doesNotContain("KubeletUnreachable");
    cluster.admin().nodes().withName(name).delete();
  }

  /** By the flag, and the volume that its file is in. */
  @Test
  void doctor_servedCertificateExpires_isReported() throws IOException {
    installWithoutSelectedPods();
    var issued = Instant.now().minus(Duration.ofDays(80));
    var leaf = Issuer.leaf(Issuer.authority(issued), List.of("metrics.kube-system.svc"), issued);
    cluster
        .admin()
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName("by-hand-tls")
                .withNamespace("kube-system")
                .endMetadata()
                .addToStringData("crt", Certificates.pem(leaf.chain()))
                .build())
        .create();
    template(t ->
        new PodSpecBuilder(t)
            .addNewVolume()
            .withName("tls")
            .withNewSecret()
            .withSecretName("by-hand-tls")
            .addNewItem("crt", null, "own/tls.crt")
            .endSecret()
            .endVolume()
            .editFirstContainer()
            .addToArgs("--tls-cert-file=/etc/tls/own/tls.crt")
            .addNewVolumeMount()
            .withName("tls")
            .withMountPath("/etc/tls")
            .endVolumeMount()
            .endContainer()
            .build());

    assertThat(doctor().out())
        .contains(
            "Warning ServingCertificateExpiring, Secret/kube-system/by-hand-tls",
            "→ run kubectl -n kube-system describe secret by-hand-tls to find its issuer");
    assertThat(doctor("-o", "json").out())
        .contains("\"of\" : \"metrics-server itself, in Secret kube-system/by-hand-tls\"");

    cluster.admin().secrets().inNamespace("kube-system").withName("by-hand-tls").delete();
    assertThat(doctor().out()).doesNotContain("ServingCertificateExpiring");
    template(t ->
        new PodSpecBuilder(t)
            .withVolumes()
            .editFirstContainer()
            .removeFromArgs("--tls-cert-file=/etc/tls/own/tls.crt")
            .withVolumeMounts()
            .endContainer()
            .build());
  }

  /** Hygiene checks, with the rights of the user. */
  @Test
  void doctor_unusedRightsAndSecondInstallation_areReported() throws IOException {
    installWithoutSelectedPods();
    apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: too-much}
        rules:
          - {apiGroups: [""], resources: [namespaces, pods], verbs: [get, list, watch]}
          - {apiGroups: [""], resources: [nodes/stats], verbs: [get]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: too-much}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: too-much}
        subjects: [{kind: ServiceAccount, name: ms, namespace: kube-system}]
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: second-0
          namespace: default
          labels: {app.kubernetes.io/name: metrics-server}
        spec:
          automountServiceAccountToken: false
          containers: [{name: c, image: i}]
        """);
    cluster.eventually(
        "the finding is reported",
        () ->
            assertThat(doctor().out())
                .contains(
                    "Warning SecondMetricsServer, Deployment/default/second-0",
                    "Info RightsUnused, ServiceAccount/kube-system/ms",
                    "has rights that it does not need (get/list/watch namespaces, get"
                        + " nodes/stats)\n",
                    "Info VersionOutOfRange, Deployment/kube-system/by-hand",
                    "ms=IMAGE (registry.k8s.io/metrics-server/metrics-server:v0.9.0, or"));
    cluster.admin().rbac().clusterRoleBindings().withName("too-much").delete();
    cluster.admin().pods().inNamespace("default").withName("second-0").withGracePeriod(0).delete();
    cluster.eventually(
        "the findings are cleared",
        () -> assertThat(doctor().out()).doesNotContain("SecondMetricsServer", "RightsUnused"));
  }

  private void template(UnaryOperator<PodSpec> change) {
    cluster
        .admin()
        .apps()
        .deployments()
        .inNamespace("kube-system")
        .withName("by-hand")
        .edit(d -> {
          var template = d.getSpec().getTemplate();
          template.setSpec(change.apply(template.getSpec()));
          return d;
        });
  }

  private void arguments(String... args) {
    template(t -> new PodSpecBuilder(t).editFirstContainer().withArgs(args).endContainer().build());
  }

  private static Node running(Node node, int kubeletPort) {
    return new NodeBuilder(node)
        .withNewStatus()
        .addNewAddress(LoopbackKubelets.address(1), "InternalIP")
        .withNewDaemonEndpoints()
        .withNewKubeletEndpoint(kubeletPort)
        .endDaemonEndpoints()
        .withNewNodeInfo()
        .withOsImage("Talos (v1.13.2)")
        .withArchitecture("amd64")
        .withBootID("")
        .withContainerRuntimeVersion("")
        .withKernelVersion("")
        .withKubeProxyVersion("")
        .withKubeletVersion("v1.35.4")
        .withMachineID("")
        .withOperatingSystem("linux")
        .withSystemUUID("")
        .endNodeInfo()
        .addNewCondition()
        .withType("Ready")
        .withStatus("True")
        .endCondition()
        .endStatus()
        .build();
  }

  @Test
  void doctor_scaledToZero_isReported() throws IOException {
    installScaledToZero();
    assertThat(doctor().out())
        .contains(
            "1. Error ScaledToZero, Deployment/kube-system/by-hand",
            "→ kubectl -n kube-system scale deployment/by-hand --replicas=1");
  }

  @Test
  void fix_noAnswerOrNoRight_changesNothing() throws IOException {
    installScaledToZero();
    for (var answer : List.of("n\n", "\n", "")) {
      var declined = answered(answer, "--fix", "ScaledToZero");
      assertThat(declined.status()).as(declined.err()).isEqualTo(1);
      assertThat(declined.out())
          .startsWith("→ kubectl -n kube-system scale deployment/by-hand --replicas=1; then ")
          .contains("-  replicas: 0\n", "+  replicas: 1\n", "Change this? [y/N] ")
          .endsWith("Nothing was changed.\n");
    }
    apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: only-reads}
        rules:
          - {apiGroups: ["*"], resources: ["*"], verbs: [get, list]}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: only-reads, namespace: default}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: only-reads}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: only-reads}
        subjects: [{kind: ServiceAccount, name: only-reads, namespace: default}]
        """);
    var refused =
        run(cluster.kubeconfig("default", "only-reads"), "--fix", "ScaledToZero", "--yes");
    assertThat(refused.status()).as(refused.out()).isEqualTo(2);
    assertThat(refused.err())
        .contains("the API server refuses: ", "cannot patch resource \"deployments\"");
    assertThat(replicas()).isZero();
  }

  /** The change is shown, made with the user's rights, and the finding is gone. */
  @Test
  void fix_remedyIsOneChange_isMade() throws IOException {
    installScaledToZero();
    var fixed = answered("y\n", "--fix", "ScaledToZero");
    assertThat(fixed.out())
        .as(fixed.err())
        .contains("--- Deployment/kube-system/by-hand\n", "-  replicas: 0\n", "+  replicas: 1\n")
        .containsPattern("\\d\\d:\\d\\d:\\d\\d Deployment/kube-system/by-hand was changed\n")
        .containsPattern("\\d\\d:\\d\\d:\\d\\d ScaledToZero is gone");
    assertThat(replicas()).isEqualTo(1);
    assertThat(doctor("--fix", "ScaledToZero").err())
        .contains("--fix: no finding ScaledToZero; found: ");
  }

  /** Rights that are missing are given, also where a role of that name is there and too small. */
  @Test
  void fix_rightsMissing_grantsThem() throws IOException {
    installWithoutSelectedPods();
    cluster.admin().rbac().clusterRoles().withName("ms").delete();
    apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: "system:metrics-server"}
        rules:
          - {apiGroups: [""], resources: [nodes], verbs: [get]}
        """);
    status("False");
    awaitFinding("MetricsServerRightsMissing");

    var fixed = doctor("--fix", "MetricsServerRightsMissing", "--yes");
    assertThat(fixed.out())
        .as(fixed.err())
        .contains(
            "--- ClusterRole/system:metrics-server\n",
            "+  - \"nodes/metrics\"\n",
            "--- ClusterRoleBinding/system:metrics-server\n",
            " MetricsServerRightsMissing is gone");
  }

  /** A Service is of the core group, which the client's own search for kinds leaves out. */
  @Test
  void fix_serviceSelectsNothing_patchesIt() throws IOException {
    installWithoutSelectedPods();
    awaitFinding("ServiceSelectsNothing");
    var fixing = new FutureTask<>(() -> doctor("--fix", "ServiceSelectsNothing", "--yes"));
    Thread.ofVirtual().start(fixing);
    cluster.eventually(
        "the selector is patched",
        () ->
            assertThat(
                    cluster
                        .admin()
                        .services()
                        .inNamespace("kube-system")
                        .withName("metrics")
                        .get()
                        .getSpec()
                        .getSelector())
                .containsExactly(Map.entry("app", "by-hand")));
    // No controller writes EndpointSlices here, so that the finding ends with the APIService.
    cluster.admin().resources(APIService.class).withName("v1beta1.metrics.k8s.io").delete();
    assertThat(fixing)
        .succeedsWithin(Duration.ofMinutes(1))
        .satisfies(fixed ->
            assertThat(fixed.out())
                .as(fixed.err())
                .contains(
                    "--- Service/kube-system/metrics\n",
                    " Service/kube-system/metrics was changed\n",
                    " ServiceSelectsNothing is gone"));
  }

  @Test
  void fix_apiServiceLeftBehind_isDeleted() throws IOException {
    register();
    var removed = doctor("--fix", "registrationleftbehind", "--yes");
    assertThat(removed.out())
        .as(removed.err())
        .contains(
            "-  name: \"v1beta1.metrics.k8s.io\"\n",
            " APIService/v1beta1.metrics.k8s.io was changed\n",
            " RegistrationLeftBehind is gone; left: MetricsServerMissing\n");
    assertThat(removed.status()).isEqualTo(1);
    assertThat(cluster.admin().resources(APIService.class).withName("v1beta1.metrics.k8s.io").get())
        .isNull();
    var installation = doctor("--fix", "MetricsServerMissing", "--yes");
    assertThat(installation.status()).isEqualTo(2);
    assertThat(installation.err())
        .contains(
            "--fix: this command cannot fix MetricsServerMissing, because it takes more than a"
                + " change of objects in the cluster. Its remedy: run kubectl apply -f"
                + " deploy/install.yaml");
  }

  /** In a pipe what came and went; on a terminal all of it, in the place of what was there. */
  @Test
  void watch_findingsChange_printsDifferencesUntilInterrupted() throws Exception {
    var piped = cluster.directory().resolve("piped");
    var watch = program("doctor", "--watch", "--kubeconfig", cluster.adminKubeconfig().toString());
    var watching = started(piped, watch);
    var drawn = cluster.directory().resolve("drawn");
    var drawing = started(drawn, List.of("script", "-qfec", String.join(" ", watch), "/dev/null"));
    try {
      cluster.eventually(
          "the first report is piped",
          () -> assertThat(piped).content().contains("MetricsServerMissing"));
      cluster.eventually(
          "the first report is drawn",
          () -> assertThat(drawn).content().contains("MetricsServerMissing"));
      register();
      cluster.eventually(
          "the difference is piped",
          () ->
              assertThat(piped)
                  .content()
                  .containsPattern("(?m)^\\d\\d:\\d\\d:\\d\\d$")
                  .containsPattern("(?m)^-1\\. Error MetricsServerMissing,")
                  .containsPattern("(?m)^\\+1\\. Error RegistrationLeftBehind,"));
      assertThat(piped)
          .content()
          .doesNotContain("\u001b")
          .containsOnlyOnce("No metrics-server found in");
      cluster.eventually(
          "the second report is drawn",
          () ->
              assertThat(drawn)
                  .content()
                  .startsWith("\u001b[H\u001b[2JNo metrics-server found in")
                  .containsPattern("(?s)\u001b\\[H\u001b\\[2JNo metrics.*RegistrationLeftBehind"));
      Shell.run("kill", "-INT", Long.toString(watching.pid()));
      assertThat(watching.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(watching.exitValue()).isEqualTo(1);
    } finally {
      drawing.descendants().forEach(ProcessHandle::destroy);
      Stream.of(watching, drawing).forEach(Process::destroy);
    }
  }

  private static Process started(Path output, List<String> command) throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
  }

  private static List<String> program(String... arguments) {
    return Stream.concat(
            Stream.of(
                "env",
                // A background process of a shell ignores SIGINT, and so would its children.
                "--default-signal=INT",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.metricsserver.cli.Main"),
            Stream.of(arguments))
        .toList();
  }

  private Integer replicas() {
    return cluster
        .admin()
        .apps()
        .deployments()
        .inNamespace("kube-system")
        .withName("by-hand")
        .get()
        .getSpec()
        .getReplicas();
  }

  /** Answers the question of the command. */
  private CommandLineRun answered(String answer, String... options) throws IOException {
    var before = System.in;
    System.setIn(new ByteArrayInputStream(answer.getBytes(StandardCharsets.UTF_8)));
    try {
      return doctor(options);
    } finally {
      System.setIn(before);
    }
  }

  private void register() throws IOException {
    apply(
        """
        apiVersion: apiregistration.k8s.io/v1
        kind: APIService
        metadata: {name: v1beta1.metrics.k8s.io}
        spec:
          group: metrics.k8s.io
          version: v1beta1
          groupPriorityMinimum: 100
          versionPriority: 100
          insecureSkipTLSVerify: true
          service: {namespace: kube-system, name: metrics}
        """);
  }

  /** A metrics-server installed by hand that runs, without the right to read the front proxy. */
  private void installWithoutAuthReader() throws IOException {
    apply(
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: ms, namespace: kube-system}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: ms}
        rules:
          - {apiGroups: [""], resources: [nodes/metrics], verbs: [get]}
          - {apiGroups: [""], resources: [nodes, pods], verbs: [get, list, watch]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: ms}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ms}
        subjects: [{kind: ServiceAccount, name: ms, namespace: kube-system}]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: ms-delegator}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator"}
        subjects: [{kind: ServiceAccount, name: ms, namespace: kube-system}]
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: by-hand
          namespace: kube-system
          labels: {k8s-app: metrics-server}
          annotations:
            meta.helm.sh/release-name: metrics
            meta.helm.sh/release-namespace: kube-system
        spec:
          replicas: 1
          selector: {matchLabels: {app: by-hand}}
          template:
            metadata: {labels: {app: by-hand}}
            spec:
              serviceAccountName: ms
              containers:
                - name: ms
                  image: registry.example.com/metrics-server:v0.8.1
                  args: [--secure-port=10250, --metric-resolution=15s, --kubelet-use-node-status-port]
        """);
    pod();
  }

  /** A metrics-server installed by hand that is ready. */
  private void install() throws IOException {
    installWithoutAuthReader();
    apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: ms, namespace: kube-system}
        roleRef:
          apiGroup: rbac.authorization.k8s.io
          kind: Role
          name: extension-apiserver-authentication-reader
        subjects: [{kind: ServiceAccount, name: ms, namespace: kube-system}]
        """);
    ready();
  }

  /** The same with an APIService, and a Service that selects none of its pods. */
  private void installWithoutSelectedPods() throws IOException {
    register();
    install();
    apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: metrics, namespace: kube-system}
        spec:
          selector: {app: none}
          ports: [{name: https, port: 443, targetPort: 10250}]
        """);
  }

  /** doctor ignores a state of the APIService that is only a few seconds old. */
  private void awaitFinding(String code) {
    cluster.eventually(code + " is reported", () -> assertThat(doctor().out()).contains(code));
  }

  private void installScaledToZero() throws IOException {
    installWithoutSelectedPods();
    cluster.admin().apps().deployments().inNamespace("kube-system").withName("by-hand").scale(0);
    cluster.admin().pods().inNamespace("kube-system").withName(POD).withGracePeriod(0).delete();
  }

  private void apply(String yaml) throws IOException {
    cluster.apply(Files.writeString(cluster.directory().resolve("objects.yaml"), yaml));
  }

  /** A pod that has run for an hour and is not ready, as a kubelet would write it. */
  private void pod() {
    var deployment =
        cluster.admin().apps().deployments().inNamespace("kube-system").withName("by-hand").get();
    var template = deployment.getSpec().getTemplate();
    cluster
        .admin()
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName(POD)
                .withNamespace("kube-system")
                .withLabels(template.getMetadata().getLabels())
                .endMetadata()
                .withSpec(template.getSpec())
                .editSpec()
                .withNodeName("node-1")
                .endSpec()
                .build())
        .create();
    status("False");
  }

  private void ready() {
    status("True");
  }

  private void status(String ready) {
    cluster
        .admin()
        .pods()
        .inNamespace("kube-system")
        .withName(POD)
        .editStatus(pod -> running(pod, ready));
  }

  private static Pod running(Pod pod, String ready) {
    var since = Instant.now().minusSeconds(3_600).toString();
    return new PodBuilder(pod)
        .withNewStatus()
        .withPhase("Running")
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready)
        .withLastTransitionTime(since)
        .endCondition()
        .addNewContainerStatus()
        .withName("ms")
        .withImage("x")
        .withImageID("x")
        .withReady(Boolean.valueOf(ready))
        .withRestartCount(0)
        .withNewState()
        .withNewRunning(since)
        .endState()
        .endContainerStatus()
        .endStatus()
        .build();
  }

  private CommandLineRun doctor(String... options) throws IOException {
    return run(cluster.adminKubeconfig(), options);
  }

  private static CommandLineRun run(Path kubeconfig, String... options) {
    var arguments = new ArrayList<>(List.of("doctor", "--kubeconfig", kubeconfig.toString()));
    arguments.addAll(List.of(options));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }
}
