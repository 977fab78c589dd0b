package dev.metricsserver.cli.doctor;

import dev.metricsserver.cli.common.Colours;
import dev.metricsserver.cli.common.ExitStatus;
import dev.metricsserver.cli.doctor.Route.State;
import dev.metricsserver.cli.doctor.Route.Stop;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.Remedy;
import dev.metricsserver.diagnosis.RemedyRenderer;
import dev.metricsserver.model.Observations.Coverage;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Help.Ansi.Style;

/** The output of {@code doctor} as text, Markdown and data. Pure. */
final class DoctorText {

  private static final String HERE = "↑ it breaks here";

  private final Examination examination;

  DoctorText(Examination examination) {
    this.examination = examination;
  }

  /** Text for a terminal. */
  List<String> text(Colours colours) {
    var lines = new ArrayList<String>();
    lines.add(examination.about());
    lines.add("");
    lines.addAll(drawing(colours));
    lines.add("");
    for (var stop : stops()) {
      lines.add("%s %-11s %s".formatted(sign(stop.state(), colours), stop.name(), stop.detail()));
    }
    lines.add("");
    lines.add(conclusion());
    var number = 0;
    for (var finding : examination.findings()) {
      number++;
      lines.add("");
      lines.add(
          "%d. %s %s, %s"
              .formatted(
                  number, colours.severity(finding.severity()), finding.code(), finding.object()));
      lines.add("   " + finding.message());
      lines.addAll(remedy(finding.remedy()));
      if (fixable(finding.remedy())) {
        lines.add("     --fix %s shows these changes and asks".formatted(finding.code()));
      }
    }
    return lines;
  }

  /** Markdown for an issue or ticket. */
  List<String> markdown() {
    var lines = new ArrayList<String>();
    lines.add("### " + escaped(examination.about()));
    lines.add("");
    lines.add("```");
    lines.addAll(drawing(Colours.NONE));
    lines.add("```");
    lines.add("");
    lines.add("| | | |");
    lines.add("|---|---|---|");
    for (var stop : stops()) {
      lines.add(
          "| %s | %s | %s |".formatted(stop.state().sign(), stop.name(), escaped(stop.detail())));
    }
    lines.add("");
    lines.add(conclusion());
    if (!examination.findings().isEmpty()) {
      lines.add("");
    }
    for (var finding : examination.findings()) {
      lines.add(
          "1. **%s %s**, %s: %s  "
              .formatted(
                  finding.severity(),
                  finding.code(),
                  escaped(finding.object().toString()),
                  escaped(finding.message())));
      lines.add("   → " + escaped(finding.remedyText()));
    }
    return lines;
  }

  /** Data for a program, the same in JSON and YAML. */
  Map<String, Object> fields() {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("cluster", examination.cluster());
    fields.put("healthy", examination.status() == ExitStatus.OK);
    examination
        .installation()
        .ifPresent(i ->
            fields.put(
                "installation",
                fields(
                    "deployment",
                    i.deployment(),
                    "image",
                    i.details().image(),
                    "keeper",
                    i.keeper())));
    fields.put(
        "path",
        stops().stream()
            .map(s -> fields("name", s.name(), "state", s.state().name(), "detail", s.detail()))
            .toList());
    fields.put("nodes", fields(examination.coverage()));
    fields.put(
        "certificates",
        examination.certificates().stream()
            .map(c -> fields("of", c.of(), "notAfter", c.notAfter().toString()))
            .toList());
    fields.put("findings", examination.findings().stream().map(DoctorText::fields).toList());
    return fields;
  }

  private static Map<String, Object> fields(Coverage coverage) {
    return fields(
        "total", coverage.total(),
        "expected", coverage.expected(),
        "reporting", coverage.reporting(),
        "missing", coverage.missing(),
        "notReady", coverage.notReady());
  }

