package dev.metricsserver.cli.plan;

import dev.metricsserver.cli.cluster.Change;
import dev.metricsserver.cli.cluster.Change.Kind;
import dev.metricsserver.diagnosis.Explanation.Line;
import dev.metricsserver.model.DiagnosticData.Unread;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What {@code plan} prints. Pure. */
final class PlanText {

  private PlanText() {}

  /**
   * All of it, line by line.
   *
   * @param validation how the file was validated; empty where there is no file
   * @param unread what could not be read, and was taken as not there
   */
  static List<String> lines(
      Optional<String> validation,
      List<Line> decisions,
      List<Change> changes,
      List<Unread> unread) {
    var lines = new ArrayList<String>();
    validation.ifPresent(how -> lines.addAll(List.of("Validation: " + how, "")));
    lines.add("Decisions:");
    decisions.forEach(
        d -> lines.add("  %s: %s; %s".formatted(d.subject(), d.choice(), d.reason())));
    lines.add("");
    lines.add("Objects:");
    changes.stream()
        .filter(change -> change.kind() != Kind.Unchanged)
        .forEach(change -> lines.add("  " + object(change)));
    var unchanged = changes.stream().filter(change -> change.kind() == Kind.Unchanged).count();
    if (unchanged > 0) {
      lines.add(
          "  %s %d %s"
              .formatted(
                  Kind.Unchanged.sign(),
                  unchanged,
                  unchanged == 1 ? "stays as it is" : "stay as they are"));
    }
    if (!unread.isEmpty()) {
      lines.add("");
      lines.add("Not read, and taken as not there:");
      unread.forEach(u -> lines.add("  ! %s: %s".formatted(u.what(), u.message())));
    }
    changes.stream()
        .filter(change -> !change.difference().isEmpty())
        .forEach(change -> {
          lines.add("");
          lines.addAll(change.difference());
        });
    return lines;
  }

  private static String object(Change change) {
    return "%s %s%s"
        .formatted(
            change.kind().sign(),
            change.object(),
            change.remark().isEmpty() ? "" : ": " + change.remark());
  }
}
