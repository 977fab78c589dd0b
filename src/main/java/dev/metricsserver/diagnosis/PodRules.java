package dev.metricsserver.diagnosis;

import static dev.metricsserver.diagnosis.Context.choose;
import static dev.metricsserver.diagnosis.Context.remove;
import static dev.metricsserver.diagnosis.Context.set;

import dev.metricsserver.diagnosis.Step.FillIn;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Why pods are not created, not started or crash, in the words of Kubernetes 1.25 to 1.36 and
 * metrics-server 0.6 to 0.9.
 */
final class PodRules {

  private static final String NOT_CREATED = "metrics-server's pods cannot be created, because ";
  private static final String NO_NODE = "no node accepts the pod, because ";

  private PodRules() {}

  /** An image that runs on every node. */
  static Remedy multiArchitecture() {
    return choose("image.registry", "to a mirror with all architectures")
        .then(
            new Step.ChooseField(
                "image.digest", "to the digest of the image index, if a digest is set"));
  }

  /** Why a ReplicaSet may not create a pod, except for Pod Security. */
  private static final List<Rule> QUOTAS =
      List.of(
          Rule.of(
              FindingCode.PriorityClassForbidden,
              "insufficient quota to match these scopes|pods with (\\S+) priorityClass is not"
                  + " permitted|no PriorityClass with name (\\S+) was found",
              NOT_CREATED + "namespace {namespace} does not admit their priority class",
              _ -> set("scheduling.priorityClassName", ""),
              c -> c.helmOr(c.patchPods(nulls("priorityClassName")), "priorityClassName", "")),
          Rule.of(
              FindingCode.QuotaExceeded,
              "exceeded quota: ([^,]+), requested: (\\S+), used: (\\S+), limited: ([^\\s,]+)",
              NOT_CREATED + "ResourceQuota $1 has $4 and $3 is used, but one more pod requests $2",
              PodRules::raiseQuota),
          Rule.of(
              FindingCode.QuotaExceeded,
              "failed quota: ([^:]+): must specify (.*)",
              NOT_CREATED + "ResourceQuota $1 requires every pod to specify $2",
              _ -> choose("resources", "to the values that the quota requires"),
              c -> c.edit("set the required values in resources")),
          Rule.of(
              FindingCode.LimitRangeViolated,
              "((?:minimum|maximum) \\w+ usage per \\w+ is [^,]+, but \\w+ is [^.,\\]]+|\\w+ max"
                  + " limit to request ratio per \\w+ is [^.\\]]+)",
              NOT_CREATED + "a LimitRange of namespace {namespace} forbids it: $1",
              c ->
                  Remedy.of(c.kubectl("to see what is allowed", "describe limitrange"))
                      .then(new Step.ChooseField("resources", "to allowed values")),
              c ->
                  Remedy.of(c.kubectl("to see what is allowed", "describe limitrange"))
                      .then(c.edit("set resources to allowed values"))));

  /** Why a ReplicaSet may not create a pod, by Pod Security or admission. */
  private static final List<Rule> ADMISSION =
      List.of(
          podSecurity("(.*hostNetwork=true.*)", c -> remove("hostNetwork").or(privileged(c))),
          // Nothing else that the operator renders is restricted.
          podSecurity(
              "(.*)",
              c ->
                  Remedy.of(privileged(c))
                      .or("stop the webhook or policy that changes the pods at admission")),
          Rule.of(
              FindingCode.SecurityContextConstraintViolated,
              "unable to validate against any security context constraint: (.*)",
              NOT_CREATED
                  + "no SecurityContextConstraint of this OpenShift cluster admits them: $1",
              c -> Remedy.manual("use the metrics-server that OpenShift installs").or(nonroot(c)),
              c -> Remedy.of(nonroot(c))),
          Rule.of(
              FindingCode.WebhookUnreachable,
              "failed calling webhook \"([^\"]+)\": (.*)",
              NOT_CREATED + "admission webhook $1 does not answer: $2",
              c ->
                  Remedy.of(
                          Step.run(
                              "to find the webhook",
                              "kubectl get"
                                  + " validatingwebhookconfigurations,mutatingwebhookconfigurations"))
                      .then("repair the webhook, or exclude " + namespace(c) + " from it")),
          Rule.of(
              FindingCode.WebhookDenied,
              "admission webhook \"([^\"]+)\" denied the request: ?(.*)",
              NOT_CREATED + "admission webhook $1 denies them: $2",
              c ->
                  Remedy.manual("change what the webhook demands")
                      .or("exclude " + namespace(c) + " from the webhook")),
          Rule.of(
              FindingCode.ServiceAccountMissing,
              "serviceaccount \"([^\"]+)\" not found",
              NOT_CREATED + "their ServiceAccount $1 does not exist",
              Context::restore,
              c ->
                  Remedy.of(
                      c.apply(
                          Step.Target.namespaced(
                              "v1", "ServiceAccount", c.installation().namespace(), c.group(1)),
                          Map.of()))));

