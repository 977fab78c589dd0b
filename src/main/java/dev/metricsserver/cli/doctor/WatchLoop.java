package dev.metricsserver.cli.doctor;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.Collectors;

/** What is printed of something that is looked at again and again: whatever is new. */
final class WatchLoop {

  /** Clears a terminal and goes to its first line. */
  private static final String CLEARED = "\u001b[H\u001b[2J";

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

  private final boolean terminal;
  private String before = "";

  /**
   * Nothing was looked at yet.
   *
   * @param terminal whether what is printed may replace what was there
   */
  WatchLoop(boolean terminal) {
    this.terminal = terminal;
  }

  /** What to print: all of it on a terminal and the first time, else lines that came and went. */
  String next(String said) {
    var old = before;
    before = said;
    if (said.equals(old)) {
      return "";
    }
    if (terminal) {
      return CLEARED + said;
    }
    return old.isEmpty() ? said : changes(old.lines().toList(), said.lines().toList());
  }

  /** The time of day here. */
  static String time() {
    return TIME.format(LocalTime.now(ZoneId.systemDefault()));
  }

  private static String changes(List<String> old, List<String> said) {
    return UnifiedDiffUtils.generateUnifiedDiff("", "", old, DiffUtils.diff(old, said), 0).stream()
        .filter(line -> !line.matches("(---|\\+\\+\\+|@@).*"))
        .collect(Collectors.joining("\n", "\n" + time() + "\n", "\n"));
  }
}
