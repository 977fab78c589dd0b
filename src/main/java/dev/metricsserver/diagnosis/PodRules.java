package dev.metricsserver.diagnosis;

import java.util.List;

/**
 * Why pods are not made, not started, or stop at once, as Kubernetes and metrics-server put it. The
 * words are those of Kubernetes 1.25 to 1.36 and metrics-server 0.6 to 0.9.
 */
final class PodRules {

  private static final String EDIT = "kubectl -n {namespace} edit deployment {deployment}: ";
  private static final String ADMIT =
      "kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=privileged"
          + " --overwrite";

  private PodRules() {}

  /** The runtime says it before the container starts, or the container as its last word. */
  private static final Rule WRONG_ARCHITECTURE =
      Rule.of(
          FindingCode.WrongArchitecture,
          "exec format error",
          "{image} is built for another processor than the node's",
          "set spec.image.registry to a mirror that has all architectures, and"
              + " spec.image.digest to that of the index",
          "kubectl -n {namespace} set image deployment/{deployment} {name}=IMAGE with one for all"
              + " architectures");

  /** What a ReplicaSet is told when it may not make a pod. */
  static final List<Rule> CREATION =
      List.of(
          Rule.of(
                  FindingCode.PriorityClassForbidden,
                  "insufficient quota to match these scopes|pods with (\\S+) priorityClass is not"
                      + " permitted|no PriorityClass with name (\\S+) was found",
                  "metrics-server's pods may not be created with their priority class: this"
                      + " namespace does not admit it",
                  "set spec.scheduling.priorityClassName: \"\"",
                  "kubectl -n {namespace} patch deployment {deployment} --type merge -p"
                      + " '{\"spec\":{\"template\":{\"spec\":{\"priorityClassName\":null}}}}'")
              .helm("--set priorityClassName="),
          Rule.of(
              FindingCode.QuotaExceeded,
              "exceeded quota: ([^,]+), requested: (\\S+), used: (\\S+), limited: ([^\\s,]+)",
              "metrics-server's pods may not be created: ResourceQuota $1 has $4 and $3 is used,"
                  + " but one pod more needs $2",
              "kubectl -n {namespace} edit resourcequota $1: raise it",
              "kubectl -n {namespace} edit resourcequota $1: raise it"),
          Rule.of(
              FindingCode.QuotaExceeded,
              "failed quota: ([^:]+): must specify (.*)",
              "metrics-server's pods may not be created: ResourceQuota $1 wants every pod to"
                  + " specify $2",
              "set them in spec.resources",
              EDIT + "set them in resources"),
          Rule.of(
              FindingCode.LimitRangeViolated,
              "((?:minimum|maximum) \\w+ usage per \\w+ is [^,]+, but \\w+ is [^.,\\]]+|\\w+ max"
                  + " limit to request ratio per \\w+ is [^.\\]]+)",
              "metrics-server's pods may not be created, because a LimitRange of their namespace"
                  + " forbids it: $1",
              "set spec.resources to what it allows (kubectl -n {namespace} describe limitrange)",
              EDIT
                  + "set resources to what it allows (kubectl -n {namespace} describe limitrange)"),
          podSecurity("(.*hostNetwork=true.*)", "remove spec.hostNetwork, or " + ADMIT),
          // What the operator renders asks for nothing else that is restricted.
          podSecurity("(.*)", ADMIT + ", or have nobody change the pods on their way"),
          Rule.of(
              FindingCode.SecurityContextConstraintViolated,
              "unable to validate against any security context constraint: (.*)",
              "metrics-server's pods may not be created, because no SecurityContextConstraint of"
                  + " this OpenShift admits them: $1",
              "use the metrics-server that OpenShift brings, or oc adm policy"
                  + " add-scc-to-user nonroot-v2 -z {account} -n {namespace}",
              "oc adm policy add-scc-to-user nonroot-v2 -z {account} -n {namespace}"),
          Rule.of(
              FindingCode.WebhookUnreachable,
              "failed calling webhook \"([^\"]+)\": (.*)",
              "metrics-server's pods may not be created, because admission webhook $1 does not"
                  + " answer: $2",
              "mend the webhook, or exclude namespace {namespace} from it: kubectl get"
                  + " validatingwebhookconfigurations,mutatingwebhookconfigurations",
              "mend the webhook, or exclude namespace {namespace} from it: kubectl get"
                  + " validatingwebhookconfigurations,mutatingwebhookconfigurations"),
          Rule.of(
              FindingCode.WebhookDenied,
              "admission webhook \"([^\"]+)\" denied the request: ?(.*)",
              "admission webhook $1 does not let metrics-server's pods be created: $2",
              "change what it demands, or exclude namespace {namespace} from it",
              "change what it demands, or exclude namespace {namespace} from it"),
          Rule.of(
              FindingCode.ServiceAccountMissing,
              "serviceaccount \"([^\"]+)\" not found",
              "metrics-server's pods may not be created: their ServiceAccount $1 does not exist",
              "{restore}",
              "kubectl -n {namespace} create serviceaccount $1"));

