package dev.metricsserver.cli.importer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.metricsserver.cli.CommandLineRun;
import dev.metricsserver.cli.importer.Import.Result;
import dev.metricsserver.cli.validation.ConfigFile;
import dev.metricsserver.plan.Plans;
import io.fabric8.kubernetes.api.model.APIServiceBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The MetricsServerConfig that equals an existing metrics-server. */
class ImportTest {

  private static final KubernetesSerialization OBJECTS = new KubernetesSerialization();

  private static final Path COMPONENTS = Path.of("deploy/local/upstream/components.yaml");
  private static final YAMLMapper YAML = new YAMLMapper();

  @TempDir private Path directory;

  /** What every installation here has, so that the cases show the rest. */
  private static final Map<String, Object> USUAL =
      Map.of("version", "0.8.1", "kubelet", Map.of("tls", Map.of("mode", "Verify")), "replicas", 1);

  /** Adds the verification that metrics-server has without a flag. */
  private static Map<Object, Object> verifying(Map<?, ?> spec) {
    var result = new HashMap<Object, Object>(spec);
    var kubelet = new HashMap<Object, Object>(Map.of("tls", Map.of("mode", "Verify")));
    if (spec.get("kubelet") instanceof Map<?, ?> given) {
      kubelet.putAll(given);
    }
    result.put("kubelet", kubelet);
    return result;
  }

