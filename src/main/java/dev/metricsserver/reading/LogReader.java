package dev.metricsserver.reading;

import dev.metricsserver.model.DiagnosticData.Scrape;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads what metrics-server complains of off its log, as text or JSON, of all versions since 0.5.
 * What changes from line to line, such as times and the ports of connections, is left out. Pure.
 */
public final class LogReader {

  /** Possessive: Java's matcher recurses for each repetition that it could take back. */
  private static final String QUOTED = "\"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\"";

  /** 0.6 and later: klog's key and value pairs. */
  private static final Pattern SCRAPE_TEXT =
      Pattern.compile(
          "\"Failed to scrape node(?:, timeout to access kubelet)?\" err="
              + QUOTED
              + ".*?node="
              + "(?:\"([^\"]+)\"|(\\S+))");

  /** The same as JSON. */
  private static final Pattern SCRAPE_NODE_JSON =
      Pattern.compile(
          "\"msg\":\"Failed to scrape node[^\"]*\".*?\"node\":(?:\\{\"name\":)?\"([^\"]+)\"");

  private static final Pattern ERROR_JSON = Pattern.compile("\"err\":" + QUOTED);

  /** 0.5. */
  private static final Pattern SCRAPE_OLD =
      Pattern.compile(
          "unable to fully scrape metrics from (?:source kubelet_summary:|node )(\\S+?): (.*?)(?:,"
              + " unable to fully|]|$)");

  /** An error of something else than a scrape. */
  private static final Pattern ERROR_TEXT =
      Pattern.compile("^[EF]\\d{4} .*?] " + QUOTED + "(?: err=" + QUOTED + ")?");

  private static final Pattern ERROR_BARE = Pattern.compile("^[EF]\\d{4} .*?] ([^\"].*)");
  private static final Pattern SOURCE_PORT = Pattern.compile(":\\d+->");
  private static final Pattern QUERY = Pattern.compile("\\?[^\"\\s]*");
  private static final Pattern CURRENT_TIME = Pattern.compile("current time \\S+ is ");
  private static final int MOST = 20;

  /**
   * Characters of a line that are read: more than an error with the names of a large certificate.
   */
  private static final int LONGEST_LINE = 4_096;

  private LogReader() {}

  /** The last complaint about each node, by the node's name. */
  public static List<Scrape> scrapes(String log) {
    var errors = new TreeMap<String, String>();
    lines(log)
        .forEach(line -> {
          var text = SCRAPE_TEXT.matcher(line);
          var json = SCRAPE_NODE_JSON.matcher(line);
          var old = SCRAPE_OLD.matcher(line);
          if (text.find()) {
            errors.put(
                text.group(2) == null ? text.group(3) : text.group(2), lasting(text.group(1)));
          } else if (json.find()) {
            var error = ERROR_JSON.matcher(line);
            if (error.find()) {
              errors.put(json.group(1), lasting(error.group(1)));
            }
          } else if (old.find()) {
            errors.put(old.group(1), lasting(old.group(2)));
          }
        });
    return errors.entrySet().stream().map(e -> new Scrape(e.getKey(), e.getValue())).toList();
  }

  /** What else it complains of, each once. */
  public static List<String> errors(String log) {
    var errors = new TreeSet<String>();
    lines(log)
        .filter(line -> !line.contains("Failed to scrape node") && !line.contains("fully scrape"))
        .forEach(line -> {
          var text = ERROR_TEXT.matcher(line);
          var bare = ERROR_BARE.matcher(line);
          var json = ERROR_JSON.matcher(line);
          if (text.find()) {
            errors.add(
                lasting(text.group(1) + (text.group(2) == null ? "" : ": " + text.group(2))));
          } else if (bare.find()) {
            errors.add(lasting(bare.group(1)));
          } else if (line.startsWith("{") && json.find()) {
            errors.add(lasting(json.group(1)));
          } else if (line.startsWith("panic: ")) {
            errors.add(lasting(line.substring("panic: ".length())));
          }
        });
    return List.copyOf(new ArrayList<>(errors).subList(0, Math.min(MOST, errors.size())));
  }

  /** Without what spec.audit records, in which a caller may write what it likes. */
  private static Stream<String> lines(String log) {
    return log.lines()
        .map(line -> line.substring(0, Math.min(LONGEST_LINE, line.length())))
        .filter(line -> !line.contains("\"apiVersion\":\"audit.k8s.io/"));
  }

  /** The same without what is another time by time, such as ports of connections. */
  static String lasting(String error) {
    var plain = error.replace("\\\"", "\"").replace("\\n", " ");
    var timeless = CURRENT_TIME.matcher(plain).replaceAll("current time now is ");
    return QUERY.matcher(SOURCE_PORT.matcher(timeless).replaceAll("->")).replaceAll("").strip();
  }
}
