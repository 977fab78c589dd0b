package dev.metricsserver.diagnosis;

import static dev.metricsserver.plan.Plans.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.diagnosis.Evidence.Subject;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.CertificateRequests.Request;
import dev.metricsserver.model.CertificateRequests.State;
import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.Consumers;
import dev.metricsserver.model.Consumers.Autoscaler;
import dev.metricsserver.model.DiagnosticData;
import dev.metricsserver.model.History;
import dev.metricsserver.model.HygieneData;
import dev.metricsserver.model.HygieneData.Budget;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Observations.Certificate;
import dev.metricsserver.model.Observations.Certificate.Place;
import dev.metricsserver.model.Observations.Rollout;
import dev.metricsserver.model.Owner;
import dev.metricsserver.model.Owner.Kind;
import dev.metricsserver.model.ProvidedCertificate;
import dev.metricsserver.model.ProvidedCertificate.Problem.NotIssued;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import dev.metricsserver.model.Right;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.model.SampleNode;
import dev.metricsserver.model.ServingFacts;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Annotations;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.reading.Installation.Keeper;
import dev.metricsserver.reading.SampleDiagnosticData;
import dev.metricsserver.reading.SampleKubelet;
import dev.metricsserver.reading.Seen;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every failure of metrics-server that can be seen from inside a cluster: the words in which
 * Kubernetes and metrics-server tell of it, and what is found first. The table of findings in
 * docs/findings.md is made from this.
 */
public class CatalogueTest {

  private static final Path DOCUMENT = Path.of("docs/findings.md");
  private static final String BEGIN = "<!-- made by CatalogueTest -->\n";
  private static final String END = "<!-- end -->\n";
  private static final Duration HOUR = Duration.ofHours(1);
  private static final MetricsServerPlan PLAN = Plans.plan("{}");
  private static final MetricsServerPlan UNPOLICED = Plans.plan("networkPolicy: {mode: Disabled}");

  private static final String APPROVING =
      "kubelet: {servingCertificateApproval: {policy: Enabled}}";

  /**
   * A failure.
   *
   * @param code what is found first
   */
  public record Failure(FindingCode code, Evidence evidence) {
    @Override
    public String toString() {
      return code.name();
    }
  }

  private static Seen fine() {
    return Seen.fine(NOW);
  }

  private static Failure failure(
      FindingCode code, MetricsServerPlan plan, Seen seen, DiagnosticData data) {
    return new Failure(
        code,
        Evidence.of(plan, false, seen.observations(), CertificateRequests.NONE, NOW).with(data));
  }

  /** The user's Secret is empty, before anything was installed. */
  private static MetricsServerPlan givenUnusable() {
    return givenUnusable(
        "serving: {tls: {source: Secret, secretRef: {name: corporate}}}",
        ProvidedCertificate.of(
            new ObjectName("Secret", "kube-system", "corporate"),
            Map.of(),
            "metrics-server.kube-system.svc",
            NOW));
  }

  private static MetricsServerPlan givenUnusable(String spec, ProvidedCertificate given) {
    return Plans.plan(
        spec,
        SampleCluster.ofNodes(2)
            .serving(new ServingFacts(Optional.empty(), "", false, Optional.of(given), true)));
  }

  /** The certificate is this old. */
  private static Failure expiring(boolean paused, Duration age) {
    var from = NOW.minus(age);
    var seen =
        fine()
            .certificates(
                new Certificate(
                    Place.Secret,
                    "metrics-server-serving-cert",
                    "1f",
                    from,
                    from.plus(Duration.ofDays(90))));
    return new Failure(
        FindingCode.ServingCertificateExpiring,
        Evidence.of(PLAN, paused, seen.observations(), CertificateRequests.NONE, NOW));
  }

  // ------------------------------------------------------------------------------ what is broken

  /** Kubernetes makes no pods. */
  private static Failure refused(FindingCode code, String words) {
    return failure(
        code, PLAN, fine().podsRefused(words).unavailable("MissingEndpoints", "", HOUR), none());
  }

  /** A pod does not run. */
  private static Failure pod(FindingCode code, String reason, String words) {
    var seen = fine();
    return failure(
        code,
        PLAN,
        seen.pods(seen.broken("metrics-server-5f7d", reason, words))
            .unavailable("MissingEndpoints", "", HOUR)
            .refused("the server is currently unable to handle the request"),
        none());
  }

  /** A pod of before serves, the one that should take its place does not get ready. */
  private static Failure stuck() {
    var seen = fine();
    return failure(
        FindingCode.RolloutStuck,
        PLAN,
        seen.pods(seen.ready("metrics-server-5f7d"), seen.running("metrics-server-7c9f", HOUR))
            .overdue(2, 1),
        none());
  }

  /** A pod on a node that is not Ready. */
  private static Seen onLostNode() {
    var seen = fine();
    return seen.pods(seen.running("metrics-server-5f7d", HOUR))
        .unavailable("MissingEndpoints", "", HOUR)
        .refused("503")
        .notReady("node-1");
  }

  /** A pod crashes with these last words. */
  private static Failure crash(FindingCode code, String words) {
    return pod(code, "CrashLoopBackOff", words);
  }

  /** A pod waits for something that only an Event tells. */
  private static Failure event(FindingCode code, boolean started, String reason, String words) {
    var seen = fine();
    var pod =
        started ? seen.running("metrics-server-5f7d", HOUR) : seen.starting("metrics-server-5f7d");
    return failure(
        code,
        PLAN,
        seen.pods(pod).unregistered().notAsked(),
        SampleDiagnosticData.none().event("metrics-server-5f7d", reason, words).data());
  }

  /** A pod is ready, and the API server does not get through. */
  private static Failure unavailable(FindingCode code, String reason, String words) {
    return failure(code, PLAN, fine().unavailable(reason, words, HOUR).refused("503"), none());
  }

