package dev.metricsserver.diagnosis;

import dev.metricsserver.model.MissingRight;

/** The commands that grant a missing right. */
public final class MissingRightText {

  private MissingRightText() {}

  /** Returns the two commands that grant this right, and nothing else. */
  public static String commands(MissingRight right) {
    var name = right.name();
    var role =
        "metrics-server-operator-%s-%s%s"
            .formatted(
                right.verb(),
                right.resource().split("[./]", 2)[0],
                name.map(n -> "-" + n).orElse(""));
    return commands(right, role);
  }

  /** Returns the two commands that grant this right by a role of this name. */
  static String commands(MissingRight right, String role) {
    return """
    kubectl create %1$s %2$s%3$s --verb=%4$s --resource=%5$s%6$s
    kubectl create %1$sbinding %2$s%3$s --%1$s=%2$s --serviceaccount=%7$s\
    """
        .formatted(
            right.namespace().isPresent() ? "role" : "clusterrole",
            role,
            right.namespace().map(n -> " -n " + n).orElse(""),
            right.verb(),
            right.resource(),
            right.name().map(n -> " --resource-name=" + n).orElse(""),
            right.account());
  }
}