  /** Why a ReplicaSet may not create a pod. */
  static final List<Rule> CREATION = Stream.concat(QUOTAS.stream(), ADMISSION.stream()).toList();

  private static Remedy raiseQuota(Context c) {
    return Remedy.of(
        new Step.Edit(
            Step.Target.namespaced("v1", "ResourceQuota", c.installation().namespace(), c.group(1)),
            "raise the limit"));
  }

  private static Map<String, Object> nulls(String field) {
    var map = new HashMap<String, Object>();
    map.put(field, null);
    return map;
  }

  private static String namespace(Context c) {
    return "namespace " + c.installation().namespace();
  }

  private static Step nonroot(Context c) {
    return Step.run(
        "",
        "oc adm policy add-scc-to-user nonroot-v2 -z %s -n %s",
        c.installation().serviceAccount(),
        c.installation().namespace());
  }

  private static Step privileged(Context c) {
    return c.labelNamespace("pod-security.kubernetes.io/enforce", "privileged");
  }

  private static Rule podSecurity(String violated, Function<Context, Remedy> ours) {
    return Rule.of(
        FindingCode.PodSecurityViolated,
        "violates PodSecurity \"([^\"]+)\": " + violated,
        NOT_CREATED + "namespace {namespace} enforces the Pod Security Standard $1: $2",
        ours,
        c -> c.edit("remove the settings that the message names").or(privileged(c)));
  }

  /** Why a kubelet cannot pull the image. */
  static final List<Rule> IMAGE =
      List.of(
          image(
              "with pull policy of Never",
              "it is not on the node, and the pull policy is Never",
              _ -> set("image.pullPolicy", "IfNotPresent"),
              c ->
                  c.helmOr(
                      c.patchContainer("imagePullPolicy", "IfNotPresent"),
                      "image.pullPolicy",
                      "IfNotPresent")),
          image(
              "(?i)unauthorized|authorization failed|authentication required|denied|403"
                  + " Forbidden",
              "the registry requires credentials",
              c ->
                  choose(
                      "image.pullSecrets",
                      "to Secrets of %s with credentials for the registry".formatted(namespace(c))),
              c -> c.helmOr(pullSecret(c), "imagePullSecrets[0].name", "SECRET")),
          image(
              "(?i)toomanyrequests|429 Too Many",
              "the registry limits the number of pulls",
              _ -> Remedy.manual("wait").or(choose("image.registry", "to a mirror")),
              c -> Remedy.manual("wait").or(c.setImage("an image of a mirror"))),
          image(
              "(?i)no match for platform|no matching manifest",
              "the registry has no image for the processor architecture of this node",
              _ -> multiArchitecture(),
              c -> c.setImage("an image for all architectures")),
          image(
              "x509: ",
              "the node does not trust the certificate of the registry",
              _ -> Remedy.manual("add the registry's CA to the container runtime of the nodes")),
          image(
              "no such host|dial tcp|i/o timeout|connection refused|deadline exceeded",
              "the node does not reach the registry",
              _ -> choose("image.registry", "to a registry that the nodes reach"),
              c -> c.setImage("an image of a registry that the nodes reach")),
          image(
              "(?i)not found|manifest unknown|InvalidImageName|couldn't parse image",
              "the image does not exist",
              _ ->
                  remove("image.tag")
                      .then(new Step.RemoveField("image.digest"))
                      .or(choose("image", "to an image that exists")),
              c -> c.setImage("an image that exists")),
          image(
              "",
              "of an error that the container runtime does not describe",
              _ ->
                  choose("image.registry", "to a registry that the nodes reach")
                      .or(choose("image.pullSecrets", "to credentials for the registry")),
              c -> c.setImage("an image of a registry that the nodes reach")));