  private static Failure discovery(FindingCode code, String words) {
    return unavailable(
        code,
        "FailedDiscoveryCheck",
        "failing or missing response from https://10.96.83.12:443/apis/metrics.k8s.io/v1beta1: Get"
            + " \"https://10.96.83.12:443/apis/metrics.k8s.io/v1beta1\": "
            + words);
  }

  /** The API server calls it available, because its check verifies nothing, and cannot ask it. */
  private static Failure proxied(FindingCode code, String words) {
    return failure(code, PLAN, fine().refused(words), none());
  }

  /** The pod has a container of a service mesh. */
  private static Failure meshed(String container, String words) {
    var seen = fine();
    return failure(
        FindingCode.ServiceMeshInTheWay,
        PLAN,
        seen.pods(seen.ready("metrics-server-5f7d", container))
            .unavailable("FailedDiscoveryCheck", words, HOUR)
            .refused("503"),
        none());
  }

  /** The only pod runs on the only node that it does not reach. */
  private static Failure ownNode() {
    var seen = fine();
    return failure(
        FindingCode.OwnNodeUnreachable,
        Plans.plan("kubelet: {tls: {mode: Insecure}}"),
        seen.pods(seen.ready("metrics-server-5f7d")).without("node-1"),
        SampleDiagnosticData.none()
            .log(
                "E1125 13:14:15.123456       1 scraper.go:149] \"Failed to scrape node\" err=\"%s\" node=\"node-1\""
                    .formatted(
                        kubelet("dial tcp 172.30.1.1:10250: connect: connection refused")
                            .replace("\"", "\\\"")))
            .data());
  }

  private static Failure consumers(FindingCode code, Consumers consumers) {
    return new Failure(
        code,
        Evidence.of(PLAN, false, fine().observations(), CertificateRequests.NONE, NOW)
            .with(consumers));
  }

  /** metrics-server runs, and says this of a kubelet. */
  private static Failure scrape(FindingCode code, String error) {
    var seen = fine();
    return failure(
        code,
        Plans.plan("kubelet: {tls: {mode: Insecure}}"),
        seen.pods(seen.running("metrics-server-5f7d", HOUR)).unregistered().notAsked(),
        SampleDiagnosticData.none()
            .log(
                "E1125 13:14:15.123456       1 scraper.go:149] \"Failed to scrape node\" err=\"%s\" node=\"node-1\""
                    .formatted(error.replace("\"", "\\\"")))
            .data());
  }

  private static Failure silent(FindingCode code, SampleDiagnosticData data) {
    var seen = fine();
    return failure(
        code,
        PLAN,
        seen.pods(seen.running("metrics-server-5f7d", HOUR)).unregistered().notAsked(),
        data.data());
  }

  private static DiagnosticData none() {
    return DiagnosticData.NONE;
  }

  private static String get(String url, String error) {
    return "Get \"%s\": %s".formatted(url, error);
  }

  private static String kubelet(String error) {
    return get("https://172.30.1.1:10250/metrics/resource", error);
  }

  /** Each failure. */
  public static Stream<Failure> failures() {
    return Stream.of(created(), started(), crashed(), reached(), scraped(), others())
        .flatMap(failures -> failures);
  }

  private static Stream<Failure> created() {
    return Stream.of(
        failure(
            FindingCode.ScaledToZero,
            PLAN,
            fine()
                .rollout(new Rollout(true, 0, 0, 0, 0, Optional.empty()))
                .pods()
                .unavailable("MissingEndpoints", "", HOUR)
                .refused("503"),
            none()),
        refused(
            FindingCode.QuotaExceeded,
            "pods \"metrics-server-5f7d-\" is forbidden: exceeded quota: small, requested:"
                + " requests.memory=200Mi, used: requests.memory=0, limited:"
                + " requests.memory=100Mi"),
        refused(
            FindingCode.QuotaExceeded,
            "pods \"metrics-server-5f7d-\" is forbidden: failed quota: small: must specify"
                + " limits.cpu for: metrics-server"),
        refused(
            FindingCode.LimitRangeViolated,
            "pods \"metrics-server-5f7d-\" is forbidden: maximum memory usage per Container is"
                + " 64Mi, but limit is 400Mi"),
        refused(
            FindingCode.PriorityClassForbidden,
            "pods \"metrics-server-5f7d-\" is forbidden: insufficient quota to match these scopes:"
                + " [{PriorityClass In [system-node-critical system-cluster-critical]}]"),
        refused(
            FindingCode.PriorityClassForbidden,
            "pods \"metrics-server-5f7d-\" is forbidden: no PriorityClass with name x was found"),
        refused(
            FindingCode.PodSecurityViolated,
            "pods \"metrics-server-5f7d-\" is forbidden: violates PodSecurity \"baseline:latest\":"
                + " host namespaces (hostNetwork=true), hostPort (container \"metrics-server\" uses"
                + " hostPort 4443)"),
        refused(
            FindingCode.PodSecurityViolated,
            "pods \"metrics-server-5f7d-\" is forbidden: violates PodSecurity"
                + " \"restricted:latest\": unrestricted capabilities (container \"istio-init\" must"
                + " set securityContext.capabilities.drop=[\"ALL\"])"),
        refused(
            FindingCode.SecurityContextConstraintViolated,
            "pods \"metrics-server-5f7d-\" is forbidden: unable to validate against any security"
                + " context constraint: [provider \"restricted-v2\": .containers[0].runAsUser:"
                + " Invalid value: 65534]"),
        refused(
            FindingCode.WebhookDenied,
            "admission webhook \"validate.kyverno.svc-fail\" denied the request: no image of this"
                + " registry"),
        refused(
            FindingCode.WebhookUnreachable,
            "Internal error occurred: failed calling webhook \"validate.kyverno.svc-fail\": failed"
                + " to call webhook: Post \"https://kyverno-svc.kyverno.svc:443/validate/fail\":"
                + " dial tcp 10.96.10.9:443: connect: connection refused"),
        refused(
            FindingCode.ServiceAccountMissing,
            "pods \"metrics-server-5f7d-\" is forbidden: error looking up service account"
                + " kube-system/metrics-server: serviceaccount \"metrics-server\" not found"),
        refused(
            FindingCode.PodsNotCreated,
            "pods \"metrics-server-5f7d-\" is forbidden: for some reason"),
        failure(
            FindingCode.PodsNotCreated,
            PLAN,
            fine().pods().overdue(0, 0).unavailable("MissingEndpoints", "", HOUR),
            none()),
        stuck());
  }

