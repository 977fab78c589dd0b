package dev.metricsserver.documentation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The recorded output of a terminal as an SVG image that loads nothing and needs no font. */
final class TerminalPicture {

  /** Characters in a line; longer lines continue below. */
  private static final int COLUMNS = 108;

  private static final int FONT_SIZE = 14;
  private static final double COLUMN_WIDTH = 8.4;
  private static final int LINE_HEIGHT = 20;
  private static final int MARGIN = 20;
  private static final int TITLE_BAR = 36;

  /** Select Graphic Rendition, the one kind of escape sequence that commands write in a pipe. */
  private static final Pattern STYLE = Pattern.compile("\u001b\\[([0-9;]*)m");

  private static final Pattern INDENTATION = Pattern.compile("^ *(→ |[✓✗?] [\\w ]{12})?");
  private static final Pattern WORDS = Pattern.compile("\\S+( \\S+)*");

  /** The colours of a terminal with a dark background, with a contrast of at least 4.5 to 1. */
  private static final Map<String, String> COLOURS =
      Map.of("31", "#ff7b72", "32", "#56d364", "33", "#e3b341", "36", "#56d4dd");

  private static final String PLAIN = "#e6edf3";

  /** Text of one style, from this column on. */
  private record Run(int column, String text, String colour, boolean bold) {}

  private final List<List<Run>> lines = new ArrayList<>();
  private String colour = PLAIN;
  private boolean bold;

  /** Returns the image. */
  static String svg(String recording, String description) {
    var picture = new TerminalPicture();
    recording.lines().forEach(picture::add);
    return picture.drawn(description);
  }

  /** Returns the recording without styles. */
  static String plain(String recording) {
    return STYLE.matcher(recording).replaceAll("");
  }

  private void add(String line) {
    var runs = new ArrayList<Run>();
    var column = 0;
    var from = 0;
    var styles = STYLE.matcher(line);
    while (styles.find()) {
      column = added(runs, column, line.substring(from, styles.start()));
      style(styles.group(1));
      from = styles.end();
    }
    added(runs, column, line.substring(from));
    wrap(runs, plain(line));
  }

  private int added(List<Run> runs, int column, String text) {
    if (!text.isEmpty()) {
      runs.add(new Run(column, text, colour, bold));
    }
    return column + text.length();
  }

  private void style(String codes) {
    for (var code : codes.split(";", -1)) {
      switch (code) {
        case "0", "" -> {
          colour = PLAIN;
          bold = false;
        }
        case "1" -> bold = true;
        case "21", "22" -> bold = false;
        case "39" -> colour = PLAIN;
        default -> colour = COLOURS.getOrDefault(code, colour);
      }
    }
  }

  /** Breaks a long line at spaces; what follows is indented like its begin. */
  private void wrap(List<Run> runs, String text) {
    var indentation = INDENTATION.matcher(text).results().findFirst().orElseThrow().end();
    var from = 0;
    var indent = 0;
    while (text.length() - from > COLUMNS - indent) {
      var space = text.lastIndexOf(' ', from + COLUMNS - indent);
      var end = space > from + indentation ? space : from + COLUMNS - indent;
      lines.add(part(runs, from, end, indent));
      from = end == space ? end + 1 : end;
      indent = indentation;
    }
    lines.add(part(runs, from, text.length(), indent));
  }

  private static List<Run> part(List<Run> runs, int from, int end, int indent) {
    var part = new ArrayList<Run>();
    for (var run : runs) {
      var begin = Math.max(from, run.column());
      var stop = Math.min(end, run.column() + run.text().length());
      if (begin < stop) {
        part.add(
            new Run(
                begin - from + indent,
                run.text().substring(begin - run.column(), stop - run.column()),
                run.colour(),
                run.bold()));
      }
    }
    return part;
  }

  private String drawn(String description) {
    var width = Math.round(COLUMNS * COLUMN_WIDTH) + 2 * MARGIN;
    var height = TITLE_BAR + lines.size() * LINE_HEIGHT + MARGIN;
    var svg =
        new StringBuilder(
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">
            <title>%s</title>
            <rect width="%d" height="%d" rx="10" fill="#0d1117"/>
            <g fill="#6e7681"><circle cx="22" cy="19" r="6"/><circle cx="42" cy="19" r="6"/><circle cx="62" cy="19" r="6"/></g>
            <g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="%d">
            """
                .formatted(
                    width,
                    height,
                    width,
                    height,
                    escaped(description),
                    escaped(description),
                    width,
                    height,
                    FONT_SIZE));
    var y = TITLE_BAR + LINE_HEIGHT - 4;
    for (var line : lines) {
      for (var run : line) {
        svg.append(drawn(run, y));
      }
      y += LINE_HEIGHT;
    }
    return svg.append("</g>\n</svg>\n").toString();
  }

  /** Words between which there are two spaces or more; viewers draw these as one. */
  private static String drawn(Run run, int y) {
    return WORDS
        .matcher(run.text())
        .results()
        .map(words -> drawn(words.group(), run.column() + words.start(), y, run))
        .collect(Collectors.joining());
  }

  /** The length of the text is fixed, so that columns are below each other in any font. */
  private static String drawn(String words, int column, int y, Run run) {
    return "<text x=\"%s\" y=\"%d\" textLength=\"%s\" lengthAdjust=\"spacingAndGlyphs\" fill=\"%s\"%s>%s</text>\n"
        .formatted(
            number(MARGIN + column * COLUMN_WIDTH),
            y,
            number(words.length() * COLUMN_WIDTH),
            run.colour(),
            run.bold() ? " font-weight=\"bold\"" : "",
            escaped(words));
  }

  private static String number(double pixels) {
    return Math.round(pixels * 10) / 10.0 + "";
  }

  private static String escaped(String text) {
    return text.codePoints()
        .mapToObj(c ->
            switch (c) {
              case '&' -> "&amp;";
              case '<' -> "&lt;";
              case '>' -> "&gt;";
              case '"' -> "&quot;";
              default -> Character.toString(c);
            })
        .collect(Collectors.joining());
  }
}