  private static Remedy pullSecret(Context c) {
    return Remedy.of(
        new FillIn(
            c.deployment(),
            Command.of(
                "kubectl -n %s patch deployment/%s --type merge -p %s",
                c.installation().namespace(),
                c.installation().deployment(),
                new Command.Json(
                    Map.of(
                        "spec",
                        Map.of(
                            "template",
                            Map.of(
                                "spec",
                                Map.of("imagePullSecrets", List.of(Map.of("name", "SECRET")))))))),
            "SECRET holds credentials for the registry"));
  }

  private static Rule image(String pattern, String why, Function<Context, Remedy> remedy) {
    return image(pattern, why, remedy, remedy);
  }

  private static Rule image(
      String pattern, String why, Function<Context, Remedy> ours, Function<Context, Remedy> other) {
    return Rule.of(
        FindingCode.ImageNotPulled,
        pattern,
        "the node cannot pull {image}, because " + why,
        ours,
        other);
  }

  /** Why the scheduler finds no node; a cause that has a remedy comes first. */
  static final List<Rule> SCHEDULING =
      List.of(
          unschedulable(
              "(.*Insufficient (cpu|memory|ephemeral-storage|pods).*)",
              "$2 is insufficient: $1",
              c ->
                  Remedy.manual("add a node, or free %s on one".formatted(c.group(2)))
                      .or(choose("resources.requests." + c.group(2), "to a lower value")),
              c ->
                  Remedy.manual("add a node, or free %s on one".formatted(c.group(2)))
                      .or(c.setResources("requests", c.group(2) + "=LESS"))),
          unschedulable(
              "(.*(?:free ports|didn't have free ports).*)",
              "port {port} is in use on every node: $1",
              _ -> choose("port", "to a free port").or(choose("replicas", "to a lower number")),
              c ->
                  c.helmOr(
                      c.edit("set --secure-port and containerPort to a free port"),
                      "containerPort",
                      "PORT")),
          unschedulable(
              "(.*anti-affinity rules.*)",
              "replicas must run on different nodes, and no other node is free: $1",
              _ -> set("replicas", 1).or("add a node"),
              c -> c.helmOr(c.scale(1), "replicas", "1").or("add a node")),
          unschedulable(
              "(.*untolerated taint(?:\\(s\\)| \\{([^:}]+)[^}]*\\})?.*)",
              "the pod does not tolerate the taints of the nodes: $1",
              _ ->
                  set("scheduling.tolerations", List.of(Map.of("operator", "Exists")))
                      .or("remove the taint"),
              c ->
                  c.helmOr(
                          c.patchPods(Map.of("tolerations", List.of(Map.of("operator", "Exists")))),
                          "tolerations[0].operator",
                          "Exists")
                      .or("remove the taint")),
          unschedulable(
              "(.*node (?:affinity|selector).*)",
              "no node has the labels that the pod selects: $1",
              _ ->
                  labels()
                      .then(new Step.ChooseField("scheduling.nodeSelector", "to labels of nodes")),
              c -> labels().then(c.edit("set nodeSelector to labels of nodes"))),
          unschedulable(
              "(.*)",
              "of the following: $1",
              _ ->
                  Remedy.manual("add a node, or free one")
                      .or(choose("scheduling.tolerations", "to the taints of the nodes"))
                      .or(choose("replicas", "to a lower number")),
              _ -> Remedy.manual("add a node, or free one")));

  private static Remedy labels() {
    return Remedy.of(Step.run("to see the labels of nodes", "kubectl get nodes --show-labels"));
  }

  private static Rule unschedulable(
      String pattern, String why, Function<Context, Remedy> ours, Function<Context, Remedy> other) {
    return Rule.of(FindingCode.PodUnschedulable, pattern, NO_NODE + why, ours, other);
  }
}
