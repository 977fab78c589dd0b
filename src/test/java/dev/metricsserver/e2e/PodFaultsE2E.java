package dev.metricsserver.e2e;

import static dev.metricsserver.e2e.KubectlInstallation.IMAGE;
import static dev.metricsserver.support.LocalCluster.NAMESPACE;

import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.LocalCluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Faults that keep the pods of a metrics-server from running. Each is made real, is what {@code
 * doctor} finds first and its only error, and is gone when the remedy was followed as it is
 * printed.
 */
@EndToEndTest(cluster = 2)
class PodFaultsE2E {

  @RegisterExtension
  @Order(1)
  static final LocalCluster cluster = new LocalCluster();

  @RegisterExtension
  @Order(2)
  static final KubectlInstallation installation = new KubectlInstallation(cluster);

  @AfterEach
  void remove() {
    cluster.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce-");
    cluster.kubectl("-n", NAMESPACE, "delete", "resourcequota", "small", "--ignore-not-found");
  }

  /** All at once: what keeps a pod from running hides what would be wrong with it when it ran. */
  @Test
  void pods_severalFaultsAtOnce_remediesHealOneAfterTheOther() {
    cluster.kubectl(
        "label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted");
    installation.apply(
        "quota",
        """
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: small, namespace: kube-system}
        spec: {hard: {pods: "0"}}
        """);
    cluster.kubectl("-n", NAMESPACE, "delete", "rolebinding", "metrics-server-auth-reader");
    installation.patch(
        """
        [{"op": "add", "path": "/spec/template/spec/hostNetwork", "value": true},
         {"op": "add", "path": "/spec/template/spec/nodeSelector/disk", "value": "ssd"},
         {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "%s-nowhere"},
         {"op": "replace", "path": "/spec/template/spec/containers/0/args/5", "value": "--kubelet-request-timeout=10s"},
         {"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--nonsense"}]
        """
            .formatted(IMAGE));

    installation.found(
        "PodSecurityViolated", f -> installation.run(f.command("kubectl label namespace")));
    installation.found("QuotaExceeded", f -> installation.edit(f, "s/pods: \"0\"/pods: \"9\"/"));
    installation.found("PodUnschedulable", f -> installation.edit(f, "/disk: ssd/d"));
    installation.found(
        "ImageNotPulled", f -> installation.run(f.command("kubectl").replace("IMAGE", IMAGE)));
    installation.found("AuthReaderMissing", f -> installation.run(f.command("kubectl")));
    installation.found("UnknownFlag", f -> installation.run(f.command("kubectl")));
    installation.found("ResolutionRefused", f -> installation.run(f.command("kubectl")));
    installation.found("PortInUse", f -> installation.edit(f, "s/10250/4443/"));
    // Kubelets remember for minutes what a token may do, and a new pod has one of its own.
    installation.patch(
        """
        [{"op": "replace", "path": "/spec/template/spec/containers/0/resources",
          "value": {"requests": {"memory": "10Mi"}, "limits": {"memory": "10Mi"}}}]
        """);
    cluster.kubectl(
        "patch",
        "clusterrole",
        "system:metrics-server",
        "--type=json",
        "-p",
        "[{\"op\": \"remove\", \"path\": \"/rules/0\"}]");
    installation.found("MetricsServerRightsMissing", f -> installation.run(f.command("kubectl")));
    installation.found(
        "PodOutOfMemory", f -> installation.run(f.command("kubectl").replace("MORE", "200Mi")));
    installation.allIsWell();
  }
}
