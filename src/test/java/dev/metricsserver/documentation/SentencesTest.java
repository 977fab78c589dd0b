package dev.metricsserver.documentation;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sentences are short and active, as Google's and Kubernetes' style guides ask. Code, links and
 * generated parts do not count.
 */
class SentencesTest {

  private static final int WORDS = 25;

  /** Longer ones, of a hundred sentences. */
  private static final int LONG_PERCENT = 5;

  /** Of a hundred sentences; the style guides accept it where the actor does not matter. */
  private static final int PASSIVE_PERCENT = 15;

  /** Lists that are looked up. */
  private static final List<String> WITHOUT_TASK =
      List.of("docs/design.md", "docs/faq.md", "docs/reference.md");

  private static final Pattern END = Pattern.compile("(?<=[.!?])[)\"*]*\\s+(?=[A-Z0-9`\"*(\\[])");
  private static final Pattern ITEM = Pattern.compile("^ *([-*]|\\d+\\.) ");
  private static final Pattern PASSIVE =
      Pattern.compile(
          "\\b(is|are|was|were|be|been|being) ((\\w+ly|not|never)"
              + " )?(\\w+ed|known|made|done|set|kept"
              + "|given|taken|written|read|shown|seen|found|left|chosen|sent|built|run)\\b");

  static Stream<Path> documents() {
    return Documents.all().stream().filter(file -> !file.endsWith("reference.md"));
  }

  @ParameterizedTest
  @MethodSource("documents")
  void document_sentences_areShort(Path document) {
    var sentences = sentences(Documents.prose(document));
    var longOnes = sentences.stream().filter(s -> words(s) > WORDS).toList();
    assertThat(longOnes)
        .as("sentences of more than %d words in %s", WORDS, document)
        .hasSizeLessThanOrEqualTo(Math.max(1, sentences.size() * LONG_PERCENT / 100));
  }

  @Test
  void allDocuments_sentences_areActive() {
    var sentences = documents().flatMap(d -> sentences(Documents.prose(d)).stream()).toList();
    var passive = sentences.stream().filter(s -> PASSIVE.matcher(s).find()).toList();
    assertThat(sentences).hasSizeGreaterThan(500);
    assertThat(passive)
        .as("passive sentences of %d", sentences.size())
        .hasSizeLessThanOrEqualTo(sentences.size() * PASSIVE_PERCENT / 100);
  }

  static Stream<Path> pages() {
    return documents().filter(d -> d.startsWith("docs") && !WITHOUT_TASK.contains(d.toString()));
  }

  /** A reader knows at once whether the page is the right one. */
  @ParameterizedTest
  @MethodSource("pages")
  void page_start_saysWhatTheReaderCanDo(Path document) {
    assertThat(Documents.read(document).lines().limit(3).collect(joining("\n")))
        .matches("(?s)# .+\n\nAfter this page .+");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          One. Two is here. | 2
          The file `a. B` has it (see there). It ends | 2
          Version 0.9.0 is new | 1
          """)
  void text_withMarks_isSplitIntoSentences(String text, int number) {
    assertThat(sentences(text)).hasSize(number);
  }

  private static List<String> sentences(String text) {
    return paragraphs(text.replaceAll("`[^`]*`", "X").replaceAll("!?\\[([^]]*)]\\([^)]*\\)", "$1"))
        .stream()
        .flatMap(END::splitAsStream)
        .map(String::strip)
        .filter(s -> !s.isEmpty())
        .toList();
  }

  /** Paragraphs, items and cells of tables; headings do not count. */
  private static List<String> paragraphs(String text) {
    var paragraphs = new ArrayList<String>();
    var lines = new ArrayList<String>();
    Runnable end =
        () -> {
          paragraphs.add(String.join(" ", lines));
          lines.clear();
        };
    for (var line : text.lines().toList()) {
      if (line.isBlank() || line.startsWith("#") || line.stripLeading().startsWith("|")) {
        end.run();
        if (line.stripLeading().startsWith("|")) {
          paragraphs.addAll(List.of(line.split("\\|", -1)));
        }
        continue;
      }
      if (ITEM.matcher(line).find()) {
        end.run();
      }
      lines.add(ITEM.matcher(line).replaceFirst("").strip());
    }
    end.run();
    return paragraphs;
  }

  private static long words(String sentence) {
    return Pattern.compile("\\s+")
        .splitAsStream(sentence)
        .filter(word -> word.matches(".*\\w.*"))
        .count();
  }
}