  private static Stream<Failure> started() {
    return Stream.of(
        pod(
            FindingCode.PodUnschedulable,
            "Unschedulable",
            "0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3"
                + " No preemption victims found for incoming pod."),
        pod(
            FindingCode.PodUnschedulable,
            "Unschedulable",
            "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules."),
        pod(
            FindingCode.PodUnschedulable,
            "Unschedulable",
            "0/2 nodes are available: 2 node(s) had untolerated taint {dedicated: database}."),
        pod(
            FindingCode.PodUnschedulable,
            "Unschedulable",
            "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod"
                + " ports."),
        pod(
            FindingCode.PodUnschedulable,
            "Unschedulable",
            "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."),
        pod(FindingCode.PodUnschedulable, "Unschedulable", "no nodes available to schedule pods"),
        pod(
            FindingCode.ImageNotPulled,
            "ImagePullBackOff",
            "Back-off pulling image \"r/m:v0\": ErrImagePull: failed to pull and unpack image"
                + " \"r/m:v0\": failed to resolve reference \"r/m:v0\": failed to do request: Head"
                + " \"https://r/v2/m/manifests/v0\": dial tcp: lookup r on 10.96.0.10:53: no such"
                + " host"),
        pod(
            FindingCode.ImageNotPulled,
            "ErrImagePull",
            "failed to pull and unpack image \"r/m:v0\": failed to resolve reference \"r/m:v0\":"
                + " r/m:v0: not found"),
        pod(
            FindingCode.ImageNotPulled,
            "ErrImagePull",
            "failed to pull and unpack image \"r/m:v0\": failed to resolve reference \"r/m:v0\":"
                + " pull access denied, repository does not exist or may require authorization:"
                + " server message: insufficient_scope: authorization failed"),
        pod(
            FindingCode.ImageNotPulled,
            "ErrImagePull",
            "failed to pull and unpack image \"r/m:v0\": no match for platform in manifest: not"
                + " found"),
        pod(
            FindingCode.ImageNotPulled,
            "ErrImagePull",
            "failed to do request: Head \"https://r/v2/m/manifests/v0\": tls: failed to verify"
                + " certificate: x509: certificate signed by unknown authority"),
        pod(
            FindingCode.ImageNotPulled,
            "ErrImageNeverPull",
            "Container image \"r/m:v0\" is not present with pull policy of Never"),
        pod(
            FindingCode.ImageNotPulled,
            "InvalidImageName",
            "Failed to apply default image tag \"r/M:v0\": couldn't parse image name \"r/M:v0\":"
                + " invalid reference format: repository name must be lowercase"),
        pod(FindingCode.ImageNotPulled, "ImagePullBackOff", "Back-off pulling image \"r/m:v0\""),
        pod(FindingCode.PodOutOfMemory, "OOMKilled", "back-off 20s restarting failed container"),
        pod(
            FindingCode.VolumeMissing,
            "CreateContainerConfigError",
            "secret \"kubelet-client\" not found"),
        pod(
            FindingCode.ImageRunsAsRoot,
            "CreateContainerConfigError",
            "container has runAsNonRoot and image will run as root (pod: \"p\", container: c)"),
        pod(
            FindingCode.CommandMissing,
            "RunContainerError",
            "failed to create containerd task: failed to create shim task: OCI runtime create"
                + " failed: runc create failed: unable to start container process: exec:"
                + " \"/metrics-server\": stat /metrics-server: no such file or directory: unknown"),
        failure(FindingCode.PodNodeNotReady, PLAN, onLostNode(), none()),
        pod(FindingCode.PodNotRunning, "CreateContainerError", "context deadline exceeded"),
        event(
            FindingCode.VolumeMissing,
            false,
            "FailedMount",
            "MountVolume.SetUp failed for volume \"tls\" : secret \"metrics-server\" not found"),
        event(
            FindingCode.VolumeMissing,
            false,
            "FailedMount",
            "MountVolume.SetUp failed for volume \"ca\" : references non-existent config key:"
                + " ca.crt"),
        event(
            FindingCode.PodNetworkBroken,
            false,
            "FailedCreatePodSandBox",
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network"
                + " for sandbox \"0ab1\": plugin type=\"calico\" failed (add): error getting"
                + " ClusterInformation: connection is unauthorized: Unauthorized"),
        event(
            FindingCode.ProbesForbidden,
            true,
            "Unhealthy",
            "Readiness probe failed: HTTP probe failed with statuscode: 403"),
        event(
            FindingCode.ScrapesTooSlow,
            true,
            "Unhealthy",
            "Liveness probe failed: HTTP probe failed with statuscode: 500"));
  }

