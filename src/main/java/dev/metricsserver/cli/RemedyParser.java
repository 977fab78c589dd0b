package dev.metricsserver.cli;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.api.MetricsServerConfig;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Reads the changes that a remedy begins with off its words, so that what is done is what is
 * printed: {@code set spec.replicas: 1}, {@code remove spec.port}, and commands of kubectl that
 * change one object each. What follows, an alternative or another step, is left to people. Pure.
 */
final class RemedyParser {

  private static final Pattern TALOS =
      Pattern.compile("(talosctl -n \\S+ patch mc --patch) '([^']+)'");

  /** One right after the other; a value is a YAML scalar without spaces, quoted, or a list. */
  private static final Pattern FIELD =
      Pattern.compile(
          "\\G(?: and )?(?:(set|remove) )?spec\\.(\\w+(?:\\.\\w+)*)"
              + "(?:: (\\[[^]]*]|\"[^\"]*\"|[^\\s,;\\[\"]+))?");

  /** What every remedy ends with that names a field, while the operator is paused. */
  private static final String UNPAUSED = "; and set spec.paused: false";

  private static final Pattern FIELDS = Pattern.compile("(?:set|remove) spec\\.");

  /** What stands for a value that only people know. */
  private static final Pattern BLANK = Pattern.compile("[=\":' ][A-Z]{4,}(?=$|[\"', ])");

  private static final String RBAC = "rbac.authorization.k8s.io";

  private static final Map<String, String> API_VERSIONS =
      Map.of(
          "APIService", "apiregistration.k8s.io/v1",
          "Deployment", "apps/v1",
          "MetricsServerConfig", "metricsserver.dev/v1beta1",
          "Namespace", "v1",
          "Service", "v1");

  private static final Map<String, String> KINDS =
      Map.of(
          "apiservice", "APIService",
          "deployment", "Deployment",
          "msc", "MetricsServerConfig",
          "service", "Service");

  private static final String AND = " && ";
  private static final KubernetesSerialization YAML =
      new KubernetesSerialization(new ObjectMapper(), false);

  private RemedyParser() {}

  /** A change of one object. */
  sealed interface Fix {

    /**
     * Some of its fields become others.
     *
     * @param object its names and no more
     */
    record Patched(GenericKubernetesResource object, PatchType type, String patch) implements Fix {}

    /** It comes to be, or becomes this. */
    record Applied(GenericKubernetesResource object) implements Fix {}

    /**
     * It goes.
     *
     * @param object its names and no more
     */
    record Deleted(GenericKubernetesResource object) implements Fix {}

    /**
     * What no API server does: a patch for machines' configuration.
     *
     * @param first what has to be done before, in words; empty for nothing
     * @param command what takes it, in front of the patch
     */
    record Machines(String first, String command, String patch) implements Fix {}
  }

  /** The changes that a remedy begins with; empty where it takes a person or another program. */
  static List<Fix> of(String remedy, Instant now) {
    var machines = TALOS.matcher(remedy);
    if (machines.find()) {
      return List.of(
          new Fix.Machines(
              remedy.substring(0, machines.start()).replaceFirst("^first (.*); then $", "$1"),
              machines.group(1),
              machines.group(2)));
    }
    return FIELDS.matcher(remedy).lookingAt()
        ? fields(remedy).stream().toList()
        : commands(remedy, now);
  }

  /** Why a remedy without changes has none, as a clause. */
  static String whyNone(String remedy) {
    if (remedy.startsWith("none")) {
      return "there is nothing to do by hand";
    }
    if (BLANK.matcher(remedy).find()
        || remedy.matches("(?s)(set|remove|correct) spec.*|kubectl.* edit .*")) {
      return "it takes a value that only you know";
    }
    return "it takes more than a change of one object of the cluster";
  }

  // -------------------------------------------------------------------------------------- fields

