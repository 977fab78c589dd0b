package dev.metricsserver.diagnosis;

import static dev.metricsserver.diagnosis.Context.choose;
import static dev.metricsserver.diagnosis.Context.remove;
import static dev.metricsserver.diagnosis.Context.set;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Why a container does not start, exits at startup or fails its probes, in the words of Kubernetes
 * 1.25 to 1.36 and metrics-server 0.6 to 0.9.
 */
final class CrashRules {

  private static final String STOPS = "metrics-server exits at startup, because ";
  private static final String NOT_STARTED = "the pod does not start, because ";

  private CrashRules() {}

  /** Reported by the runtime before the container starts, or by the container itself. */
  private static final Rule WRONG_ARCHITECTURE =
      Rule.of(
          FindingCode.WrongArchitecture,
          "exec format error",
          "{image} is built for another processor architecture than that of the node",
          _ -> PodRules.multiArchitecture(),
          c -> c.setImage("an image for all architectures"));

  /** Flags, ports and files that metrics-server cannot use. */
  private static final List<Rule> CONFIGURATION =
      List.of(
          Rule.of(
              FindingCode.UnknownFlag,
              "unknown (?:shorthand )?flag: ('\\w' in )?(-[\\w-]+)",
              STOPS + "{image} does not know the flag $2",
              Context::restore,
              c -> c.withoutFlag(c.group(2))),
          Rule.of(
              FindingCode.ResolutionRefused,
              "(metric-resolution should be (?:larger than kubelet-request-timeout|a time duration"
                  + " at least 10s)[^\\]]*)",
              STOPS + "its flags contradict each other: $1",
              _ ->
                  set("metricResolution", "15s")
                      .then(new Step.RemoveField("kubelet.requestTimeout")),
              c -> c.flags("--metric-resolution=15s", "--kubelet-request-timeout=10s")),
          Rule.of(
              FindingCode.KubeletClientRefused,
              "(need both --kubelet-client-key and --kubelet-client-certificate|cannot use both"
                  + " --kubelet-certificate-authority and --kubelet-insecure-tls|unable to"
                  + " construct a client to connect to the kubelets: .*)",
              STOPS + "it cannot connect to kubelets with these flags: $1",
              Context::restore,
              c -> c.edit("correct the --kubelet- flags and the files that they name")),
          Rule.of(
              FindingCode.PortInUse,
              "listen tcp\\d? (\\S+): bind: address already in use",
              STOPS + "another process of its node listens on $1; kubelets use port 10250",
              _ -> remove("port").or(choose("port", "to a port that is free on the nodes")),
              c ->
                  c.helmOr(
                      c.edit(
                          "set --secure-port and containerPort to a port that is free on the"
                              + " nodes, such as 4443"),
                      "containerPort",
                      "4443")),
          Rule.of(
              FindingCode.PortPrivileged,
              "listen tcp\\d? \\S+?:(\\d+): bind: permission denied",
              STOPS
                  + "it has no permission to listen on port $1: ports below 1024 need a capability",
              _ -> remove("port").or(choose("port", "to 1024 or higher")),
              c ->
                  c.helmOr(
                      c.edit("set --secure-port and containerPort to 10250"),
                      "containerPort",
                      "10250")),
          Rule.of(
              FindingCode.CertificateDirectoryReadOnly,
              "error creating self-signed certificates: (.*)",
              STOPS + "it cannot write its serving certificate: $1",
              Context::restore,
              c -> c.edit("set --cert-dir=/tmp and mount an emptyDir there")));

  /** Connections and rights that metrics-server does not have. */
  private static final List<Rule> ACCESS =
      List.of(
          Rule.of(
              FindingCode.AuthReaderMissing,
              "configmaps \"extension-apiserver-authentication\" is forbidden",
              STOPS
                  + "it has no right to read ConfigMap"
                  + " kube-system/extension-apiserver-authentication, which defines how to"
                  + " authenticate the API server",
              c -> c.restoreOr(AccessFindings.createReader(c))),
          Rule.of(
              FindingCode.AggregationDisabled,
              "luster doesn't provide requestheader-client-ca-file",
              STOPS + AccessFindings.AGGREGATION_DISABLED,
              _ -> AccessFindings.enableAggregation()),
          Rule.of(
              FindingCode.APIServerUnreachable,
              "Get \"https://[^\"]*\": (?:dial tcp (\\S+): )?(?:i/o timeout|connect: connection"
                  + " refused|connect: no route to host|context deadline exceeded|net/http: TLS"
                  + " handshake timeout)",
              STOPS
                  + "it does not reach the API server from its node: the pod network, kube-proxy or"
                  + " a NetworkPolicy blocks the connection",
              _ ->
                  Remedy.manual("check whether other pods of that node reach the API server")
                      .or(
                          set("networkPolicy.mode", "Disabled")
                              .then("check whether a NetworkPolicy was the cause")),
              c ->
                  Remedy.manual("check whether other pods of that node reach the API server")
                      .or(c.kubectl("to find a policy that blocks it", "get networkpolicy"))),
          Rule.of(
              FindingCode.TokenMissing,
              "serviceaccount/token: no such file",
              STOPS + "it has no ServiceAccount token to authenticate to the API server",
              Context::restore,
              c -> c.patchPods(Map.of("automountServiceAccountToken", true))),
          WRONG_ARCHITECTURE,
          Rule.of(
              FindingCode.InformersForbidden,
              "(\\S+) is forbidden: User \"system:serviceaccount:([^:]+):([^\"]+)\" cannot (\\w+)",
              "metrics-server does not become ready, because its ServiceAccount $2/$3 has no right"
                  + " to $4 $1",
              c -> c.restoreOr(AccessFindings.createRole(c))));