  private static Stream<Failure> crashed() {
    return Stream.of(
        crash(FindingCode.UnknownFlag, "unknown flag: --logtostderr"),
        crash(
            FindingCode.ResolutionRefused,
            "metric-resolution should be larger than kubelet-request-timeout, but metric-resolution"
                + " value 10s kubelet-request-timeout value 10s provided"),
        crash(
            FindingCode.ResolutionRefused,
            "metric-resolution should be a time duration at least 10s, but 5s"),
        crash(
            FindingCode.KubeletClientRefused,
            "cannot use both --kubelet-certificate-authority and --kubelet-insecure-tls"),
        crash(
            FindingCode.KubeletClientRefused,
            "unable to construct a client to connect to the kubelets: unable to construct"
                + " transport: open /x: no such file or directory"),
        crash(
            FindingCode.PortInUse,
            "failed to create listener: failed to listen on 0.0.0.0:10250: listen tcp"
                + " 0.0.0.0:10250: bind: address already in use"),
        crash(
            FindingCode.PortPrivileged,
            "failed to create listener: failed to listen on 0.0.0.0:443: listen tcp 0.0.0.0:443:"
                + " bind: permission denied"),
        crash(
            FindingCode.CertificateDirectoryReadOnly,
            "error creating self-signed certificates: mkdir apiserver.local.config: read-only file"
                + " system"),
        crash(
            FindingCode.AuthReaderMissing,
            "unable to load configmap based request-header-client-ca-file: configmaps"
                + " \"extension-apiserver-authentication\" is forbidden: User"
                + " \"system:serviceaccount:kube-system:metrics-server\" cannot get resource"
                + " \"configmaps\" in API group \"\" in the namespace \"kube-system\""),
        crash(
            FindingCode.AggregationDisabled,
            "cluster doesn't provide requestheader-client-ca-file in"
                + " configmap/extension-apiserver-authentication in kube-system, so request-header"
                + " client certificate authentication won't work."),
        crash(
            FindingCode.APIServerUnreachable,
            "unable to load configmap based request-header-client-ca-file: "
                + get(
                    "https://10.96.0.1:443/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication",
                    "dial tcp 10.96.0.1:443: i/o timeout")),
        crash(
            FindingCode.TokenMissing,
            "unable to construct lister client config: open"
                + " /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or"
                + " directory"),
        crash(FindingCode.WrongArchitecture, "exec /metrics-server: exec format error"),
        crash(
            FindingCode.PodCrashing,
            "runtime error: invalid memory address or nil pointer dereference"));
  }

  private static Stream<Failure> reached() {
    return Stream.of(
        new Failure(
            FindingCode.MetricsAPINotRegistered,
            kept(
                failure(
                        FindingCode.MetricsAPINotRegistered,
                        UNPOLICED,
                        fine().unregistered().notAsked(),
                        none())
                    .evidence(),
                Keeper.Other)),
        unavailable(
            FindingCode.ServiceMissing,
            "ServiceNotFound",
            "service/metrics-server in \"kube-system\" is not present"),
        unavailable(
            FindingCode.ServicePortMissing,
            "ServicePortError",
            "service/metrics-server in \"kube-system\" is not listening on port 443"),
        unavailable(
            FindingCode.ServicePortNameWrong,
            "MissingEndpoints",
            "endpointslices for service/metrics-server in \"kube-system\" have no addresses with"
                + " port name \"https\""),
        failure(
            FindingCode.ServiceSelectsNothing,
            PLAN,
            fine()
                .withoutEndpoint()
                .unavailable(
                    "MissingEndpoints",
                    "endpoints for service/metrics-server in \"kube-system\" have no addresses with"
                        + " port name \"https\"",
                    HOUR),
            none()),
        discovery(
            FindingCode.ServingCertificateExpired,
            "tls: failed to verify certificate: x509: certificate has expired or is not yet valid:"
                + " current time 2026-11-25T14:00:00Z is after 2026-11-24T00:00:00Z"),
        discovery(
            FindingCode.ServingCertificateNotYetValid,
            "tls: failed to verify certificate: x509: certificate has expired or is not yet valid:"
                + " current time 2026-11-25T14:00:00Z is before 2026-11-26T00:00:00Z"),
        discovery(
            FindingCode.ServingCertificateUntrusted,
            "tls: failed to verify certificate: x509: certificate signed by unknown authority"),
        discovery(
            FindingCode.ServingCertificateOtherName,
            "tls: failed to verify certificate: x509: certificate is valid for localhost, not"
                + " metrics-server.kube-system.svc"),
        proxied(
            FindingCode.ServingCertificateExpired,
            "tls: failed to verify certificate: x509: certificate has expired or is not yet valid:"
                + " current time now is after 2026-11-17T07:38:45Z"),
        proxied(
            FindingCode.ServingCertificateUntrusted,
            "tls: failed to verify certificate: x509: certificate signed by unknown authority"),
        proxied(
            FindingCode.ServingCertificateOtherName,
            "tls: failed to verify certificate: x509: certificate is valid for localhost, not"
                + " metrics-server.kube-system.svc"),
        meshed("istio-proxy", "EOF"),
        meshed(
            "linkerd-proxy", "read tcp 10.0.0.1->10.244.1.7:10250: read: connection reset by peer"),
        discovery(FindingCode.AddressNotAllowed, "Address is not allowed"),
        discovery(FindingCode.HTTPProxyInTheWay, "Forbidden"),
        discovery(FindingCode.HTTPProxyInTheWay, "EOF"),
        discovery(
            FindingCode.HTTP2Broken,
            "http2: server connection error from 10.244.1.7:10250: connection error:"
                + " PROTOCOL_ERROR"),
        unavailable(
            FindingCode.FrontProxyNotTrusted,
            "FailedDiscoveryCheck",
            "failing or missing response from https://10.244.1.7:10250/apis/metrics.k8s.io/v1beta1:"
                + " bad status from https://10.244.1.7:10250/apis/metrics.k8s.io/v1beta1: 401"),
        proxied(
            FindingCode.FrontProxyNotTrusted,
            "nodes.metrics.k8s.io is forbidden: User \"front-proxy-client\" cannot list resource"
                + " \"nodes\" in API group \"metrics.k8s.io\" at the cluster scope"),
        unavailable(
            FindingCode.MetricsServerFails,
            "FailedDiscoveryCheck",
            "failing or missing response from https://10.244.1.7:10250/apis/metrics.k8s.io/v1beta1:"
                + " bad status from https://10.244.1.7:10250/apis/metrics.k8s.io/v1beta1: 503"),
        discovery(FindingCode.PortClosed, "dial tcp 10.96.83.12:443: connect: connection refused"),
        discovery(FindingCode.APIServiceUnreachable, "dial tcp 10.96.83.12:443: i/o timeout"),
        discovery(FindingCode.APIServiceUnreachable, "context deadline exceeded"),
        discovery(
            FindingCode.APIServiceUnreachable,
            "net/http: request canceled while waiting for connection (Client.Timeout exceeded while"
                + " awaiting headers)"),
        discovery(
            FindingCode.APIServiceUnreachable,
            "dial tcp 10.244.1.7:10250: connect: no route to host"),
        discovery(FindingCode.APIServiceUnavailable, "an unknown error"),
        failure(
            FindingCode.NetworkPolicyInTheWay,
            UNPOLICED,
            fine()
                .unavailable(
                    "FailedDiscoveryCheck", "dial tcp 10.244.1.7:10250: i/o timeout", HOUR),
            SampleDiagnosticData.none().denyAll(true, false).data()),
        failure(
            FindingCode.MetricsForbidden,
            PLAN,
            fine()
                .refused(
                    "nodes.metrics.k8s.io is forbidden: User"
                        + " \"system:serviceaccount:metrics-server-operator:metrics-server-operator\""
                        + " cannot list resource \"nodes\" in API group \"metrics.k8s.io\" at the"
                        + " cluster scope"),
            none()),
        failure(
            FindingCode.DiscoveryStale,
            PLAN,
            fine().refused("stale GroupVersion discovery: metrics.k8s.io/v1beta1"),
            none()),
        failure(
            FindingCode.AuthorizationSlow,
            PLAN,
            fine()
                .refused(
                    "Internal error occurred: Post"
                        + " \"https://10.96.0.1:443/apis/authorization.k8s.io/v1/subjectaccessreviews?timeout=10s\":"
                        + " net/http: request canceled"),
            none()),
        failure(
            FindingCode.MetricsNotAnswered,
            PLAN,
            fine().refused("the server is currently unable to handle the request"),
            none()));
  }