  private static Optional<Fix> fields(String remedy) {
    var spec = new TreeMap<String, Object>();
    var field = FIELD.matcher(remedy);
    var verb = "";
    while (field.find()) {
      verb = requireNonNullElse(field.group(1), verb);
      if (verb.equals("set") == (field.group(3) == null)) {
        return Optional.empty();
      }
      put(spec, field.group(2), verb.equals("set") ? value(field.group(3)) : null);
    }
    if (remedy.contains(UNPAUSED)) {
      spec.put("paused", false);
    }
    return Optional.of(
        merge(named("MetricsServerConfig", null, MetricsServerConfig.NAME), Map.of("spec", spec)));
  }

  private static Object value(String yaml) {
    return YAML.unmarshal("value: " + yaml, Map.class).get("value");
  }

  @SuppressWarnings("unchecked")
  private static void put(Map<String, Object> into, String path, Object value) {
    var dot = path.indexOf('.');
    if (dot < 0) {
      into.put(path, value);
    } else {
      var child =
          (Map<String, Object>)
              into.computeIfAbsent(path.substring(0, dot), _ -> new TreeMap<String, Object>());
      put(child, path.substring(dot + 1), value);
    }
  }

  // ------------------------------------------------------------------------------------ commands

  /**
   * What a command does.
   *
   * @param pattern {@code NAME} in it is a group for a name, {@code IN} one for a namespace
   */
  private record Shape(Pattern pattern, BiFunction<MatchResult, Instant, Fix> fix) {

    static Shape of(String pattern, BiFunction<MatchResult, Instant, Fix> fix) {
      return new Shape(
          Pattern.compile(
              pattern.replace("NAME", "([\\w.:-]+)").replace("IN", "(?: -n ([\\w-]+))?")
                  + "(?: --dry-run=client -o yaml \\| kubectl apply -f -)?(?=$|[,;\\s])"),
          fix);
    }
  }

  private static final List<Shape> SHAPES =
      List.of(
          Shape.of(
              "kubectlIN patch (apiservice|deployment|msc|service) NAME --type (merge|json) -p"
                  + " '([^']*)'",
              (m, _) ->
                  new Fix.Patched(
                      named(KINDS.get(m.group(2)), m.group(1), m.group(3)),
                      m.group(4).equals("json") ? PatchType.JSON : PatchType.JSON_MERGE,
                      m.group(5))),
          Shape.of(
              "kubectlIN scale deployment/NAME --replicas=(\\d+)",
              (m, _) ->
                  merge(
                      named("Deployment", m.group(1), m.group(2)),
                      Map.of("spec", Map.of("replicas", Integer.valueOf(m.group(3)))))),
          Shape.of(
              "kubectlIN set selector service NAME (\\S+)",
              (m, _) ->
                  new Fix.Patched(
                      named("Service", m.group(1), m.group(2)),
                      PatchType.JSON,
                      YAML.asJson(
                          List.of(
                              Map.of(
                                  "op",
                                  "add",
                                  "path",
                                  "/spec/selector",
                                  "value",
                                  labels(m.group(3))))))),
          Shape.of(
              "kubectlIN rollout restart deployment/NAME",
              (m, now) ->
                  merge(
                      named("Deployment", m.group(1), m.group(2)),
                      Map.of("spec", Map.of("template", restarted(now))))),
          Shape.of(
              "kubectl label namespace NAME (\\S+) --overwrite",
              (m, _) ->
                  merge(
                      named("Namespace", null, m.group(1)),
                      Map.of("metadata", Map.of("labels", labels(m.group(2)))))),
          Shape.of(
              "kubectlIN create serviceaccount NAME",
              (m, _) -> new Fix.Applied(object("v1", "ServiceAccount", m.group(1), m.group(2)))),
          Shape.of(
              "kubectl create clusterrole NAME --verb=(\\S+) --resource=([\\w,/]+)",
              (m, _) -> new Fix.Applied(role(m.group(1), m.group(2), m.group(3)))),
          Shape.of(
              "kubectl create clusterrolebinding NAME --clusterrole=NAME --serviceaccount=NAME",
              (m, _) ->
                  new Fix.Applied(
                      bound(
                          object(RBAC + "/v1", "ClusterRoleBinding", null, m.group(1)),
                          "ClusterRole",
                          m.group(2),
                          m.group(3)))),
          Shape.of(
              "kubectlIN create rolebinding NAME --role=NAME --serviceaccount=NAME",
              (m, _) ->
                  new Fix.Applied(
                      bound(
                          object(RBAC + "/v1", "RoleBinding", m.group(1), m.group(2)),
                          "Role",
                          m.group(3),
                          m.group(4)))),
          Shape.of(
              "kubectl delete apiservice NAME",
              (m, _) -> new Fix.Deleted(named("APIService", null, m.group(1)))),
          Shape.of(
              "echo '([^']*)' \\| kubectlIN apply -f -",
              (m, _) -> new Fix.Applied(written(m.group(1), m.group(2)))));