  private static Map<String, Object> fields(Finding finding) {
    return fields(
        "code", finding.code().name(),
        "severity", finding.severity().name(),
        "message", finding.message(),
        "remedy", finding.remedyText(),
        "steps", steps(finding.remedy()),
        "object", finding.object().toString(),
        "url", finding.code().url());
  }

  /** One step a line; an alternative begins with "or". */
  private static List<String> remedy(Remedy remedy) {
    var lines = new ArrayList<String>();
    var way = 0;
    for (var step : RemedyRenderer.steps(remedy)) {
      var or = step.alternative() != way ? "or " : "";
      way = step.alternative();
      lines.add("   → " + or + step.text());
    }
    return lines;
  }

  /** Whether {@code --fix} makes changes, or writes a patch for nodes. */
  static boolean fixable(Remedy remedy) {
    return !remedy.executable().isEmpty() || remedy.nodeConfiguration().isPresent();
  }

  private static List<Map<String, Object>> steps(Remedy remedy) {
    return RemedyRenderer.steps(remedy).stream()
        .map(step -> {
          var fields = fields("action", step.action(), "text", step.text());
          Map.of(
                  "command", step.command(),
                  "field", step.field(),
                  "value", step.value(),
                  "object", step.object())
              .entrySet()
              .stream()
              .sorted(Map.Entry.comparingByKey())
              .filter(e -> !e.getValue().isEmpty())
              .forEach(e -> fields.put(e.getKey(), e.getValue()));
          if (step.alternative() > 0) {
            fields.put("alternative", step.alternative());
          }
          return fields;
        })
        .toList();
  }

  private static Map<String, Object> fields(Object... namesAndValues) {
    var fields = new LinkedHashMap<String, Object>();
    for (var i = 0; i < namesAndValues.length; i += 2) {
      fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return fields;
  }

  private List<Stop> stops() {
    return examination.route().stops();
  }

  /** The path in one line, and a mark below it. */
  private List<String> drawing(Colours colours) {
    var line = new StringBuilder();
    var plain = 0;
    var mark = -1;
    var broken = examination.route().broken();
    for (var stop : stops()) {
      if (!line.isEmpty()) {
        line.append(" → ");
        plain += 3;
      }
      if (broken.filter(stop::equals).isPresent()) {
        mark = plain + stop.name().length() + 1;
      }
      line.append(stop.name()).append(' ').append(sign(stop.state(), colours));
      plain += stop.name().length() + 2;
    }
    return mark < 0 ? List.of(line.toString()) : List.of(line.toString(), " ".repeat(mark) + HERE);
  }

  private String conclusion() {
    var findings = examination.findings();
    if (findings.isEmpty()) {
      return examination.route().whole()
          ? "All is well."
          : "Something is wrong, and the reason cannot be determined from here.";
    }
    var counts =
        findings.stream()
            .collect(
                Collectors.groupingBy(
                    Finding::severity, () -> new EnumMap<>(Severity.class), Collectors.counting()));
    return counts.entrySet().stream()
            .map(e -> counted(e.getKey(), e.getValue()))
            .collect(Collectors.joining(", "))
        + (findings.size() == 1 ? ":" : ", the most important first:");
  }

  private static String counted(Severity severity, long count) {
    var noun =
        switch (severity) {
          case Error -> "error";
          case Warning -> "warning";
          case Info -> "remark";
        };
    return "%d %s%s".formatted(count, noun, count == 1 ? "" : "s");
  }

  /** Escapes everything that Markdown or HTML gives a meaning, and what would become a link. */
  private static String escaped(String text) {
    return text.replaceAll("[\\\\`*_{}\\[\\]<>|#~&!]|:(?=//)|(?i)(?<=www)[.]", "\\\\$0");
  }

  private static String sign(State state, Colours colours) {
    return colours.in(
        switch (state) {
          case Passing -> Style.fg_green;
          case Broken -> Style.fg_red;
          case Unknown -> Style.fg_yellow;
        },
        state.sign());
  }
}
