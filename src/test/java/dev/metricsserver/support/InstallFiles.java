package dev.metricsserver.support;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files that users install from. */
public final class InstallFiles {

  public static final Path INSTALL = Path.of("deploy/install.yaml");

  /** The rights for approving kubelets' certificates. */
  public static final Path CSR_APPROVAL = Path.of("deploy/csr-approval/rbac.yaml");

  /** What others may be given: to read the metrics. */
  public static final String METRICS_READER = "metrics-server-operator-metrics-reader";

  private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();

  private InstallFiles() {}

  /** The objects of YAML documents. */
  public static List<HasMetadata> objects(String yaml) {
    return Stream.of(yaml.split("(?m)^---$"))
        .filter(document -> document.lines().anyMatch(line -> line.matches("kind: .*")))
        .map(document -> (HasMetadata) KUBERNETES.unmarshal(document))
        .toList();
  }

  /** The objects of a file. */
  public static List<HasMetadata> objects(Path file) {
    try {
      return objects(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The operator's rules: of each namespace's Roles, and under "" of its ClusterRole. */
  public static Map<String, List<PolicyRule>> rules(Path file) {
    var rules = new TreeMap<String, List<PolicyRule>>();
    for (var object : objects(file)) {
      switch (object) {
        case ClusterRole role when isForUsers(role) -> {}
        case ClusterRole role -> rules.put("", role.getRules());
        case Role role -> rules.put(role.getMetadata().getNamespace(), role.getRules());
        default -> {}
      }
    }
    return rules;
  }

  /** Whether a role is for others than the operator: read by Prometheus, or aggregated. */
  private static boolean isForUsers(ClusterRole role) {
    return role.getMetadata().getName().equals(METRICS_READER)
        || role.getMetadata().getLabels().keySet().stream()
            .anyMatch(label -> label.startsWith("rbac.authorization.k8s.io/aggregate-to-"));
  }
}