  /** What a kubelet says of a container that it cannot start. */
  static final List<Rule> IMAGE =
      List.of(
          image(
                  "with pull policy of Never",
                  "it is not on the node, and the pull policy is Never",
                  "set spec.image.pullPolicy: IfNotPresent",
                  "kubectl -n {namespace} patch deployment {deployment} --type json -p"
                      + " '[{\"op\":\"add\",\"path\":\"/spec/template/spec/containers/{container}/imagePullPolicy\",\"value\":\"IfNotPresent\"}]'")
              .helm("--set image.pullPolicy=IfNotPresent"),
          image(
                  "(?i)unauthorized|authorization failed|authentication required|denied|403"
                      + " Forbidden",
                  "the registry wants credentials",
                  "set spec.image.pullSecrets to Secrets of namespace {namespace} with the"
                      + " registry's credentials",
                  "kubectl -n {namespace} patch deployment {deployment} --type merge -p"
                      + " '{\"spec\":{\"template\":{\"spec\":{\"imagePullSecrets\":[{\"name\":\"SECRET\"}]}}}}'")
              .helm("--set 'imagePullSecrets[0].name=SECRET'"),
          image(
              "(?i)toomanyrequests|429 Too Many",
              "the registry takes no more requests for now",
              "wait, or set spec.image.registry to a mirror",
              "wait, or set the image of a mirror: kubectl -n {namespace} set image"
                  + " deployment/{deployment} {name}=MIRROR"),
          image(
              "(?i)no match for platform|no matching manifest",
              "it is not there for this node's processor",
              "set spec.image.registry to a mirror that has all architectures, and"
                  + " spec.image.digest to that of the index",
              "kubectl -n {namespace} set image deployment/{deployment} {name}=IMAGE with one for"
                  + " all architectures"),
          image(
              "x509: ",
              "the node does not trust the registry's certificate",
              "give the registry's CA to the nodes' container runtime",
              "give the registry's CA to the nodes' container runtime"),
          image(
              "no such host|dial tcp|i/o timeout|connection refused|deadline exceeded",
              "the node does not reach the registry",
              "set spec.image.registry to a registry that the nodes reach",
              "kubectl -n {namespace} set image deployment/{deployment} {name}=IMAGE of a registry"
                  + " that the nodes reach"),
          image(
              "(?i)not found|manifest unknown|InvalidImageName|couldn't parse image",
              "there is no such image",
              "remove spec.image.tag and spec.image.digest, or set them, spec.image.registry and"
                  + " spec.image.repository to what is there",
              "kubectl -n {namespace} set image deployment/{deployment} {name}=IMAGE with one that"
                  + " is there"),
          image(
              "",
              "the container runtime does not say why",
              "set spec.image.registry to a registry the nodes reach, or spec.image.pullSecrets",
              "kubectl -n {namespace} set image deployment/{deployment} {name}=IMAGE"));

