package dev.metricsserver.plan;

import dev.metricsserver.api.AuditSpec.Profile;
import dev.metricsserver.plan.PodPlan.Mount;
import java.util.List;

/** Decides how metrics-server logs requests. */
public final class AuditPlanner {

  /** The ConfigMap with the audit policy. */
  public static final String CONFIG_MAP = "metrics-server-audit";

  /** The key of the policy in it, which is also the name of the file. */
  public static final String KEY = "policy.yaml";

  private static final String PATH = "/etc/metrics-server/audit";

  private AuditPlanner() {}

  /** metrics-server's flags for a profile. */
  static List<String> args(Profile profile) {
    return profile == Profile.None
        ? List.of()
        : List.of("--audit-policy-file=" + PATH + "/" + KEY, "--audit-log-path=-");
  }

  /** The files that the flags name. */
  static List<Mount> mounts(Profile profile) {
    return profile == Profile.None
        ? List.of()
        : List.of(new Mount("audit-policy", false, CONFIG_MAP, List.of(KEY), PATH));
  }
}
