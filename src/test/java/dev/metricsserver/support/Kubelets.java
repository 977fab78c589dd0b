package dev.metricsserver.support;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.approval.Draft;
import dev.metricsserver.model.CertificateRequests;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.concurrent.CompletableFuture;

/** Asks for serving certificates as kubelets do: as users of their own. */
public final class Kubelets {

  private final KubernetesClient admin;

  /** Gives nodes the rights that the node authorizer would give them. */
  public Kubelets(KubernetesClient admin) {
    this.admin = admin;
    admin
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName("nodes")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "system:node")
                .addNewSubject("rbac.authorization.k8s.io", "Group", "system:nodes", null)
                .build())
        .serverSideApply();
  }

  public void ask(String name, String node, Draft draft) {
    send(node, body(name, draft)).join();
  }

  public String body(String name, Draft draft) {
    return admin
        .getKubernetesSerialization()
        .asJson(
            new CertificateSigningRequestBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withSignerName(CertificateRequests.SIGNER)
                .withUsages("digital signature", "server auth")
                .withRequest(draft.request())
                .endSpec()
                .build());
  }

  /** Creates a request, on the connection that the administrator has anyway. */
  public CompletableFuture<Void> send(String node, String body) {
    var http = admin.getHttpClient();
    return http.sendAsync(
            http.newHttpRequestBuilder()
                .uri(
                    admin.getMasterUrl() + "apis/certificates.k8s.io/v1/certificatesigningrequests")
                .header("Impersonate-User", "system:node:" + node)
                .header("Impersonate-Group", "system:nodes")
                .header("Impersonate-Group", "system:authenticated")
                .post("application/json", body)
                .build(),
            String.class)
        .thenAccept(response -> assertThat(response.code()).as(response.body()).isEqualTo(201));
  }

  public CertificateSigningRequest get(String name) {
    return admin.certificates().v1().certificateSigningRequests().withName(name).get();
  }

  public boolean isApproved(String name) {
    var status = get(name).getStatus();
    return status != null
        && status.getConditions().stream().anyMatch(c -> c.getType().equals("Approved"));
  }
}
