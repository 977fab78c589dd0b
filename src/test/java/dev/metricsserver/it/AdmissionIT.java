package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The requests with the operator's token that the ValidatingAdmissionPolicy rejects. The operator
 * is an administrator here, so no missing right rejects them.
 */
@IntegrationTest
class AdmissionIT {

  private static final String DEPLOYMENT =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: metrics-server, namespace: default}
      spec:
        selector: {matchLabels: {k8s-app: metrics-server}}
        template:
          metadata: {labels: {k8s-app: metrics-server}}
          spec:
            serviceAccountName: metrics-server
            hostNetwork: true
            volumes:
              - {name: tmp, emptyDir: {}}
              - {name: ca, secret: {secretName: kubelet-ca}}
            containers:
              - name: metrics-server
                image: example.com/metrics-server
                securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true}
      """;

  @RegisterExtension static final TestCluster cluster = new TestCluster();
  private static KubernetesClient operator;

  @BeforeAll
  static void start() throws Exception {
    cluster
        .admin()
        .resource(
            new ClusterRoleBindingBuilder()
                .withMetadata(new ObjectMetaBuilder().withName("for-this-test").build())
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "cluster-admin")
                .addNewSubject(
                    "", "ServiceAccount", "metrics-server-operator", "metrics-server-operator")
                .build())
        .create();
    cluster.apply(MonitoringIT.definition("servicemonitors"));
    cluster.apply(CertManagerIT.definition("certificates"));
    cluster.apply(CertManagerIT.definition("issuers"));
    operator =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(cluster.operatorKubeconfig().toFile()))
            .build();
    cluster.eventually(
        "the policy is in force",
        () ->
            rejected("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: default}}"));
    cluster.eventually(
        "the policy is in force for the kinds of third parties",
        () -> {
          rejected(
              "{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: a,"
                  + " namespace: default}, spec: {selector: {}, endpoints: []}}");
          rejected(
              "{apiVersion: cert-manager.io/v1, kind: Issuer, metadata: {name: a, namespace:"
                  + " default}, spec: {selfSigned: {}}}");
          rejected(
              "{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: a, namespace:"
                  + " default}, spec: {secretName: a, dnsNames: [a], issuerRef: {name: a}}}");
        });
  }

  @AfterAll
  static void closeClient() {
    if (operator != null) {
      operator.close();
    }
  }

  @Test
  void deployment_ownNameInAnyNamespace_isAdmitted() {
    assertThat(operator.resource(object(DEPLOYMENT)).dryRun(true).create()).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name: metrics-server, namespace: default | name: other, namespace: kube-system |"
            + " the operator may not CREATE deployments.apps other: it writes only deployments.apps"
            + " named metrics-server",
        "serviceAccountName: metrics-server | serviceAccountName: default |"
            + " only as the ServiceAccount metrics-server, not as default",
        "serviceAccountName: metrics-server | {} |"
            + " only as the ServiceAccount metrics-server, not as default",
        "tmp, emptyDir: {} | root, hostPath: {path: /} | no host path; this is another kind: root",
        "secretName: kubelet-ca | secretName: metrics-server-serving-ca | the key of the CA",
        "tmp, emptyDir: {} | share, nfs: {server: a, path: /} | this is another kind: share",
        "hostNetwork: true | hostPID: true | the host's processes",
        "hostNetwork: true | hostIPC: true | the host's processes",
        "allowPrivilegeEscalation: false | privileged: true | only containers without privileges",
        "allowPrivilegeEscalation: false, | '' | only containers without privileges",
        "runAsNonRoot: true | runAsNonRoot: false | only containers without privileges",
        "runAsNonRoot: true | runAsNonRoot: true, capabilities: {add: [SYS_ADMIN]} |"
            + " only containers without privileges",
        "hostNetwork: true | initContainers: [{name: a, image: b}] | no init containers",
      })
  void deployment_morePrivileges_isRejected(String right, String wrong, String why) {
    var yaml =
        wrong.equals("{}")
            ? DEPLOYMENT.replace(right + "\n", "\n")
            : DEPLOYMENT.replace(right, wrong);
    assertThat(yaml).isNotEqualTo(DEPLOYMENT);
    assertThat(rejected(yaml)).contains(why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{apiVersion: v1, kind: Pod, metadata: {name: metrics-server, namespace: kube-system},"
            + " spec: {containers: [{name: a, image: b}]}} | none of this kind",
        "{apiVersion: v1, kind: Secret, metadata: {name: metrics-server, namespace: kube-system}} |"
            + " named metrics-server-serving-cert or metrics-server-serving-ca",
        "{apiVersion: v1, kind: Secret, type: Opaque, metadata: {name: metrics-server-serving-cert,"
            + " namespace: kube-system}} | of type kubernetes.io/tls only",
        "{apiVersion: v1, kind: Service, metadata: {name: metrics-server, namespace: kube-system},"
            + " spec: {externalIPs: [1.1.1.1], ports: [{port: 443}]}} | without external addresses",
        "{apiVersion: v1, kind: Service, metadata: {name: metrics-server, namespace: kube-system},"
            + " spec: {type: NodePort, ports: [{port: 443}]}} | of type ClusterIP",
        "{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: v1.apps}, spec:"
            + " {group: apps, version: v1, groupPriorityMinimum: 1, versionPriority: 1}} |"
            + " named v1beta1.metrics.k8s.io",
        "{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name:"
            + " v1beta1.metrics.k8s.io}, spec: {group: metrics.k8s.io, version: v1beta1, service:"
            + " {name: other, namespace: default}, insecureSkipTLSVerify: true,"
            + " groupPriorityMinimum: 1, versionPriority: 1}} | for the Service metrics-server"
            + " only",
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name:"
            + " mine}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name:"
            + " cluster-admin}} | named system:metrics-server or"
            + " metrics-server:system:auth-delegator or metrics-server-metrics-reader",
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name:"
            + " metrics-server-metrics-reader}, roleRef: {apiGroup: rbac.authorization.k8s.io,"
            + " kind: ClusterRole, name: cluster-admin}, subjects: [{kind: ServiceAccount, name:"
            + " prometheus, namespace: monitoring}]} | only"
            + " ClusterRole/metrics-server-operator-metrics-reader by"
            + " metrics-server-metrics-reader, not ClusterRole/cluster-admin",
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name:"
            + " metrics-server-metrics-reader}, roleRef: {apiGroup: rbac.authorization.k8s.io,"
            + " kind: ClusterRole, name: metrics-server-operator-metrics-reader}, subjects:"
            + " [{apiGroup: rbac.authorization.k8s.io, kind: Group, name:"
            + " 'system:unauthenticated'}]} | to ServiceAccounts that of reading /metrics",
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name:"
            + " 'system:metrics-server'}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind:"
            + " ClusterRole, name: cluster-admin}, subjects: [{kind: ServiceAccount, name:"
            + " metrics-server, namespace: kube-system}]} |"
            + " only ClusterRole/system:metrics-server by system:metrics-server, not"
            + " ClusterRole/cluster-admin",
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name:"
            + " 'system:metrics-server'}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind:"
            + " ClusterRole, name: 'system:metrics-server'}, subjects: [{kind: ServiceAccount,"
            + " name: default, namespace: kube-system}]} | to the ServiceAccount metrics-server"
            + " only",
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name:"
            + " metrics-server-netpol, namespace: kube-system}, spec: {podSelector: {}}} |"
            + " for the pods k8s-app=metrics-server only",
        "{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name:"
            + " metrics-server, namespace: kube-system}, spec: {selector: {matchLabels: {app:"
            + " other}}, endpoints: []}} | since Prometheus shows its token there",
        "{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name:"
            + " metrics-server, namespace: kube-system}, spec: {selector: {matchLabels: {k8s-app:"
            + " metrics-server}}, namespaceSelector: {any: true}, endpoints: []}} | of their"
            + " namespace only",
        "{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name:"
            + " metrics-server-serving, namespace: kube-system}, spec: {secretName: other,"
            + " dnsNames: [a], issuerRef: {name: a}}} | into the Secrets"
            + " metrics-server-serving-issued",
        "{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name:"
            + " metrics-server-serving, namespace: kube-system}, spec: {secretName:"
            + " metrics-server-serving-issued, isCA: true, dnsNames: [a], issuerRef: {name: a}}} |"
            + " of a CA into the latter",
        "{apiVersion: cert-manager.io/v1, kind: Issuer, metadata: {name: metrics-server-serving,"
            + " namespace: kube-system}, spec: {ca: {secretName: other}}} | or by the Secret"
            + " metrics-server-serving-issuer only",
        "{apiVersion: cert-manager.io/v1, kind: Issuer, metadata: {name: other, namespace:"
            + " kube-system}, spec: {selfSigned: {}}} | named metrics-server-serving-selfsigned or"
            + " metrics-server-serving",
        "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: metrics-server,"
            + " namespace: kube-system}, spec: {maxUnavailable: 0, selector: {matchLabels:"
            + " {k8s-app: kube-dns}}}} | for the pods k8s-app=metrics-server only",
      })
  void otherObject_created_isRejected(String yaml, String why) {
    assertThat(rejected(yaml)).contains(why);
  }

  @Test
  void objectOfAnotherOwner_changedOrDeleted_isRejected() {
    var account =
        cluster
            .admin()
            .serviceAccounts()
            .inNamespace("metrics-server-operator")
            .withName("metrics-server-operator")
            .get();
    var asOperator = operator.resource(account);
    assertRejected(
        () -> asOperator.delete(), "may not DELETE serviceaccounts metrics-server-operator");
    assertRejected(
        () ->
            asOperator.patch(
                PatchContext.of(PatchType.JSON_MERGE), "{\"automountServiceAccountToken\":false}"),
        "may not UPDATE serviceaccounts metrics-server-operator");
    assertRejected(
        () -> operator.nodes().withName("node-1").delete(), "may not DELETE nodes node-1");
  }

  /** Values of another owner may stay, and no change may leave them so. */
  @Test
  void deploymentOfAnotherOwner_update_mayChangeOnlyManagers() {
    var theirs =
        cluster
            .admin()
            .resource(object(DEPLOYMENT.replace("emptyDir: {}", "hostPath: {path: /}")))
            .create();
    var asOperator = operator.resource(theirs);
    var taken =
        asOperator.patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"managedFields\":[{\"manager\":\"metrics-server-operator\","
                + "\"operation\":\"Apply\",\"apiVersion\":\"apps/v1\",\"fieldsType\":\"FieldsV1\","
                + "\"fieldsV1\":{\"f:spec\":{\"f:replicas\":{}}}}]}}");
    assertThat(taken.getMetadata().getManagedFields()).hasSize(1);
    assertRejected(
        () ->
            asOperator.patch(
                new PatchContext.Builder()
                    .withPatchType(PatchType.JSON_MERGE)
                    .withDryRun(List.of("All"))
                    .build(),
                "{\"spec\":{\"replicas\":2}}"),
        "no host path");
    cluster.admin().resource(theirs).delete();
  }

  /** The objects of a MetricsServerConfig with a namespace of its own, and the events about it. */
  @Test
  void objectsOfOperator_written_areAdmitted() throws Exception {
    cluster
        .admin()
        .resource(
            new NamespaceBuilder()
                .withMetadata(new ObjectMetaBuilder().withName("metrics").build())
                .build())
        .create();
    cluster.applyConfig(
        "{namespace: metrics, kubelet: {tls: {mode: Insecure}}, audit: {profile: Metadata},"
            + " monitoring: {prometheus: {namespace: monitoring, serviceAccountName:"
            + " prometheus}}}");
    try (var process = new OperatorUnderTest(cluster.operatorKubeconfig(), "operator-admission")) {
      cluster.eventually(
          "the operator has verified all objects",
          () -> assertThat(process.log()).contains("Verified all objects"));
      assertThat(cluster.audit().operatorRequests())
          .filteredOn(r -> r.code() == 403 && !r.uri().contains("dryRun"))
          .filteredOn(r -> !r.verb().equals("delete") && !r.resource().equals("serviceaccounts"))
          .isEmpty();
    }
  }

  /** Asserts that the operator may not create it; returns why. */
  private static String rejected(String yaml) {
    return assertRejected(() -> operator.resource(object(yaml)).dryRun(true).create(), "");
  }

  private static String assertRejected(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable request, String why) {
    var error = catchThrowableOfType(KubernetesClientException.class, request);
    assertThat(error)
        .hasMessageContaining("ValidatingAdmissionPolicy 'metrics-server-operator'")
        .hasMessageContaining(why);
    assertThat(error.getCode()).isEqualTo(403);
    return error.getMessage();
  }

  private static HasMetadata object(String yaml) {
    // What starts with a brace would be taken for JSON.
    return operator.getKubernetesSerialization().unmarshal("---\n" + yaml);
  }
}
