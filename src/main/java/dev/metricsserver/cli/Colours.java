package dev.metricsserver.cli;

import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.IStyle;
import picocli.CommandLine.Help.Ansi.Style;

/** Colours for a terminal; none for a pipe. */
record Colours(Ansi ansi) {

  /** A line of a difference: what comes green, what goes red. */
  String difference(String line) {
    if (line.startsWith("+") || line.startsWith("  + ")) {
      return in(Style.fg_green, line);
    }
    if (line.startsWith("-") || line.startsWith("  - ")) {
      return in(Style.fg_red, line);
    }
    return line.startsWith("@@") ? in(Style.fg_cyan, line) : line;
  }

  private String in(IStyle style, String text) {
    return ansi.enabled() ? style.on() + text + style.off() : text;
  }
}
