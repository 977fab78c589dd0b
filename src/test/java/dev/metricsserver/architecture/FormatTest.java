package dev.metricsserver.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every source file looks as google-java-format lays it out. A test, because tests run on the JDK
 * of the build, which the formatter needs, while Maven and its plugins may run on an older one.
 */
class FormatTest {

  private static final String APPLY = "./mvnw -q test -Dtest=FormatTest -Dformat=apply";

  @Test
  void sourcesAreFormatted() throws IOException {
    var sources = sources();
    if ("apply".equals(System.getProperty("format"))) {
      // Twice: text that the first pass breaks into lines is indented by the second.
      assertThat(googleJavaFormat("--replace", sources)).isEmpty();
      assertThat(googleJavaFormat("--replace", sources)).isEmpty();
    }
    assertThat(googleJavaFormat("--dry-run", sources))
        .as("files to format; this does it: %s", APPLY)
        .isEmpty();
  }

  private static List<String> sources() throws IOException {
    try (var files = Files.walk(Path.of("src"))) {
      return files.map(Path::toString).filter(file -> file.endsWith(".java")).sorted().toList();
    }
  }

  /** What the formatter prints: errors, and with {@code --dry-run} the files it would change. */
  private static String googleJavaFormat(String mode, List<String> sources) {
    var arguments = Stream.concat(Stream.of(mode), sources.stream()).toArray(String[]::new);
    var printed = new StringWriter();
    var writer = new PrintWriter(printed);
    ToolProvider.findFirst("google-java-format").orElseThrow().run(writer, writer, arguments);
    return printed.toString();
  }
}
