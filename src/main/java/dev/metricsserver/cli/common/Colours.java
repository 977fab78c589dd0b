package dev.metricsserver.cli.common;

import dev.metricsserver.diagnosis.Finding.Severity;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.Style;

/** Colours for a terminal; none for a pipe. */
public record Colours(Ansi ansi) {

  /** Without colours. */
  public static final Colours NONE = new Colours(Ansi.OFF);

  /** A line of a difference: what comes green, what goes red. */
  public String difference(String line) {
    if (line.startsWith("+") || line.startsWith("  + ")) {
      return in(Style.fg_green, line);
    }
    if (line.startsWith("-") || line.startsWith("  - ")) {
      return in(Style.fg_red, line);
    }
    return line.startsWith("@@") ? in(Style.fg_cyan, line) : line;
  }

  /** How bad a finding is. */
  public String severity(Severity severity) {
    return in(
        switch (severity) {
          case Error -> Style.fg_red;
          case Warning -> Style.fg_yellow;
          case Info -> Style.fg_cyan;
        },
        severity.name());
  }

  /** Returns the text in a style. */
  public String in(Style style, String text) {
    return ansi.enabled() ? style.on() + text + style.off() : text;
  }
}