  private static Stream<Failure> scraped() {
    return Stream.of(
        ownNode(),
        scrape(FindingCode.KubeletUnauthorized, "request failed, status: \"401 Unauthorized\""),
        scrape(FindingCode.KubeletForbidden, "request failed, status: \"403 Forbidden\""),
        scrape(FindingCode.KubeletWithoutMetrics, "request failed, status: \"404 Not Found\""),
        scrape(FindingCode.KubeletRefusesTLS, kubelet("remote error: tls: internal error")),
        scrape(
            FindingCode.KubeletCertificateOtherAddress,
            kubelet(
                "tls: failed to verify certificate: x509: cannot validate certificate for"
                    + " 172.30.1.1 because it doesn't contain any IP SANs")),
        scrape(
            FindingCode.KubeletCertificateOtherAddress,
            kubelet(
                "tls: failed to verify certificate: x509: certificate is valid for 10.0.0.1, not"
                    + " 172.30.1.1")),
        scrape(
            FindingCode.KubeletCertificateUnsigned,
            kubelet(
                "tls: failed to verify certificate: x509: certificate signed by unknown"
                    + " authority")),
        scrape(
            FindingCode.KubeletCertificateExpired,
            kubelet(
                "tls: failed to verify certificate: x509: certificate has expired or is not yet"
                    + " valid: current time 2026-11-25T14:00:00Z is after 2026-11-24T00:00:00Z")),
        scrape(
            FindingCode.KubeletCertificateNotYetValid,
            kubelet(
                "tls: failed to verify certificate: x509: certificate has expired or is not yet"
                    + " valid: current time 2026-11-25T14:00:00Z is before 2026-11-26T00:00:00Z")),
        scrape(
            FindingCode.KubeletNameUnknown,
            get(
                "https://node-1:10250/metrics/resource",
                "dial tcp: lookup node-1 on 10.96.0.10:53: no such host")),
        scrape(FindingCode.KubeletAddressMissing, "no address matched types [InternalIP]"),
        scrape(FindingCode.KubeletUnreachable, kubelet("dial tcp 172.30.1.1:10250: i/o timeout")),
        scrape(
            FindingCode.KubeletAddressFamily,
            get(
                "https://[fd00::1]:10250/metrics/resource",
                "dial tcp [fd00::1]:10250: connect: network is unreachable")),
        scrape(FindingCode.KubeletUnreachable, kubelet("context deadline exceeded")),
        scrape(
            FindingCode.KubeletUnreachable,
            kubelet("dial tcp 172.30.1.1:10250: connect: no route to host")),
        scrape(FindingCode.KubeletAnswerUnreadable, "unexpected token at line 3"),
        silent(
            FindingCode.MetricsServerRightsMissing,
            SampleDiagnosticData.none().denied(Right.of("get", "", "nodes", "metrics"))),
        silent(
            FindingCode.AuthReaderMissing,
            SampleDiagnosticData.none()
                .denied(
                    new Right(
                        List.of("get"),
                        "",
                        "configmaps",
                        "",
                        List.of("extension-apiserver-authentication"),
                        "kube-system"))),
        silent(FindingCode.AggregationDisabled, SampleDiagnosticData.none().noFrontProxy()),
        silent(
            FindingCode.InformersForbidden,
            SampleDiagnosticData.none()
                .log(
                    "E1125 13:14:15.123456       1 reflector.go:204] \"Failed to watch\""
                        + " err=\"failed to list *v1.Node: nodes is forbidden: User"
                        + " \\\"system:serviceaccount:kube-system:metrics-server\\\" cannot list"
                        + " resource \\\"nodes\\\" in API group \\\"\\\" at the cluster scope\"")),
        silent(FindingCode.KubeletsNotScraped, SampleDiagnosticData.none()),
        failure(
            FindingCode.AuthDelegatorMissing,
            PLAN,
            fine()
                .unavailable(
                    "FailedDiscoveryCheck",
                    "bad status from https://10.244.1.7:10250/apis/metrics.k8s.io/v1beta1: 403",
                    HOUR),
            SampleDiagnosticData.none()
                .denied(Right.of("create", "authentication.k8s.io", "tokenreviews", ""))
                .data()),
        failure(
            FindingCode.NetworkPolicyInTheWay,
            UNPOLICED,
            fine().pods(fine().running("metrics-server-5f7d", HOUR)).unregistered().notAsked(),
            SampleDiagnosticData.none()
                .denyAll(false, true)
                .log(
                    "E1125 13:14:15.123456       1 scraper.go:149] \"Failed to scrape node, timeout"
                        + " to access kubelet\" err=\"Get"
                        + " \\\"https://172.30.1.1:10250/metrics/resource\\\": context deadline"
                        + " exceeded\" node=\"node-1\" timeout=\"10s\"")
                .data()),
        failure(
            FindingCode.NetworkPolicyInTheWay,
            UNPOLICED,
            fine()
                .pods(
                    fine()
                        .broken(
                            "metrics-server-5f7d",
                            "CrashLoopBackOff",
                            "unable to load configmap based request-header-client-ca-file: "
                                + get(
                                    "https://10.96.0.1:443/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication",
                                    "dial tcp 10.96.0.1:443: i/o timeout")))
                .unregistered()
                .notAsked(),
            SampleDiagnosticData.none().denyAll(true, true).data()),
        failure(FindingCode.NodesWithoutMetrics, PLAN, fine().reporting(48, 50), none()));
  }

