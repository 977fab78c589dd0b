package dev.metricsserver.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plain English: no forbidden word in code, names, messages or documents. */
class WordsTest {

  private static final Path LISTS = Path.of("src/test/resources/words");

  private static final List<String> CHECKED =
      List.of("src", "deploy", "crds", "docs", ".github", ".ci", "README.md", "CONTRIBUTING.md");

  /** Between the words of a name such as {@code someName}; they count as words of their own. */
  private static final Pattern HUMP = Pattern.compile("(?<=[a-z0-9])(?=[A-Z])");

  private record Word(String text, String instead, Pattern pattern) {

    private static Word of(String line) {
      var parts = line.split(" -> ", 2);
      var text = parts[0].strip();
      var expression =
          text.endsWith("*")
              ? Pattern.quote(text.substring(0, text.length() - 1)) + "(s|es|ed|ing|er|ers)?"
              : Pattern.quote(text);
      return new Word(text, parts[1], Pattern.compile("(?<![a-z])" + expression + "(?![a-z])"));
    }

    private boolean isIn(String line) {
      return pattern.matcher(words(line)).find();
    }
  }

  /** A line that may hold a forbidden word. */
  private record Allowed(String file, String part, String reason) {

    private static Allowed of(String line) {
      var columns = line.split("\t", -1);
      assertThat(columns).as("file, part, reason: %s", line).hasSize(3);
      assertThat(columns[2]).as("the reason of: %s", line).isNotBlank();
      return new Allowed(columns[0], columns[1], columns[2]);
    }

    /** A name that ends with a slash stands for every file below that folder. */
    private boolean covers(Path file, String line) {
      var name = file.toString();
      return (this.file.endsWith("/") ? name.startsWith(this.file) : name.equals(this.file))
          && line.contains(part);
    }
  }

  @Test
  void texts_everyLine_holdNoForbiddenWord() throws IOException {
    var words = lines("forbidden.txt").map(Word::of).toList();
    var exceptions = lines("exceptions.txt").map(Allowed::of).toList();
    var used = new TreeSet<String>();
    var found = new ArrayList<String>();
    for (var file : files()) {
      var number = 0;
      for (var line : content(file)) {
        number++;
        for (var word : words) {
          if (word.isIn(line)) {
            var exception = exceptions.stream().filter(e -> e.covers(file, line)).findFirst();
            exception.ifPresent(e -> used.add(e.toString()));
            if (exception.isEmpty()) {
              found.add(
                  "%s:%d: '%s'; say: %s".formatted(file, number, word.text(), word.instead()));
            }
          }
        }
      }
    }
    assertThat(found).as("forbidden words").isEmpty();
    assertThat(exceptions.stream().map(Allowed::toString))
        .as("exceptions that are still needed")
        .allMatch(used::contains);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          mend* | a fault that is mended | true
          mend* | whatMendsIt | true
          mend* | recommended amendment | false
          clue* | no clues | true
          clue* | CLUE_READER | true
          write-back* | its write-backs | true
          """)
  void word_inALine_isFoundAsAWholeWord(String word, String line, boolean found) {
    assertThat(Word.of(word + " -> other").isIn(line)).isEqualTo(found);
  }

  private static String words(String line) {
    return HUMP.matcher(line).replaceAll(" ").replace('_', ' ').toLowerCase(Locale.ROOT);
  }

  private static Stream<String> lines(String list) throws IOException {
    return Files.readAllLines(LISTS.resolve(list)).stream()
        .filter(line -> !line.isBlank() && !line.startsWith("#"));
  }

  private static List<Path> files() throws IOException {
    var files = new ArrayList<Path>();
    for (var place : CHECKED) {
      try (var walk = Files.walk(Path.of(place))) {
        walk.filter(Files::isRegularFile).forEach(files::add);
      }
    }
    assertThat(files).hasSizeGreaterThan(100);
    return files;
  }

  /** The lines of a text; none of a binary file. */
  private static List<String> content(Path file) throws IOException {
    try {
      return Files.readAllLines(file);
    } catch (MalformedInputException e) {
      return List.of();
    }
  }
}