  /** Joined by {@code &&}; none where one of them is none that changes one object. */
  private static List<Fix> commands(String remedy, Instant now) {
    var fixes = new ArrayList<Fix>();
    for (var rest = Optional.of(remedy); rest.isPresent(); ) {
      var command = rest.get();
      var found =
          SHAPES.stream()
              .map(shape -> Map.entry(shape, shape.pattern().matcher(command)))
              .filter(e -> e.getValue().lookingAt())
              .filter(e -> !BLANK.matcher(e.getValue().group()).find())
              .findFirst();
      if (found.isEmpty()) {
        return List.of();
      }
      var match = found.get().getValue().toMatchResult();
      fixes.add(found.get().getKey().fix().apply(match, now));
      rest =
          Optional.of(command.substring(match.end()))
              .filter(r -> r.startsWith(AND))
              .map(r -> r.substring(AND.length()));
    }
    return List.copyOf(fixes);
  }

  // ------------------------------------------------------------------------------------- objects

  private static Fix merge(GenericKubernetesResource object, Map<String, Object> patch) {
    return new Fix.Patched(object, PatchType.JSON_MERGE, YAML.asJson(patch));
  }

  private static Map<String, Object> restarted(Instant now) {
    return Map.of(
        "metadata",
        Map.of("annotations", Map.of("kubectl.kubernetes.io/restartedAt", now.toString())));
  }

  private static GenericKubernetesResource role(String name, String verbs, String resources) {
    var role = object(RBAC + "/v1", "ClusterRole", null, name);
    role.setAdditionalProperty(
        "rules",
        List.of(
            Map.of(
                "apiGroups", List.of(""),
                "resources", List.of(resources.split(",", -1)),
                "verbs", List.of(verbs.split(",", -1)))));
    return role;
  }

  /**
   * @param account as namespace:name
   */
  private static GenericKubernetesResource bound(
      GenericKubernetesResource binding, String kind, String role, String account) {
    binding.setAdditionalProperty("roleRef", Map.of("apiGroup", RBAC, "kind", kind, "name", role));
    var colon = account.indexOf(':');
    binding.setAdditionalProperty(
        "subjects",
        List.of(
            Map.of(
                "kind",
                "ServiceAccount",
                "namespace",
                account.substring(0, colon),
                "name",
                account.substring(colon + 1))));
    return binding;
  }

  private static GenericKubernetesResource written(String json, String namespace) {
    var object = YAML.unmarshal(json, GenericKubernetesResource.class);
    object.getMetadata().setNamespace(namespace);
    return object;
  }

  private static Map<String, String> labels(String text) {
    var labels = new TreeMap<String, String>();
    for (var label : text.split(",", -1)) {
      var equals = label.indexOf('=');
      labels.put(label.substring(0, equals), label.substring(equals + 1));
    }
    return labels;
  }

  private static GenericKubernetesResource named(String kind, String namespace, String name) {
    return object(API_VERSIONS.get(kind), kind, namespace, name);
  }

  private static GenericKubernetesResource object(
      String apiVersion, String kind, String namespace, String name) {
    var object = new GenericKubernetesResource();
    object.setApiVersion(apiVersion);
    object.setKind(kind);
    object.setMetadata(new ObjectMetaBuilder().withNamespace(namespace).withName(name).build());
    return object;
  }
}