  /** What is found beside the path, or is no failure of metrics-server's. */
  private static Stream<Failure> others() {
    var node = SampleNode.bare("node-1").address("InternalIP", "10.0.0.1").facts();
    var managed = SampleCluster.ofNodes(2).apiServers(new Endpoint("172.16.0.10", 443));
    var open =
        SampleCluster.of(node)
            .kubelet("node-1", SampleKubelet.readable(SampleKubelet.signed(node)));
    return Stream.of(
        consumers(FindingCode.ViewRoleMissing, new Consumers(List.of(), List.of(), true)),
        consumers(
            FindingCode.AutoscalerWithoutRequests,
            new Consumers(
                List.of(new Autoscaler("shop", "web", "deployment/web", "cpu")), List.of(), false)),
        failure(
            FindingCode.KubeletCertificateUnsigned,
            Plans.plan(
                "{}",
                SampleCluster.of(node)
                    .installedVerifying()
                    .kubelet("node-1", SampleKubelet.selfSigned(node))),
            fine().reporting(48, 50),
            none()),
        failure(
            FindingCode.KubeletPortWrong,
            Plans.plan(
                "kubelet: {port: 10255, tls: {mode: Verify}}",
                SampleCluster.of(node).kubelet("node-1", SampleKubelet.unreachable())),
            fine().without("node-1"),
            none()),
        failure(
            FindingCode.KubeletTLSInsecure,
            Plans.plan("kubelet: {tls: {mode: Insecure}}"),
            fine(),
            none()),
        failure(FindingCode.NetworkPolicyOpen, Plans.plan("{}", managed), fine(), none()),
        failure(
            FindingCode.NetworkPolicyNotApplied, Plans.plan("hostNetwork: true"), fine(), none()),
        failure(
            FindingCode.PrometheusShutOut,
            Plans.plan("{}", SampleCluster.ofNodes(2).prometheusOperator()),
            fine(),
            none()),
        failure(
            FindingCode.ServingTLSInsecure,
            Plans.plan("serving: {tls: {source: SelfSigned}}"),
            fine(),
            none()),
        failure(FindingCode.ServingCertificateUnusable, givenUnusable(), Seen.nothing(NOW), none()),
        failure(
            FindingCode.ServingCertificateUnusable,
            givenUnusable(
                "serving: {tls: {source: CertManager}}",
                new Unusable(
                    new ObjectName("Secret", "kube-system", "metrics-server-serving-issued"),
                    new NotIssued("metrics-server-serving"))),
            Seen.nothing(NOW),
            none()),
        expiring(false, Duration.ofDays(80)),
        expiring(true, Duration.ofDays(80)),
        expiring(false, Duration.ofDays(91)),
        failure(FindingCode.NodesNotReady, PLAN, fine().notReady("node-3"), none()),
        upkeep(
            FindingCode.ApprovalRightUnused,
            new HygieneData(true, List.of(), List.of(), Optional.empty(), List.of(), List.of())),
        upkeep(
            FindingCode.RightsUnlimited,
            new HygieneData(
                false,
                List.of(new ObjectName("ServiceAccount", "kube-system", "metrics-server")),
                List.of(),
                Optional.empty(),
                List.of(),
                List.of())),
        upkeep(
            FindingCode.RightsUnused,
            new HygieneData(
                false,
                List.of(),
                List.of(Right.of("get", "", "nodes", "proxy"), Right.of("list", "", "secrets", "")),
                Optional.empty(),
                List.of(),
                List.of())),
        upkeep(
            FindingCode.NetworkPolicyNotEnforced,
            new HygieneData(
                false, List.of(), List.of(), Optional.of("10.244.1.7"), List.of(), List.of())),
        upkeep(
            FindingCode.SecondMetricsServer,
            new HygieneData(
                false,
                List.of(),
                List.of(),
                Optional.empty(),
                List.of(new ObjectName("Deployment", "monitoring", "my-metrics")),
                List.of())),
        upkeep(
            FindingCode.DrainBlocked,
            new HygieneData(
                false,
                List.of(),
                List.of(),
                Optional.empty(),
                List.of(),
                List.of(new Budget("kube-system", "metrics-server", 1, 1)))),
        nanny(),
        consumers(
            FindingCode.PodsWithoutMetrics,
            new Consumers(
                List.of(),
                List.of(
                    new ObjectName("Pod", "shop", "web-5f7d-x2x4z"),
                    new ObjectName("Pod", "shop", "db-0")),
                false)),
        failure(
            FindingCode.WindowsNodesWithoutMetrics,
            PLAN,
            fine().reporting(48, 50).windows("missing-2"),
            none()),
        failure(FindingCode.RolledBack, rolledBack(), fine(), none()),
        failure(
            FindingCode.NewerVersion,
            Plans.plan("{}", SampleCluster.ofNodes(2).kubernetes("1.33").installed("0.8.0")),
            fine(),
            none()),
        failure(
            FindingCode.VersionOutOfRange,
            Plans.plan(
                "version: 0.9.0", SampleCluster.ofNodes(2).kubernetes("1.33").installed("0.9.0")),
            fine(),
            none()),
        failure(FindingCode.MetricsStale, PLAN, fine().staleSince(NOW.minus(HOUR)), none()),
        failure(
            FindingCode.CertificateRequestDenied,
            PLAN,
            fine().reporting(48, 50),
            SampleDiagnosticData.none()
                .refusedRequest("missing-1", "Denied: the SAN DNS name could not be resolved")
                .data()),
        failure(
            FindingCode.NamespacesStuck,
            PLAN,
            fine().refused("the server is currently unable to handle the request"),
            SampleDiagnosticData.none().stuck("old").data()),
        failure(
            FindingCode.EvidenceNotReadable,
            PLAN,
            fine().reporting(48, 50),
            SampleDiagnosticData.none()
                .unread(
                    "logs of pods in namespace kube-system",
                    "pods \"metrics-server-5f7d\" is forbidden: User"
                        + " \"system:serviceaccount:metrics-server-operator:metrics-server-operator\""
                        + " cannot get resource \"pods/log\" in API group \"\" in the namespace"
                        + " \"kube-system\"")
                .data()),
        request(
            FindingCode.CertificateRequestsNotApproved, "{}", State.NotLookedAt, Optional.empty()),
        request(FindingCode.CertificateRequestsWaiting, APPROVING, State.Waiting, Optional.empty()),
        request(FindingCode.CertificateRequestRefused, APPROVING, State.Refused, Optional.empty()),
        request(
            FindingCode.ApprovalForbidden,
            APPROVING,
            State.NotLookedAt,
            Optional.of(
                "user not permitted to approve requests with signerName"
                    + " \"kubernetes.io/kubelet-serving\"")),
        failure(
            FindingCode.KubeletPlaintext,
            Plans.plan("kubelet: {tls: {mode: Plaintext}}", open),
            fine(),
            none()),
        failure(FindingCode.KubeletReadOnlyPortOpen, Plans.plan("{}", open), fine(), none()),
        adopted(Kind.Helm),
        adopted(Kind.Kubectl),
        adopted(Kind.ArgoCD),
        adopted(Kind.FluxHelmRelease),
        adopted(Kind.FluxKustomization),
        adopted(Kind.K3s),
        adopted(Kind.PrometheusAdapter),
        observing());
  }

