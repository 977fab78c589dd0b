package dev.metricsserver.cli.doctor;

import dev.metricsserver.cli.common.ExitStatus;
import dev.metricsserver.cli.common.Resources;
import dev.metricsserver.cli.doctor.Examination.Certificate;
import dev.metricsserver.cli.doctor.Examination.Mark;
import dev.metricsserver.cli.doctor.Examination.NodeMark;
import dev.metricsserver.cli.doctor.Route.Stop;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.plan.KubeletPlanner;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The output of {@code doctor} as an HTML page that loads nothing: no script, no address. Pure. */
final class DoctorPage {

  private static final String STYLE =
      """
      :root { color-scheme: light dark; --good: #2e7d32; --bad: #c62828; --weak: #b26a00; --none: #78909c }
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
      .path, .map { display: flex; flex-wrap: wrap; gap: .5rem }
      .stop, .finding { border: 1px solid; border-left: .4rem solid; border-radius: .3rem; padding: .4rem .8rem }
      .stop { flex: 1 1 9rem; overflow-wrap: anywhere } .stop + .stop b::before { content: "→ "; color: var(--none) }
      .here { border-width: 2px; border-left-width: .4rem } .here em { color: var(--bad); font-weight: bold }
      .finding { margin: .8rem 0; overflow-wrap: anywhere }
      .map { gap: .2rem } .map span, .key { width: 1rem; height: 1rem; border-radius: .2rem }
      .key { display: inline-block; vertical-align: -.15rem; margin: 0 .3rem 0 1rem } .key:first-child { margin-left: 0 }
      .Passing, .Reporting { border-color: var(--good) } .Broken, .Error, .Missing { border-color: var(--bad) }
      .Unknown, .Warning, .NotReady { border-color: var(--weak) } .Info, .NotExpected { border-color: var(--none) }
      span.Reporting { background: var(--good) } span.Missing { background: var(--bad) }
      span.NotReady { background: var(--weak) } span.NotExpected { background: var(--none) } .soon { color: var(--bad) }
      pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0 0 } td, th { text-align: left; padding-right: 1.5rem }
      """;

  /** A certificate is marked when it expires within this time. */
  private static final Duration SOON = Duration.ofDays(14);

  private final Examination examination;
  private final Instant now;

  /**
   * A page of an examination.
   *
   * @param now when it was made
   */
  DoctorPage(Examination examination, Instant now) {
    this.examination = examination;
    this.now = now;
  }

  /** The page. */
  String html() {
    return """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width">
    <title>metrics-server: %s</title>
    <style>
    %s</style>
    </head>
    <body>
    <h1>metrics-server: %s</h1>
    <p>%s</p>
    <h2>From the kubelets to your query</h2>
    <div class="path">
    %s</div>
    <h2>Findings</h2>
    %s
    <h2>Nodes</h2>
    %s
    <h2>Certificates</h2>
    %s
    <p><small>Diagnosed at %s by metrics-server-operator %s.</small></p>
    </body>
    </html>
    """
        .formatted(
            verdict(),
            STYLE,
            verdict(),
            escaped(examination.about()),
            examination.route().stops().stream().map(this::stop).collect(Collectors.joining()),
            findings(),
            nodes(),
            certificates(),
            now,
            Resources.version());
  }

  private String verdict() {
    return switch (examination.status()) {
      case ExitStatus.OK -> "all is well";
      case ExitStatus.ATTENTION ->
          examination.route().whole() ? "works, with warnings" : "does not work";
      default -> "unknown";
    };
  }

  private String stop(Stop stop) {
    var here = examination.route().broken().filter(stop::equals).isPresent();
    return """
    <div class="stop %s"><b>%s %s</b>%s<br>%s</div>
    """
        .formatted(
            here ? stop.state() + " here" : stop.state(),
            stop.state().sign(),
            escaped(stop.name()),
            here ? "<br><em>it breaks here</em>" : "",
            escaped(stop.detail()));
  }

  private String findings() {
    return examination.findings().isEmpty()
        ? "<p>None.</p>"
        : examination.findings().stream().map(DoctorPage::finding).collect(Collectors.joining());
  }

  private static String finding(Finding finding) {
    return """
    <div class="finding %s"><b>%1$s %s</b>, %s<br>%s<pre>→ %s</pre></div>
    """
        .formatted(
            finding.severity(),
            finding.code(),
            escaped(finding.object().toString()),
            escaped(finding.message()),
            escaped(finding.remedyText()));
  }

  private String nodes() {
    return "<p>%s</p>\n<div class=\"map\">\n%s</div>%s"
        .formatted(
            Arrays.stream(Mark.values()).map(this::key).collect(Collectors.joining("\n")),
            examination.nodes().stream().map(DoctorPage::node).collect(Collectors.joining()),
            without());
  }

  private String key(Mark mark) {
    return "<span class=\"key %s\"></span>%d %s"
        .formatted(
            mark,
            examination.nodes().stream().filter(n -> n.mark() == mark).count(),
            inWords(mark));
  }

  private String without() {
    var names =
        examination.nodes().stream()
            .filter(n -> n.mark() == Mark.Missing)
            .map(NodeMark::name)
            .toList();
    return names.isEmpty()
        ? ""
        : "\n<p>Without metrics: %s</p>".formatted(escaped(KubeletPlanner.firstNames(names)));
  }

  private static String node(NodeMark node) {
    var title = escaped(node.name() + ": " + inWords(node.mark()));
    return "<span class=\"%s\" role=\"img\" title=\"%s\" aria-label=\"%2$s\"></span>\n"
        .formatted(node.mark(), title);
  }

  private static String inWords(Mark mark) {
    return switch (mark) {
      case Reporting -> "with metrics";
      case Missing -> "without";
      case NotReady -> "not ready";
      case NotExpected -> "not expected to have metrics";
    };
  }

  private String certificates() {
    return examination.certificates().isEmpty()
        ? "<p>None can be read from here.</p>"
        : "<table>\n<tr><th>of</th><th>valid until</th><th>remains</th></tr>\n%s</table>"
            .formatted(
                examination.certificates().stream()
                    .map(this::certificate)
                    .collect(Collectors.joining()));
  }

  private String certificate(Certificate certificate) {
    var remains = Duration.between(now, certificate.notAfter());
    return "<tr><td>%s</td><td>%s</td><td%s>%s</td></tr>\n"
        .formatted(
            escaped(certificate.of()),
            certificate.notAfter(),
            remains.compareTo(SOON) < 0 ? " class=\"soon\"" : "",
            remains.isNegative()
                ? "expired"
                : remains.toDays() > 1 ? remains.toDays() + " days" : remains.toHours() + " hours");
  }

  /** Escapes everything that HTML gives a meaning. */
  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