  private static Result imported(String pod, String container, String... args) {
    return imported(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: metrics-server, namespace: kube-system}
        spec:
          template:
            spec:
              priorityClassName: system-cluster-critical
              %s
              containers:
                - name: metrics-server
                  image: registry.k8s.io/metrics-server/metrics-server:v0.8.1
                  %s
                  args: [--metric-resolution=15s, %s]
        """
            .formatted(
                pod,
                container,
                Stream.of(args).map("\"%s\""::formatted).collect(Collectors.joining(", "))));
  }

  private static Result imported(String deployment, HasMetadata... others) {
    return Import.of((Deployment) OBJECTS.unmarshal(deployment), List.of(others));
  }

  private static Map<?, ?> yaml(String text) throws IOException {
    return YAML.readValue(text, Map.class);
  }

  /** An administrator pipes the output to kubectl. */
  @Test
  void note_withLineBreaks_isOneComment() {
    var text =
        ImportCommand.text(
            new Result(
                Map.of(),
                List.of(
                    "argument x\nspec: {}\n---\nkind: ClusterRoleBinding\u2028a\u0085b\u001b[2J")));

    assertThat(text.lines().filter(line -> line.contains("ClusterRoleBinding")))
        .singleElement()
        .asString()
        .startsWith("# - argument x")
        .doesNotContainPattern("[\\p{Cc}\\u2028]");
  }

  private static void isCarriedOut(Result result) {
    var config = ConfigFile.parse("printed", ImportCommand.text(result));
    assertThat(config.getSpec()).isNotNull();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "--secure-port=10250 | {}",
        "--secure-port=4443 | {port: 4443}",
        "--metric-resolution=30s | {metricResolution: 30s}",
        "--metric-resolution=20s --metric-resolution=30s | {metricResolution: 30s}",
        "--kubelet-insecure-tls | {kubelet: {tls: {mode: Insecure}}}",
        "--kubelet-insecure-tls=true | {kubelet: {tls: {mode: Insecure}}}",
        "--kubelet-insecure-tls=True | {kubelet: {tls: {mode: Insecure}}}",
        "--kubelet-insecure-tls=1 | {kubelet: {tls: {mode: Insecure}}}",
        "--kubelet-insecure-tls --v 1 | {kubelet: {tls: {mode: Insecure}}, logging: {verbosity:"
            + " 1}}",
        "--kubelet-insecure-tls=false | {}",
        "--kubelet-insecure-tls --kubelet-insecure-tls=False | {}",
        "--deprecated-kubelet-completely-insecure=true | {kubelet: {tls: {mode: Plaintext}}}",
        "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname | {}",
        "--kubelet-preferred-address-types=Hostname | {kubelet: {addressTypes: [Hostname]}}",
        "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname"
            + " --kubelet-preferred-address-types=Hostname | {}",
        "--kubelet-preferred-address-types=Hostname --kubelet-preferred-address-types=InternalIP |"
            + " {kubelet: {addressTypes: [Hostname, InternalIP]}}",
        "--tls-min-version=VersionTLS13 | {serving: {tls: {minVersion: VersionTLS13}}}",
        "--tls-min-version=VersionTLS12 | {}",
        "--tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 | {serving: {tls:"
            + " {cipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]}}}",
        "--kubelet-use-node-status-port --cert-dir=/tmp | {}",
        "--kubelet-port=10250 | {}",
        "--kubelet-port=10260 | {kubelet: {port: 10260}}",
        "--kubelet-request-timeout=5s | {kubelet: {requestTimeout: 5s}}",
        "--node-selector=zone=a,type==real | {kubelet: {nodeSelector: {matchLabels: {zone: a, type:"
            + " real}}}}",
        "--node-selector=a!=b,!c | {kubelet: {nodeSelector: {matchExpressions: [{key: a, operator:"
            + " NotIn, values: [b]}, {key: c, operator: DoesNotExist}]}}}",
        "-l zone=a | {kubelet: {nodeSelector: {matchLabels: {zone: a}}}}",
        "--v=2 | {logging: {verbosity: 2}}",
        "-v=2 | {logging: {verbosity: 2}}",
        "--v 2 | {logging: {verbosity: 2}}",
        "--logging-format=json | {logging: {format: JSON}}",
        "--request-timeout=2m | {extraArgs: ['--request-timeout=2m']}"
      })
  void aFlagIsAField(String args, String spec) throws IOException {
    var result = imported("hostNetwork: false", "imagePullPolicy: IfNotPresent", args.split(" "));
    var expected = new HashMap<Object, Object>(USUAL);
    expected.putAll(verifying(yaml(spec)));

    assertThat(result.notes()).isEmpty();
    assertThat(result.spec()).isEqualTo(expected);
    isCarriedOut(result);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "--requestheader-allowed-names=a | --requestheader-allowed-names=a: --requestheader",
        "--tls-cert-file=/a | --tls-cert-file=/a: --tls-cert-file is",
        "--no-such-flag=1 | --no-such-flag=1: metrics-server 0.8.1 has no flag --no-such-flag",
        "--kubelet-certificate-authority=/etc/ca.crt | comes from no ConfigMap or Secret",
        "--node-selector=a>1 | spec.kubelet.nodeSelector has no such comparison",
        "--secure-port=https | --secure-port=https, which is not a number",
      })
  void aFlagWithoutEqualIsNoted(String args, String note) {
    var result = imported("hostNetwork: false", "imagePullPolicy: IfNotPresent", args.split(" "));

    assertThat(result.notes()).singleElement().asString().contains(note);
    assertThat(result.spec()).isEqualTo(USUAL);
    isCarriedOut(result);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "registry.k8s.io/metrics-server/metrics-server:v0.9.0 | {version: 0.9.0}",
        "registry.k8s.io/metrics-server/metrics-server | {}",
        "mirror:5000/metrics-server:v0.9.0 | {version: 0.9.0, image: {registry: 'mirror:5000',"
            + " repository: metrics-server}}",
        "rancher/mirrored-metrics-server:v0.8.1 | {version: 0.8.1, image: {registry: docker.io,"
            + " repository: rancher/mirrored-metrics-server}}",
        "rancher/hardened-k8s-metrics-server:v0.8.0-build20260116 | {version: 0.8.0, image: {tag:"
            + " v0.8.0-build20260116, registry: docker.io, repository:"
            + " rancher/hardened-k8s-metrics-server}}",
        "example.com/a/metrics-server:latest | {image: {tag: latest, registry: example.com,"
            + " repository: a/metrics-server}}",
      })
  void theImageIsVersionAndPlace(String image, String spec) throws IOException {
    var result = imported(deploymentOf(image));
    var expected = verifying(yaml(spec));

    expected.put("replicas", 1);
    assertThat(result.spec()).isEqualTo(expected);
    isCarriedOut(result);
  }

  @Test
  void aVersionThatIsNotKnownIsLeftToTheOperator() {
    var result = imported(deploymentOf("example.com/metrics-server:v0.5.2"));

    assertThat(result.spec()).doesNotContainKey("version");
    assertThat(result.notes())
        .singleElement()
        .isEqualTo(
            "version 0.5.2: metrics-server 0.5.2 is not known to this operator, so the newest that"
                + " the cluster supports is chosen");
  }

  private static String deploymentOf(String image) {
    return """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: metrics-server, namespace: kube-system}
    spec: {template: {spec: {priorityClassName: system-cluster-critical, containers: [{name: a, image: "%s", args: [--metric-resolution=15s]}]}}}
    """
        .formatted(image);
  }

  /** metrics-server's own default, and that of Deployments. */
  @Test
  void whatIsNotSaidIsTheirDefaultAndNotOurs() throws IOException {
    var result =
        imported(
            deploymentOf("registry.k8s.io/metrics-server/metrics-server:v0.8.1")
                .replace(", args: [--metric-resolution=15s]", "")
                .replace("priorityClassName: system-cluster-critical, ", ""));

    assertThat(result.spec())
        .isEqualTo(
            yaml(
                """
                version: 0.8.1
                metricResolution: 1m
                kubelet: {tls: {mode: Verify}}
                replicas: 1
                scheduling: {priorityClassName: ""}
                """));
  }

  @Test
  void theRestOfThePodIsFieldsOrNotes() throws IOException {
    var result =
        imported(
            """
            hostNetwork: true
                  nodeSelector: {kubernetes.io/os: linux, pool: infra}
                  tolerations: [{key: dedicated, operator: Exists, effect: NoSchedule}]
                  topologySpreadConstraints: [{topologyKey: zone, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {a: b}}}]
                  imagePullSecrets: [{name: pull}]
                  affinity: {podAntiAffinity: {}}
                  initContainers: [{name: wait, image: busybox}]
                  volumes: [{name: ca, configMap: {name: kubelet-ca}}]
            """
                .strip(),
            """
            resources: {requests: {cpu: 50m, memory: 100Mi}, limits: {memory: 1Gi}}
                      volumeMounts: [{name: ca, mountPath: /etc/ca}]
                      env: [{name: GOGC, value: "50"}]
            """
                .strip(),
            "--secure-port=4443",
            "--kubelet-certificate-authority=/etc/ca/bundle.pem");

    assertThat(result.spec())
        .isEqualTo(
            yaml(
                """
                version: 0.8.1
                image: {pullSecrets: [{name: pull}]}
                kubelet: {tls: {mode: Verify, certificateAuthority: {configMapRef: {name: kubelet-ca, key: bundle.pem}}}}
                replicas: 1
                resources: {requests: {cpu: 50m, memory: 100Mi}, limits: {memory: 1Gi}}
                scheduling:
                  nodeSelector: {pool: infra}
                  tolerations: [{key: dedicated, operator: Exists, effect: NoSchedule}]
                  topologySpreadConstraints: [{topologyKey: zone, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway}]
                hostNetwork: true
                """));
    assertThat(result.notes())
        .containsExactly(
            "init container wait",
            "environment variables: GOGC",
            "affinity; two replicas are kept on different nodes by themselves");
    isCarriedOut(result);
  }

  /** Every field without an equal is noted, known to the importer or not. */
  @ParameterizedTest(name = "{0}{1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "hostAliases: [{ip: 10.0.0.1, hostnames: [a]}] | | spec.template.spec.hostAliases:"
            + " [{\"hostnames\":[\"a\"],\"ip\":\"10.0.0.1\"}]",
        "dnsPolicy: Default | | spec.template.spec.dnsPolicy: Default",
        "dnsConfig: {nameservers: [10.0.0.1]} | | spec.template.spec.dnsConfig:"
            + " {\"nameservers\":[\"10.0.0.1\"]}",
        "runtimeClassName: gvisor | | spec.template.spec.runtimeClassName: gvisor",
        "schedulerName: mine | | spec.template.spec.schedulerName: mine",
        "terminationGracePeriodSeconds: 5 | | spec.template.spec.terminationGracePeriodSeconds: 5",
        "securityContext: {fsGroup: 1} | | spec.template.spec.securityContext: {\"fsGroup\":1}",
        "serviceAccountName: mine | | spec.template.spec.serviceAccountName: mine",
        "volumes: [{name: more, configMap: {name: a}}] | | volume more, and where it is mounted",
        " | livenessProbe: {periodSeconds: 5} |"
            + " spec.template.spec.containers[].livenessProbe.periodSeconds: 5",
        " | startupProbe: {tcpSocket: {port: 1}} |"
            + " spec.template.spec.containers[].startupProbe: {\"tcpSocket\":{\"port\":1}}",
        " | lifecycle: {preStop: {sleep: {seconds: 1}}} |"
            + " spec.template.spec.containers[].lifecycle:"
            + " {\"preStop\":{\"sleep\":{\"seconds\":1}}}",
        " | envFrom: [{configMapRef: {name: a}}] |"
            + " spec.template.spec.containers[].envFrom: [{\"configMapRef\":{\"name\":\"a\"}}]",
        " | securityContext: {runAsUser: 7} |"
            + " spec.template.spec.containers[].securityContext.runAsUser: 7",
      })
  void whateverHasNoFieldIsNoted(String pod, String container, String note) {
    var result =
        imported(
            pod == null ? "hostNetwork: false" : pod,
            container == null ? "imagePullPolicy: IfNotPresent" : container);

    assertThat(result.notes()).containsExactly(note);
    assertThat(result.spec()).isEqualTo(USUAL);
  }

  @Test
  void whatTheDeploymentItselfHasIsNoted() {
    var result =
        imported(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: metrics-server
              namespace: kube-system
              labels: {k8s-app: metrics-server, team: a}
              annotations: {meta.helm.sh/release-name: a, note: b}
            spec:
              revisionHistoryLimit: 5
              strategy: {type: Recreate}
              template:
                metadata: {labels: {k8s-app: metrics-server, tier: c}, annotations: {scrape: d}}
                spec:
                  priorityClassName: system-cluster-critical
                  containers:
                    - {name: a, image: "registry.k8s.io/metrics-server/metrics-server:v0.8.1", args: [--metric-resolution=15s]}
            """);

    assertThat(result.notes())
        .containsExactlyInAnyOrder(
            "metadata.labels.team: a",
            "metadata.annotations.note: b",
            "spec.revisionHistoryLimit: 5",
            "spec.strategy.type: Recreate",
            "spec.template.metadata.labels.tier: c",
            "spec.template.metadata.annotations.scrape: d");
  }

  @Test
  void valuesWithoutAFieldAreNoted() {
    assertThat(
            HelmValues.read(
                    """
                    image: {pullSecrets: [{name: a}]}
                    rbac: {pspEnabled: true}
                    tls: {type: cert-manager, certManager: {duration: 1h}}
                    extraVolumes: [{name: more, emptyDir: {}}]
                    extraVolumeMounts: [{name: more, mountPath: /more}]
                    """,
                    "values")
                .notes())
        .containsExactly(
            "volume more, and where it is mounted",
            "image.pullSecrets: [{\"name\":\"a\"}], for which there is no field",
            "rbac.pspEnabled: true, for which there is no field",
            "tls.certManager.duration: 1h, for which there is no field");
  }

  @Test
  void otherNamesAndAnotherServiceAreNoted() {
    var result =
        imported(
            deploymentOf("registry.k8s.io/metrics-server/metrics-server:v0.8.1")
                .replace("{name: metrics-server,", "{name: rke2-metrics-server,"),
            new ServiceBuilder()
                .withNewMetadata()
                .withName("rke2-metrics-server")
                .endMetadata()
                .withNewSpec()
                .withType("NodePort")
                .endSpec()
                .build(),
            new APIServiceBuilder()
                .withNewMetadata()
                .withName("v1beta1.metrics.k8s.io")
                .endMetadata()
                .withNewSpec()
                .withCaBundle("YQ==")
                .endSpec()
                .build());

    assertThat(result.notes())
        .satisfiesExactly(
            n -> assertThat(n).startsWith("the Deployment is called rke2-metrics-server"),
            n -> assertThat(n).startsWith("the Service is called rke2-metrics-server"),
            n -> assertThat(n).isEqualTo("the Service's spec.type: NodePort"),
            n -> assertThat(n).startsWith("the registration's caBundle"));
  }

  @Test
  void upstreamsManifestIsAFewLines() throws IOException {
    var file = directory.resolve("components.yaml");
    Files.writeString(
        file,
        Files.readString(COMPONENTS)
            .replace("IMAGE", "registry.k8s.io/metrics-server/metrics-server:v0.8.1"));
    var run = CommandLineRun.of("import", "-f", file.toString());

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .isEqualTo(
            """
            apiVersion: metricsserver.dev/v1beta1
            kind: MetricsServerConfig
            metadata:
              name: cluster
            spec:
              version: 0.8.1
              kubelet:
                tls:
                  mode: Insecure
              replicas: 1
              resources:
                requests:
                  cpu: 100m
                  memory: 200Mi
            """);
    var plan = Plans.plan(run.out().substring(run.out().indexOf("  version")).indent(-2));
    assertThat(plan.pod().image().reference())
        .isEqualTo("registry.k8s.io/metrics-server/metrics-server:v0.8.1");
    assertThat(plan.pod().args())
        .contains(
            "--secure-port=10250",
            "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
            "--kubelet-use-node-status-port",
            "--metric-resolution=15s",
            "--kubelet-insecure-tls");
  }

  @Test
  void valuesOfTheChartAreRead() throws IOException {
    var file = directory.resolve("values.yaml");
    Files.writeString(
        file,
        """
        image: {repository: mirror.example.com/metrics-server, tag: v0.9.0}
        args: [--kubelet-insecure-tls, --v=1]
        containerPort: 4443
        replicas: 2
        nodeSelector: {pool: infra}
        resources: {requests: {cpu: 100m}}
        podDisruptionBudget: {enabled: true, minAvailable: 1}
        rbac: {create: true}
        tls: {type: cert-manager}
        nonsense: 1
        """);
    var run = CommandLineRun.of("import", "--helm-values", file.toString());

    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .isEqualTo(
            """
            # What has no equal in a MetricsServerConfig, and is left out:
            # - podDisruptionBudget: there is one where two replicas run
            # - nonsense: is not a value of metrics-server's own chart
            apiVersion: metricsserver.dev/v1beta1
            kind: MetricsServerConfig
            metadata:
              name: cluster
            spec:
              version: 0.9.0
              image:
                registry: mirror.example.com
                repository: metrics-server
              kubelet:
                tls:
                  mode: Insecure
              port: 4443
              logging:
                verbosity: 1
              replicas: 2
              resources:
                requests:
                  cpu: 100m
              scheduling:
                nodeSelector:
                  pool: infra
              serving:
                tls:
                  source: CertManager
            """);
  }

  /** A chart's {@code tls}, and what it becomes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {type: metrics-server} | |
          {type: helm} | | # - tls: the certificate is of the operator's own CA, and is renewed
          {type: cert-manager, certManager: {existingIssuer: {enabled: true, kind: ClusterIssuer, name: corporate}}} | {source: CertManager, certManager: {issuerRef: {name: corporate, kind: ClusterIssuer}}} |
          {type: existingSecret, existingSecret: {name: mine}} | {source: Secret, secretRef: {name: mine}} | # - tls: beside tls.crt and tls.key the Secret must have ca.crt
          """)
  void theChartsServingCertificateIsRead(String tls, String expected, String note)
      throws IOException {
    var file = directory.resolve("values.yaml");
    Files.writeString(file, "tls: " + tls);
    var run = CommandLineRun.of("import", "--helm-values", file.toString());

    var yaml = new YAMLMapper();
    assertThat(yaml.readTree(run.out()).at("/spec/serving/tls"))
        .isEqualTo(expected == null ? MissingNode.getInstance() : yaml.readTree(expected));
    assertThat(run.out()).contains(note == null ? "" : note);
  }

  @Test
  void noValuesAreTheChartsDefaults() {
    assertThat(HelmValues.read("", "values").spec())
        .isEqualTo(Map.of("kubelet", Map.of("tls", Map.of("mode", "Verify")), "replicas", 1));
    assertThat(HelmValues.read("null", "values").notes()).isEmpty();
  }

  /** By {@code -f} and by {@code --helm-values} alike, where the input has values. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          flux | {metricResolution: 10s, kubelet: {tls: {mode: Insecure}, requestTimeout: 2s}, replicas: 1}
          argo | {kubelet: {tls: {mode: Insecure}}, replicas: 1}
          hcc | {kubelet: {tls: {mode: Verify}}, replicas: 1, scheduling: {nodeSelector: {node-role.kubernetes.io/master: "true"}, tolerations: [{key: CriticalAddonsOnly, operator: Exists, effect: NoExecute}]}}
          anchors | {kubelet: {tls: {mode: Insecure}}, replicas: 2, resources: {requests: {cpu: 50m, memory: 300Mi}, limits: {memory: 300Mi}}}
          anchors-map | {kubelet: {tls: {mode: Verify}}, replicas: 1, resources: {requests: {cpu: 50m, memory: 100Mi}, limits: {cpu: 50m, memory: 100Mi}}}
          kubelet-ca-cluster | {version: 0.7.2, kubelet: {tls: {mode: Verify}}, replicas: 1}
          kubelet-ca-items | {version: 0.7.2, kubelet: {tls: {mode: Verify, certificateAuthority: {configMapRef: {name: kubelet-serving-ca, key: ca-bundle.crt}}}}, replicas: 1}
          kubelet-ca-subpath | {version: 0.7.2, kubelet: {tls: {mode: Verify, certificateAuthority: {secretRef: {name: kubelet-ca}}}}, replicas: 1}
          """)
  void import_valuesWherePeopleKeepThem_areRead(String file, String spec) throws IOException {
    var path = "src/test/resources/import/%s.yaml".formatted(file);
    var run = CommandLineRun.of("import", "--helm-values", path);

    assertThat(run.err()).isEmpty();
    assertThat(YAML.readTree(run.out()).get("spec")).isEqualTo(YAML.readTree(spec));
    if (ChartValues.isWrapper(YAML.readTree(Files.readString(Path.of(path))))) {
      assertThat(CommandLineRun.of("import", "-f", path).out()).isEqualTo(run.out());
    }
  }

  /** A merge key, and the name of what it merges, which is no value. */
  @Test
  void import_yamlMergeKey_isMerged() throws IOException {
    var run =
        CommandLineRun.of(
            "import", "--helm-values", "src/test/resources/import/anchors-merge.yaml");

    assertThat(run.err()).isEmpty();
    assertThat(YAML.readTree(run.out()).at("/spec/resources"))
        .isEqualTo(YAML.readTree("{requests: {cpu: 50m, memory: 100Mi}, limits: {memory: 300Mi}}"));
    assertThat(run.out()).contains("# - base: is not a value of metrics-server's own chart");
  }

  @Test
  void import_certificatesFromSecrets_areFieldsOrNotes() throws IOException {
    var run =
        CommandLineRun.of("import", "-f", "src/test/resources/import/kubelet-ca-openshift.yaml");

    assertThat(run.err()).isEmpty();
    assertThat(YAML.readTree(run.out()).at("/spec/kubelet/tls"))
        .isEqualTo(
            YAML.readTree(
                """
                mode: Verify
                certificateAuthority: {configMapRef: {name: kubelet-serving-ca-bundle, key: ca-bundle.crt}}
                clientCertificate: {secretRef: {name: metrics-client-certs}}
                """));
    assertThat(run.out())
        .contains("# - the serving certificate of Secret metrics-server-tls: ")
        .contains("# - volume audit-profiles")
        .doesNotContain("volume client", "volume kubelet-ca", "volume serving");
  }

  @Test
  void import_flagsInCommand_areRead() throws IOException {
    var run = CommandLineRun.of("import", "-f", "src/test/resources/import/flags-in-command.yaml");

    assertThat(run.err()).isEmpty();
    assertThat(YAML.readTree(run.out()).at("/spec/kubelet"))
        .isEqualTo(YAML.readTree("{tls: {mode: Insecure}, addressTypes: [InternalIP]}"));
    assertThat(YAML.readTree(run.out()).at("/spec/metricResolution").asText()).isEqualTo("40s");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          metrics-server: {replicas: 3} | replicas: 3
          stack: {addons: {metricsServer: {replicas: 3}}} | replicas: 3
          'USER-SUPPLIED VALUES:~replicas: 3' | replicas: 3
          """)
  void import_valuesOfASubchart_areRead(String values, String expected) throws IOException {
    var file = directory.resolve("values.yaml");
    Files.writeString(file, values.replace('~', '\n'));

    assertThat(CommandLineRun.of("import", "--helm-values", file.toString()))
        .satisfies(r -> assertThat(r.err()).isEmpty(), r -> assertThat(r.out()).contains(expected));
  }

  /** Never an empty configuration with exit status 0. */
  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --helm-values | {replicaCount: 2, image: {registry: a}} | values of another chart than metrics-server's own (replicaCount)
          --helm-values | {foo: 1} | holds no value of metrics-server's own chart
          --helm-values | [1] | values of a Helm chart are a YAML mapping
          --helm-values | {apiVersion: v1, kind: ConfigMap} | holds a ConfigMap, not values of a Helm chart
          --helm-values | {resources: 7} | a value is of the wrong kind
          --helm-values | {a: b: c} | is not YAML
          --helm-values | {replicas: 1}~---~{replicas: 2} | holds 2 YAML documents
          --helm-values | {kind: HelmRelease, spec: {chart: {spec: {chart: podinfo}}}} | holds a HelmRelease of the chart 'podinfo'
          --helm-values | {kind: Application, spec: {source: {path: apps}}} | Application without the chart metrics-server
          -f | {replicas: 1} | holds no Deployment of metrics-server; import values of its Helm chart with --helm-values
          -f | {kind: Deployment, spec: {template: {spec: {containers: 7}}}} | is not valid
          -f | {kind: Deployment, metadata: {name: a}, spec: {template: {spec: {containers: [{name: a, image: metrics-server, command: [sh, -c, x]}]}}}} | starts metrics-server by sh, so its flags cannot be read
          """)
  void import_whatIsNotUnderstood_isRejected(String option, String text, String message)
      throws IOException {
    var file = directory.resolve("input.yaml");
    Files.writeString(file, text.replace('~', '\n'));

    assertThat(CommandLineRun.of("import", option, file.toString()))
        .satisfies(
            r -> assertThat(r.status()).isEqualTo(2),
            r -> assertThat(r.err()).contains(message),
            r -> assertThat(r.out()).isEmpty());
  }

  @Test
  void whatCannotBeReadIsSaidToBe() throws IOException {
    var nothing = directory.resolve("nothing.yaml");
    Files.writeString(nothing, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");

    assertThat(CommandLineRun.of("import", "-f", nothing.toString()))
        .satisfies(
            r -> assertThat(r.status()).isEqualTo(2),
            r -> assertThat(r.err()).contains("holds no Deployment of metrics-server"));
    assertThat(CommandLineRun.of("import", "-f", directory.resolve("gone").toString()).err())
        .contains("there is no file");
    assertThat(CommandLineRun.of("import", "-f", "a", "--helm-values", "b").status()).isEqualTo(2);
  }
}