  /** What the scheduler says of a pod without a node; the first that can be mended is said. */
  static final List<Rule> SCHEDULING =
      List.of(
          Rule.of(
              FindingCode.PodUnschedulable,
              "(.*Insufficient (cpu|memory|ephemeral-storage|pods).*)",
              "no node can take the pod, because $2 is short: $1",
              "add a node or free $2 on one, or set spec.resources.requests.$2 to less",
              "add a node or free $2 on one, or kubectl -n {namespace} set resources"
                  + " deployment/{deployment} -c {name} --requests=$2=LESS"),
          Rule.of(
                  FindingCode.PodUnschedulable,
                  "(.*(?:free ports|didn't have free ports).*)",
                  "no node can take the pod, because something listens on port {port} of each: $1",
                  "set spec.port to another one, or spec.replicas to less",
                  EDIT + "set --secure-port and containerPort to another one")
              .helm("--set containerPort=PORT"),
          Rule.of(
                  FindingCode.PodUnschedulable,
                  "(.*anti-affinity rules.*)",
                  "no node can take the pod, because it may not share one with its like: $1",
                  "set spec.replicas: 1, or add a node",
                  "kubectl -n {namespace} scale deployment/{deployment} --replicas=1, or add a"
                      + " node")
              .helm("--set replicas=1, or add a node"),
          Rule.of(
                  FindingCode.PodUnschedulable,
                  "(.*untolerated taint(?:\\(s\\)| \\{([^:}]+)[^}]*\\})?.*)",
                  "no node can take the pod, because it does not tolerate their taints: $1",
                  "set spec.scheduling.tolerations: [{operator: Exists}], or remove the taint",
                  "kubectl -n {namespace} patch deployment {deployment} --type merge -p"
                      + " '{\"spec\":{\"template\":{\"spec\":{\"tolerations\":[{\"operator\":\"Exists\"}]}}}}'")
              .helm("--set 'tolerations[0].operator=Exists', or remove the taint"),
          Rule.of(
              FindingCode.PodUnschedulable,
              "(.*node (?:affinity|selector).*)",
              "no node can take the pod, because none has the labels that it wants: $1",
              "set spec.scheduling.nodeSelector to labels that nodes have (kubectl get nodes"
                  + " --show-labels)",
              EDIT + "set nodeSelector to labels that nodes have"),
          Rule.of(
              FindingCode.PodUnschedulable,
              "(.*)",
              "no node can take the pod: $1",
              "free or add a node, or set spec.scheduling.tolerations or spec.replicas",
              "free or add a node"));

