import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Man pages of the commands. picocli generates them in the AsciiDoc of Asciidoctor, of which it
 * uses few elements; this turns them into roff.
 */
final class ManPages {

  private ManPages() {}

  /**
   * Writes a page for each file with AsciiDoc.
   *
   * @return the names of the pages
   */
  static List<String> write(Path asciidoc, Path pages) throws IOException {
    Files.createDirectories(pages);
    var names = new ArrayList<String>();
    try (var files = Files.list(asciidoc)) {
      for (var file : files.sorted().toList()) {
        var name = file.getFileName().toString().replace(".adoc", ".1");
        var page = page(Files.readAllLines(file));
        if (page.matches("(?s).*(xref:|pass:|&#).*")) {
          throw new IllegalStateException("unknown markup in " + name + ":\n" + page);
        }
        Files.writeString(pages.resolve(name), page);
        names.add(name);
      }
    }
    return names;
  }

  private static String page(List<String> lines) {
    var page = new StringBuilder();
    var paragraph = false;
    for (var line : lines) {
      if (line.startsWith("//") || line.startsWith(":") || line.startsWith("[%")) {
        continue;
      }
      if (line.startsWith("= ")) {
        page.append(".TH \"%s\" 1\n".formatted(line.substring(2).replaceFirst("\\(1\\)$", "")));
      } else if (line.startsWith("== ")) {
        var title = line.substring(3).strip().replaceFirst(":$", "").toUpperCase(Locale.ROOT);
        page.append(".SH \"%s\"\n".formatted(title));
        if (title.startsWith("EXAMPLE")) {
          page.append(".nf\n");
        }
        paragraph = false;
      } else if (line.endsWith("::")) {
        page.append(".TP\n").append(inline(line.substring(0, line.length() - 2))).append('\n');
        paragraph = false;
      } else if (line.isBlank()) {
        paragraph = !page.toString().endsWith("\n.nf\n");
      } else {
        if (paragraph && !page.toString().matches("(?s).*\\.SH [^\\n]*\\n$")) {
          page.append(".PP\n");
        }
        page.append(inline(line.strip())).append('\n');
        paragraph = false;
      }
    }
    return page.toString();
  }

  private static String inline(String text) {
    return text.replace("\\", "\\e")
        .replace("-", "\\-")
        .replaceAll("^([.'])", "\\\\&$1")
        .replaceAll("xref:[^\\[]*\\[(.*?)\\]", "$1")
        .replaceAll("\\*([^*]+)\\*", "\\\\fB$1\\\\fR")
        .replaceAll("(?<![A-Za-z0-9])_([A-Z][A-Z_]*?)_", "\\\\fI$1\\\\fR");
  }
}