  /** The last words of a container that exited. */
  static final List<Rule> CRASH = Stream.concat(CONFIGURATION.stream(), ACCESS.stream()).toList();

  /** A container killed for its memory says nothing. */
  static final List<Rule> MEMORY =
      List.of(
          Rule.of(
              FindingCode.PodOutOfMemory,
              "",
              "metrics-server was killed, because it needs more memory than its limit, {limit}",
              _ ->
                  remove("resources.limits.memory")
                      .or(choose("resources.limits.memory", "to a higher value")),
              c ->
                  c.helmOr(
                      c.setResources("limits", "memory=MORE"), "resources.limits.memory", "MORE")));

  /** What prevents the first start of a container, from its status or from Events. */
  static final List<Rule> START =
      List.of(
          Rule.of(
              FindingCode.VolumeMissing,
              "(?i)(?:MountVolume\\.SetUp failed for volume \"[^\"]+\" : )?(secret|configmap)"
                  + " \"([^\"]+)\" not found",
              NOT_STARTED + "$1 $2 does not exist in namespace {namespace}",
              _ -> Remedy.manual("create it").or("remove the field of spec that names it"),
              c -> Remedy.manual("create it").or(c.edit("remove the volume that names it"))),
          Rule.of(
              FindingCode.VolumeMissing,
              "references non-existent (secret|config) key: (\\S+)",
              NOT_STARTED + "the $1 that it mounts has no key $2",
              _ -> Remedy.manual("add the key").or("correct the field of spec that names it"),
              c -> Remedy.manual("add the key").or(c.edit("correct the volume that names it"))),
          Rule.of(
              FindingCode.ImageRunsAsRoot,
              "container has runAsNonRoot and (.*)",
              NOT_STARTED + "it must not run as root: $1",
              _ -> remove("image"),
              c ->
                  c.helmOr(
                      c.patchPods(Map.of("securityContext", Map.of("runAsUser", 65534))),
                      "podSecurityContext.runAsUser",
                      "65534")),
          Rule.of(
              FindingCode.PodNetworkBroken,
              "(?i)failed to (?:setup|create|set up) network for sandbox|networkPlugin|plugin"
                  + " type=\"([^\"]+)\"",
              NOT_STARTED + "the network plugin of its node fails; metrics-server is not the cause",
              _ ->
                  Remedy.of(
                      Step.run(
                          "to see the network plugin's pods on that node",
                          "kubectl get pods -A -o wide"))),
          WRONG_ARCHITECTURE,
          Rule.of(
              FindingCode.CommandMissing,
              "exec: \"([^\"]+)\": (.*)",
              NOT_STARTED + "{image} has no program $1",
              _ -> remove("image").or(choose("image", "to an image of metrics-server")),
              c -> c.edit("remove command, or set image to an image of metrics-server")));

  /** Why a kubelet reports failed probes; status 500 alone only means that no metrics exist yet. */
  static final List<Rule> PROBES =
      List.of(
          Rule.of(
              FindingCode.ProbesForbidden,
              "probe failed: HTTP probe failed with statuscode: (401|403)",
              "metrics-server rejects its probes ($1) and never becomes ready, because"
                  + " --authorization-always-allow-paths does not list /readyz and /livez",
              Context::restore,
              c -> c.flags("--authorization-always-allow-paths=/healthz,/readyz,/livez")),
          Rule.of(
              FindingCode.ScrapesTooSlow,
              "Liveness probe failed: (?:HTTP probe failed with statuscode: 500|.*(?:deadline"
                  + " exceeded|Client.Timeout))",
              "metrics-server restarts repeatedly, because a scrape of all kubelets takes longer"
                  + " than one and a half times the metric resolution",
              _ ->
                  choose("resources.limits.cpu", "to a higher value")
                      .or(choose("metricResolution", "to a longer time")),
              c ->
                  c.helmOr(c.setResources("limits", "cpu=MORE"), "resources.limits.cpu", "MORE")
                      .or("set --metric-resolution to a longer time")));
}