  private static Failure adopted(Kind kind) {
    var owner = new Owner(kind, "flux-system", "metrics", "a label");
    return failure(
        FindingCode.Adopted,
        Plans.plan(
            "conflictPolicy: Adopt",
            SampleCluster.ofNodes(2)
                .takeover(Map.of("k8s-app", "metrics-server"), null, owner, true)),
        fine(),
        none());
  }

  /** Only for an existing installation. */
  private static Failure nanny() {
    var seen = fine();
    return new Failure(
        FindingCode.ResizedByAddonResizer,
        Evidence.of(
            Installation.of(PLAN, false).keptBy(Keeper.Other),
            List.of(),
            Optional.empty(),
            false,
            seen.pods(seen.ready("metrics-server-5f7d", "metrics-server-nanny")).observations(),
            CertificateRequests.NONE,
            NOW));
  }

  private static Failure observing() {
    var owner = new Owner(Kind.EKS, "", "", "field manager eks");
    return new Failure(
        FindingCode.Observing,
        Evidence.of(
            Installation.of(PLAN, false),
            List.of(
                new UnmanagedObject(
                    new ObjectName("Deployment", "kube-system", "metrics-server"),
                    List.of(),
                    owner)),
            Optional.empty(),
            false,
            fine().observations(),
            CertificateRequests.NONE,
            NOW));
  }

  private static MetricsServerPlan rolledBack() {
    var failure =
        new History.Failure(
            PLAN.deploymentAnnotations().get(Annotations.CONFIGURATION),
            "CrashLoopBackOff",
            "unknown flag: --logtostderr");
    var last = Plans.plan("version: 0.8.1").rollback().configuration();
    return Plans.plan(
        "{}",
        SampleCluster.ofNodes(2)
            .history(new History("", Optional.of(last), Optional.of(failure), Optional.empty())));
  }

  private static Failure upkeep(FindingCode code, HygieneData hygiene) {
    return new Failure(
        code,
        Evidence.of(PLAN, false, fine().observations(), CertificateRequests.NONE, NOW)
            .with(hygiene));
  }

  private static Failure request(
      FindingCode code, String spec, State state, Optional<String> forbidden) {
    var request = new Request("csr-a", "node-1", NOW.minus(HOUR), state, "its Node has no address");
    return new Failure(
        code,
        Evidence.of(
            Plans.plan(spec),
            false,
            fine().observations(),
            new CertificateRequests(List.of(request), 1, forbidden),
            NOW));
  }

  // ---------------------------------------------------------------------------------- the tests

  @ParameterizedTest(name = "{index} {0}")
  @MethodSource("failures")
  void theCauseIsFoundFirst(Failure failure) {
    assertThat(found(failure).code()).isEqualTo(failure.code());
  }

