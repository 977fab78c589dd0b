package dev.metricsserver.documentation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.diagnosis.FindingCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The picture in the README is what a terminal showed, and what the program still says. */
class TerminalPictureTest {

  /** Written by {@code deploy/local/picture}. */
  private static final Path RECORDING = Path.of("docs/pictures/doctor.ansi");

  private static final Path PICTURE = Path.of("docs/pictures/doctor.svg");
  private static final String REGENERATE =
      "./mvnw -q test -Dtest=TerminalPictureTest -Dgolden=update";
  private static final String DESCRIPTION =
      "A terminal: doctor finds that the selector of the Service matches no pod, doctor --fix"
          + " patches it, and kubectl top nodes works";

  private static final Pattern FINDING =
      Pattern.compile("\\d+\\. (?<severity>\\w+) (?<code>\\w+), \\S+\n {3}(?<message>.+)\n");

  @Test
  void picture_recording_isRendered() throws IOException {
    var svg = TerminalPicture.svg(Files.readString(RECORDING), DESCRIPTION);
    if ("update".equals(System.getProperty("golden"))) {
      Files.writeString(PICTURE, svg);
    }
    assertThat(PICTURE).as("this renders it: %s", REGENERATE).content(UTF_8).isEqualTo(svg);
    assertThat(svg).doesNotContain("\u001b", "href", "url(", "<script");
  }

  /** Otherwise deploy/local/picture records it again. */
  @Test
  void recording_findings_areWordedAsToday() throws IOException {
    var findings = Files.readString(Path.of("docs/findings.md"));
    var shown = FINDING.matcher(TerminalPicture.plain(Files.readString(RECORDING)));
    assertThat(shown.results())
        .isNotEmpty()
        .allSatisfy(finding -> {
          assertThat(FindingCode.valueOf(finding.group("code")).severity())
              .hasToString(finding.group("severity"));
          assertThat(findings).contains("\n- " + finding.group("message") + "\n");
        });
  }

  @Test
  void recording_ends_withMetrics() throws IOException {
    assertThat(TerminalPicture.plain(Files.readString(RECORDING)))
        .contains("--fix ServiceSelectsNothing", " ServiceSelectsNothing is gone\n")
        .containsPattern("\\$ kubectl top nodes\nNAME +CPU\\(cores\\) [^$]+\\Z");
  }
}
