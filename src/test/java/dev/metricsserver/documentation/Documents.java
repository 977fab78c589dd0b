package dev.metricsserver.documentation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The Markdown documents of the project and their parts. */
final class Documents {

  private static final Pattern BLOCK =
      Pattern.compile("(?ms)^( *)```(?<language>\\w*)\\n(?<text>.*?)^ *```$");
  private static final Pattern GENERATED =
      Pattern.compile("(?s)<!-- made by .*?<!-- end -->|<!-- versions -->.*?<!-- /versions -->");

  private Documents() {}

  /** README and its neighbours, docs, and the README of the examples, by name. */
  static List<Path> all() {
    try (var top = Files.list(Path.of(""));
        var docs = Files.list(Path.of("docs"))) {
      return Stream.of(top, docs, Stream.of(Path.of("deploy/examples/README.md")))
          .flatMap(files -> files)
          .filter(file -> file.toString().endsWith(".md"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The fenced blocks of one language, without their indentation. */
  static List<String> blocks(Path document, String language) {
    return BLOCK
        .matcher(read(document))
        .results()
        .filter(block -> block.group("language").equals(language))
        .map(block -> block.group("text").stripTrailing().stripIndent())
        .toList();
  }

  /** The text that people write: without fenced blocks, comments and generated parts. */
  static String prose(Path document) {
    var text = GENERATED.matcher(read(document)).replaceAll("");
    return BLOCK.matcher(text).replaceAll("\n").replaceAll("(?s)<!--.*?-->", "");
  }
}