  /** metrics-server's last words. */
  static final List<Rule> CRASH =
      List.of(
          Rule.of(
              FindingCode.UnknownFlag,
              "unknown (?:shorthand )?flag: ('\\w' in )?(-[\\w-]+)",
              "metrics-server stops at its start, because {image} does not know the flag $2",
              "{restore}",
              "{without $2}"),
          Rule.of(
              FindingCode.ResolutionRefused,
              "(metric-resolution should be (?:larger than kubelet-request-timeout|a time duration"
                  + " at least 10s)[^\\]]*)",
              "metrics-server stops at its start, because its flags do not go together: $1",
              "set spec.metricResolution: 15s and remove spec.kubelet.requestTimeout",
              "{flags --metric-resolution=15s --kubelet-request-timeout=10s}"),
          Rule.of(
              FindingCode.KubeletClientRefused,
              "(need both --kubelet-client-key and --kubelet-client-certificate|cannot use both"
                  + " --kubelet-certificate-authority and --kubelet-insecure-tls|unable to"
                  + " construct a client to connect to the kubelets: .*)",
              "metrics-server stops at its start, because it cannot speak to kubelets with these"
                  + " flags: $1",
              "{restore}",
              EDIT + "correct the --kubelet- flags and the files that they name"),
          Rule.of(
                  FindingCode.PortInUse,
                  "listen tcp\\d? (\\S+): bind: address already in use",
                  "metrics-server stops at its start, because something else listens on $1 of its"
                      + " node; kubelets do on 10250",
                  "remove spec.port, so that the operator chooses a free one, or set it to one that"
                      + " is free on the nodes",
                  EDIT
                      + "set --secure-port and containerPort to a port that is free on the nodes,"
                      + " such as 4443")
              .helm("--set containerPort=4443"),
          Rule.of(
                  FindingCode.PortPrivileged,
                  "listen tcp\\d? \\S+?:(\\d+): bind: permission denied",
                  "metrics-server stops at its start, because it may not listen on port $1: ports"
                      + " below 1024 need a capability",
                  "remove spec.port, or set it to 1024 or more",
                  EDIT + "set --secure-port and containerPort to 10250")
              .helm("--set containerPort=10250"),
          Rule.of(
              FindingCode.CertificateDirectoryReadOnly,
              "error creating self-signed certificates: (.*)",
              "metrics-server stops at its start, because it cannot write its serving certificate:"
                  + " $1",
              "{restore}",
              EDIT + "set --cert-dir=/tmp and mount an emptyDir there"),
          Rule.of(
              FindingCode.AuthReaderMissing,
              "configmaps \"extension-apiserver-authentication\" is forbidden",
              "metrics-server stops at its start, because it may not read"
                  + " kube-system/extension-apiserver-authentication, which says how callers are"
                  + " recognised",
              "{restore}",
              AccessFindings.CREATE_READER),
          Rule.of(
              FindingCode.AggregationDisabled,
              "luster doesn't provide requestheader-client-ca-file",
              "metrics-server stops at its start, because the API server is not set up for"
                  + " aggregated APIs: kube-system/extension-apiserver-authentication has no"
                  + " requestheader-client-ca-file",
              "start kube-apiserver with --requestheader-client-ca-file, --proxy-client-cert-file,"
                  + " --proxy-client-key-file and the other --requestheader- flags",
              "start kube-apiserver with --requestheader-client-ca-file, --proxy-client-cert-file,"
                  + " --proxy-client-key-file and the other --requestheader- flags"),
          Rule.of(
              FindingCode.APIServerUnreachable,
              "Get \"https://[^\"]*\": (?:dial tcp (\\S+): )?(?:i/o timeout|connect: connection"
                  + " refused|connect: no route to host|context deadline exceeded|net/http: TLS"
                  + " handshake timeout)",
              "metrics-server stops at its start, because it does not reach the API server from its"
                  + " node: the pod network, kube-proxy or a NetworkPolicy is in the way",
              "see whether other pods of the node reach the API server; where a NetworkPolicy is in"
                  + " the way, set spec.networkPolicy.mode: Disabled to find out",
              "see whether other pods of the node reach the API server, and kubectl -n {namespace}"
                  + " get networkpolicy"),
          Rule.of(
              FindingCode.TokenMissing,
              "serviceaccount/token: no such file",
              "metrics-server stops at its start, because it has no ServiceAccount token to talk to"
                  + " the API server with",
              "{restore}",
              "kubectl -n {namespace} patch deployment {deployment} --type merge -p"
                  + " '{\"spec\":{\"template\":{\"spec\":{\"automountServiceAccountToken\":true}}}}'"),
          WRONG_ARCHITECTURE,
          Rule.of(
              FindingCode.InformersForbidden,
              "(\\S+) is forbidden: User \"system:serviceaccount:([^:]+):([^\"]+)\" cannot (\\w+)",
              "metrics-server does not start to serve, because its ServiceAccount $2/$3 may not $4"
                  + " $1",
              "{restore}",
              AccessFindings.CREATE_ROLE));

  /** What a container that was killed for its memory says: nothing. */
  static final List<Rule> MEMORY =
      List.of(
          Rule.of(
                  FindingCode.PodOutOfMemory,
                  "",
                  "metrics-server was killed because it needs more memory than its limit, {limit}",
                  "remove spec.resources.limits.memory, so that the operator sizes it by the number"
                      + " of nodes, or set it to more",
                  "kubectl -n {namespace} set resources deployment/{deployment} -c {name}"
                      + " --limits=memory=MORE")
              .helm("--set resources.limits.memory=MORE"));

