package dev.metricsserver.support;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** kube-score, which examines manifests. */
public final class Linter {

  /** Faults that are none, each with its reason. */
  private static final Map<String, String> NO_FAULTS =
      Map.of(
          "--ignore-container-cpu-limit",
          "throttling would make the operator lose its Lease",
          "--ignore-test=container-ephemeral-storage-request-and-limit",
          "nothing is written but the log, and what is in /tmp has a limit of its own",
          "--ignore-test=container-image-pull-policy",
          "a release's image never changes under its name");

  private Linter() {}

  /** Fails when it finds one, with what it says. */
  public static void findsNoFault(Path file, String... options) {
    var command = new ArrayList<>(List.of(Programs.kubeScore(), "score", "--output-format=ci"));
    command.addAll(NO_FAULTS.keySet());
    command.addAll(List.of(options));
    command.add(file.toString());
    Shell.run(command.toArray(String[]::new));
  }
}
