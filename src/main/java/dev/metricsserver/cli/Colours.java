package dev.metricsserver.cli;

import dev.metricsserver.cli.Route.State;
import dev.metricsserver.diagnosis.Finding.Severity;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.Style;

/** Colours for a terminal; none for a pipe. */
record Colours(Ansi ansi) {

  static final Colours NONE = new Colours(Ansi.OFF);

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

  /** The sign of a part of the way. */
  String state(State state) {
    return in(
        switch (state) {
          case Passing -> Style.fg_green;
          case Broken -> Style.fg_red;
          case Unknown -> Style.fg_yellow;
        },
        state.sign());
  }

  /** How bad a finding is. */
  String severity(Severity severity) {
    return in(
        switch (severity) {
          case Error -> Style.fg_red;
          case Warning -> Style.fg_yellow;
          case Info -> Style.fg_cyan;
        },
        severity.name());
  }

  private String in(Style style, String text) {
    return ansi.enabled() ? style.on() + text + style.off() : text;
  }
}