  /** What keeps a container from its first start, from its status or from Events. */
  static final List<Rule> START =
      List.of(
          Rule.of(
              FindingCode.VolumeMissing,
              "(?i)(?:MountVolume\\.SetUp failed for volume \"[^\"]+\" : )?(secret|configmap)"
                  + " \"([^\"]+)\" not found",
              "the pod does not start, because its $1 $2 does not exist in namespace {namespace}",
              "make it (kubectl -n {namespace} create $1 ...), or remove the field that names it"
                  + " from spec",
              "make it (kubectl -n {namespace} create $1 ...), or "
                  + EDIT
                  + "remove what names it"),
          Rule.of(
              FindingCode.VolumeMissing,
              "references non-existent (secret|config) key: (\\S+)",
              "the pod does not start, because the $1 that it mounts has no key $2",
              "add the key, or correct the field that names it in spec",
              "add the key, or " + EDIT + "correct what names it"),
          Rule.of(
                  FindingCode.ImageRunsAsRoot,
                  "container has runAsNonRoot and (.*)",
                  "the pod does not start, because it may not run as root: $1",
                  "remove spec.image, so that the image is upstream's, which runs as another user",
                  "kubectl -n {namespace} patch deployment {deployment} --type merge -p"
                      + " '{\"spec\":{\"template\":{\"spec\":{\"securityContext\":{\"runAsUser\":65534}}}}}'")
              .helm("--set podSecurityContext.runAsUser=65534"),
          Rule.of(
              FindingCode.PodNetworkBroken,
              "(?i)failed to (?:setup|create|set up) network for sandbox|networkPlugin|plugin"
                  + " type=\"([^\"]+)\"",
              "the pod does not start, because the node's network plugin fails; this is not"
                  + " metrics-server's fault",
              "see the network plugin's pods on that node: kubectl get pods -A -o wide",
              "see the network plugin's pods on that node: kubectl get pods -A -o wide"),
          WRONG_ARCHITECTURE,
          Rule.of(
              FindingCode.CommandMissing,
              "exec: \"([^\"]+)\": (.*)",
              "the pod does not start, because {image} has no program $1",
              "remove spec.image, or set it to an image of metrics-server",
              EDIT + "remove command, or set image to one of metrics-server"));

  /**
   * What a kubelet says of probes of a container that runs; 500 alone means only: no metrics yet.
   */
  static final List<Rule> PROBES =
      List.of(
          Rule.of(
              FindingCode.ProbesForbidden,
              "probe failed: HTTP probe failed with statuscode: (401|403)",
              "metrics-server refuses its probes ($1), so it never counts as ready:"
                  + " --authorization-always-allow-paths leaves out /readyz and /livez",
              "{restore}",
              "{flags --authorization-always-allow-paths=/healthz,/readyz,/livez}"),
          Rule.of(
                  FindingCode.ScrapesTooSlow,
                  "Liveness probe failed: (?:HTTP probe failed with statuscode: 500|.*(?:deadline"
                      + " exceeded|Client.Timeout))",
                  "metrics-server is restarted again and again, because a round of scrapes takes"
                      + " longer than one and a half times the resolution",
                  "set spec.resources.limits.cpu to more, or spec.metricResolution to longer",
                  "kubectl -n {namespace} set resources deployment/{deployment} -c {name}"
                      + " --limits=cpu=MORE, or set --metric-resolution to longer")
              .helm("--set resources.limits.cpu=MORE"));

  private static Rule podSecurity(String violated, String ours) {
    return Rule.of(
        FindingCode.PodSecurityViolated,
        "violates PodSecurity \"([^\"]+)\": " + violated,
        "metrics-server's pods may not be created, because namespace {namespace} enforces the Pod"
            + " Security Standard $1: $2",
        ours,
        EDIT + "remove what it names, or " + ADMIT);
  }

  private static Rule image(String pattern, String why, String ours, String other) {
    return Rule.of(
        FindingCode.ImageNotPulled,
        pattern,
        "the node cannot pull {image}, because " + why,
        ours,
        other);
  }
}