  /** One thing that is broken is one error. */
  @ParameterizedTest(name = "{index} {0}")
  @MethodSource("failures")
  void consequencesAreNotFound(Failure failure) {
    assertThat(Diagnosis.assess(failure.evidence()).findings())
        .filteredOn(f -> f.severity() == Severity.Error)
        .hasSizeLessThanOrEqualTo(1);
  }

  @ParameterizedTest(name = "{index} {0}")
  @MethodSource("failures")
  void everyPlaceholderIsFilled(Failure failure) {
    for (var keeper : Keeper.values()) {
      assertThat(Diagnosis.assess(kept(failure.evidence(), keeper)).findings())
          .allSatisfy(f -> {
            assertThat(f.message()).doesNotContain("{n", "{a", "$1", "$2", "null").isNotBlank();
            assertThat(f.remedyText())
                .doesNotContain("$1", "$2", "{namespace}", "{node", "{restore}");
            assertThat(f.remedyText()).isNotBlank();
          });
    }
  }

  /** Each remedy begins with the fix: only where the host's network is forbidden, that goes. */
  @Test
  void whatPodSecurityForbidsGoes() {
    assertThat(
            failures()
                .filter(f -> f.code().equals(FindingCode.PodSecurityViolated))
                .map(f -> found(f).remedyText()))
        .satisfiesExactly(
            r -> assertThat(r).startsWith("remove spec.hostNetwork; or kubectl label namespace/"),
            r -> assertThat(r).startsWith("kubectl label namespace/kube-system"));
  }

  /** A field of the operator has no effect on an existing metrics-server. */
  @ParameterizedTest(name = "{index} {0}")
  @MethodSource("failures")
  void remedy_ofExternalInstallation_changesItsOwnObjects(Failure failure) {
    var ours = failure.evidence().subject();
    var evidence =
        about(
            failure.evidence(),
            new Subject(
                ours.installation().keptBy(Keeper.Other),
                Optional.empty(),
                ours.kubelets(),
                List.of(),
                ours.versionAdvice(),
                ours.approving()));

    assertThat(Diagnosis.assess(evidence).findings())
        .filteredOn(f ->
            !f.code()
                .name()
                .matches("CertificateRequestDenied|ApprovalForbidden|ApprovalRightUnused"))
        .allSatisfy(f ->
            assertThat(f.remedyText())
                .doesNotContain("spec.image", "spec.kubelet", "spec.resources", "deploy/", "msc"));
  }

  private static Evidence kept(Evidence evidence, Keeper keeper) {
    var subject = evidence.subject();
    return about(
        evidence,
        new Subject(
            subject.installation().keptBy(keeper),
            subject.plan(),
            subject.kubelets(),
            subject.foreign(),
            subject.versionAdvice(),
            subject.approving()));
  }

  private static Evidence about(Evidence evidence, Subject subject) {
    return Evidence.of(subject, evidence.observations(), evidence.requests(), evidence.now())
        .with(evidence.diagnosticData())
        .with(evidence.upkeep())
        .with(evidence.consumers());
  }

  /** What the failure is about: the first finding, or the one that is told beside it. */
  private static Finding found(Failure failure) {
    var findings = Diagnosis.assess(failure.evidence()).findings();
    var first = findings.getFirst();
    return first.severity() == Severity.Error
            && !List.of(FindingCode.NamespacesStuck).contains(failure.code())
        ? first
        : findings.stream().filter(f -> f.code().equals(failure.code())).findFirst().orElse(first);
  }

  // --------------------------------------------------------------------------------- the document

  @Test
  void theDocumentSaysWhatTheProgramSays() throws IOException {
    var document = Files.readString(DOCUMENT);
    var begin = document.indexOf(BEGIN) + BEGIN.length();
    var end = document.indexOf(END);
    var made =
        document.substring(0, begin)
            + FindingsPage.markdown(
                Stream.concat(failures().map(CatalogueTest::found), nothingFound()))
            + document.substring(end);
    if ("update".equals(System.getProperty("golden"))) {
      Files.writeString(DOCUMENT, made);
    }

    assertThat(read(DOCUMENT))
        .as("./mvnw -q test -Dtest=CatalogueTest -Dgolden=update updates it")
        .isEqualTo(made);
  }

  /** Where there is no metrics-server to have evidence of; only doctor says so. */
  private static Stream<Finding> nothingFound() {
    return Stream.of(Optional.<String>empty(), Optional.of("kube-system/metrics-server"))
        .flatMap(service -> Diagnosis.nothingFound(service, List.of()).stream());
  }

  @Test
  void everyCode_exceptThoseWithoutEvidence_hasACase() {
    var listed =
        Stream.concat(failures().map(Failure::code), nothingFound().map(Finding::code))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(FindingCode.values())
        .as("give each new finding a case in failures(), and generate the document again")
        .filteredOn(code -> !listed.contains(code))
        .hasSameElementsAs(FindingsPage.quoting());
  }

  /** Alerts, reports and pages of others link to it. */
  @ParameterizedTest
  @EnumSource
  void code_hasOneAddress(FindingCode code) {
    assertThat(read(DOCUMENT).lines().filter(("### " + code)::equals)).hasSize(1);
  }

  @Test
  void page_everyPartOfThePath_isThere() {
    assertThat(FindingsPage.ORDER).containsExactlyInAnyOrder(FindingCode.Place.values());
  }

  /** The severity of a code is the highest one that its findings have. */
  @ParameterizedTest(name = "{index} {0}")
  @MethodSource("failures")
  void severity_isAtMostThatOfTheCode(Failure failure) {
    assertThat(Diagnosis.assess(failure.evidence()).findings())
        .allSatisfy(f -> assertThat(f.severity()).isGreaterThanOrEqualTo(f.code().severity()));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
