package dev.metricsserver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.metricsserver.cli.RemedyParser.Fix;
import dev.metricsserver.cli.cluster.Change;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which remedies are a change that a command can make, and which. */
class RemedyParserTest {

  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "set spec.replicas: 1, or add a node | {\"spec\":{\"replicas\":1}}",
        "set spec.version: 0.9.0 when it suits you, or Latest | {\"spec\":{\"version\":\"0.9.0\"}}",
        "set spec.paused: false, and the operator renews it | {\"spec\":{\"paused\":false}}",
        "set spec.scheduling.priorityClassName: \"\" |"
            + " {\"spec\":{\"scheduling\":{\"priorityClassName\":\"\"}}}",
        "set spec.scheduling.tolerations: [{operator: Exists}], or remove the taint |"
            + " {\"spec\":{\"scheduling\":{\"tolerations\":[{\"operator\":\"Exists\"}]}}}",
        "set spec.metricResolution: 15s and remove spec.kubelet.requestTimeout |"
            + " {\"spec\":{\"kubelet\":{\"requestTimeout\":null},\"metricResolution\":\"15s\"}}",
        "remove spec.image.tag and spec.image.digest, or set them, spec.image.registry and"
            + " spec.image.repository to what is there |"
            + " {\"spec\":{\"image\":{\"digest\":null,\"tag\":null}}}",
        "remove spec.kubelet.tls.mode, and then the kubelets' readOnlyPort |"
            + " {\"spec\":{\"kubelet\":{\"tls\":{\"mode\":null}}}}",
        "set spec.replicas: 1, or add a node; and set spec.paused: false, because nothing is"
            + " changed | {\"spec\":{\"paused\":false,\"replicas\":1}}",
      })
  void fieldsOfTheConfiguration(String remedy, String patch) {
    assertThat(said(remedy)).containsExactly("merge MetricsServerConfig/cluster " + patch);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "kubectl patch msc cluster --type merge -p '{\"spec\":{\"paused\":false}}', then it"
            + " restores | merge MetricsServerConfig/cluster {\"spec\":{\"paused\":false}}",
        "kubectl -n a-b patch service ms --type json -p '[{\"op\":\"replace\"}]' |"
            + " json Service/a-b/ms [{\"op\":\"replace\"}]",
        "kubectl -n a scale deployment/ms --replicas=1 |"
            + " merge Deployment/a/ms {\"spec\":{\"replicas\":1}}",
        "kubectl -n a set selector service ms a=b,c=d | json Service/a/ms"
            + " [{\"op\":\"add\",\"path\":\"/spec/selector\",\"value\":{\"a\":\"b\",\"c\":\"d\"}}]",
        "kubectl -n a rollout restart deployment/ms | merge Deployment/a/ms"
            + " {\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io/restartedAt\":\"2026-11-25T12:00:00Z\"}}}}}",
        "kubectl label namespace a pod-security.kubernetes.io/enforce=privileged --overwrite |"
            + " merge Namespace/a"
            + " {\"metadata\":{\"labels\":{\"pod-security.kubernetes.io/enforce\":\"privileged\"}}}",
        "kubectl -n a create serviceaccount ms | apply ServiceAccount/a/ms {}",
        "kubectl -n kube-system create rolebinding r --role=x --serviceaccount=a:ms | apply"
            + " RoleBinding/kube-system/r"
            + " {\"roleRef\":{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"Role\",\"name\":\"x\"},"
            + "\"subjects\":[{\"kind\":\"ServiceAccount\",\"name\":\"ms\",\"namespace\":\"a\"}]}",
        "kubectl delete apiservice v1beta1.metrics.k8s.io where it was removed for good |"
            + " delete APIService/v1beta1.metrics.k8s.io",
        "echo '{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"},\"data\":{}}'"
            + " ¦ kubectl -n a apply -f - | apply ConfigMap/a/c {\"data\":{}}",
      })
  void commandsOfKubectl(String remedy, String change) {
    assertThat(said(remedy.replace('¦', '|'))).containsExactly(change);
  }

  @Test
  void twoCommandsAreTwoChanges() {
    assertThat(
            said(
                "kubectl create clusterrole system:ms --verb=get,list"
                    + " --resource=nodes,nodes/metrics && kubectl create clusterrolebinding"
                    + " system:ms --clusterrole=system:ms --serviceaccount=a:ms"))
        .containsExactly(
            "apply ClusterRole/system:ms {\"rules\":[{\"apiGroups\":[\"\"],"
                + "\"resources\":[\"nodes\",\"nodes/metrics\"],\"verbs\":[\"get\",\"list\"]}]}",
            "apply ClusterRoleBinding/system:ms"
                + " {\"roleRef\":{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"ClusterRole\","
                + "\"name\":\"system:ms\"},"
                + "\"subjects\":[{\"kind\":\"ServiceAccount\",\"name\":\"ms\",\"namespace\":\"a\"}]}");
  }

  @Test
  void machinesAreToldByAPerson() {
    assertThat(
            RemedyParser.of(
                "first let the operator approve requests: kubectl apply; then talosctl -n"
                    + " 10.0.0.1,10.0.0.2 patch mc --patch '{\"machine\":{}}'; the operator"
                    + " verifies by itself",
                NOW))
        .containsExactly(
            new Fix.Machines(
                "let the operator approve requests: kubectl apply",
                "talosctl -n 10.0.0.1,10.0.0.2 patch mc --patch",
                "{\"machine\":{}}"));
    assertThat(RemedyParser.of("talosctl -n 10.0.0.1 patch mc --patch '{}'; then approve", NOW))
        .containsExactly(new Fix.Machines("", "talosctl -n 10.0.0.1 patch mc --patch", "{}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "none: it looks again within 30 seconds | nothing to do by hand",
        "set spec.port to another one, or spec.replicas to less | a value that only you know",
        "correct spec.scheduling or spec.resources.requests | a value that only you know",
        "kubectl -n a edit resourcequota small: raise it | a value that only you know",
        "kubectl -n a patch deployment ms --type merge -p '{\"name\":\"SECRET\"}' |"
            + " a value that only you know",
        "kubectl -n a set image deployment/ms '*=IMAGE' | a value that only you know",
        "kubectl apply -k deploy/csr-approval (with Helm: a=true), then kubectl patch msc cluster"
            + " -p '{}' | more than a change of one object",
        "kubectl delete -k deploy/csr-approval (with Helm: a=false) | more than a change of one"
            + " object",
        "install it: with this operator by kubectl apply -f deploy/install.yaml |"
            + " more than a change of one object",
      })
  void whatTakesAPersonIsLeftToOne(String remedy, String why) {
    assertThat(said(remedy)).isEmpty();
    assertThat(RemedyParser.whyNone(remedy)).contains(why);
  }

  /** An alternative, and a way back to less safety, are never chosen by a command. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "check them with kubectl describe csr, then kubectl certificate approve csr-1",
        "add a node or free memory on one, or set spec.resources.requests.memory to less",
        "set spec.caBundle of apiservice v1beta1.metrics.k8s.io to the CA, or let it go unverified:"
            + " kubectl patch apiservice v1beta1.metrics.k8s.io --type merge -p '{}'",
        "restart k3s there; or go back deliberately with spec.kubelet.tls.mode: Insecure",
        "kubectl -n a delete deployment ms, by whatever installed it",
      })
  void whatDoesNotComeFirstIsNotDone(String remedy) {
    assertThat(said(remedy)).isEmpty();
  }

  private static final ObjectMapper SORTED =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  private static String sorted(Object value) {
    try {
      return SORTED.writeValueAsString(
          value instanceof String json ? SORTED.readValue(json, Object.class) : value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static List<String> said(String remedy) {
    return RemedyParser.of(remedy, NOW).stream()
        .map(RemedyParserTest::said)
        .collect(Collectors.toList());
  }

  private static String said(Fix fix) {
    return switch (fix) {
      case Fix.Patched(var object, var type, var patch) ->
          "%s %s %s"
              .formatted(
                  type.name().contains("MERGE") ? "merge" : "json", name(object), sorted(patch));
      case Fix.Applied(var object) ->
          "apply %s %s".formatted(name(object), sorted(object.getAdditionalProperties()));
      case Fix.Deleted(var object) -> "delete " + name(object);
      case Fix.Machines machines -> machines.toString();
    };
  }

  private static String name(GenericKubernetesResource object) {
    return Change.name(object);
  }
}
