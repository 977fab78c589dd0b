package dev.metricsserver.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What {@code --watch} prints. */
class WatchLoopTest {

  @Test
  void inAPipeAllOfItOnceAndThenWhatCameAndWent() {
    var watched = new WatchLoop(false);
    assertThat(watched.next("a\nb\nc\n")).isEqualTo("a\nb\nc\n");
    assertThat(watched.next("a\nb\nc\n")).isEmpty();
    assertThat(watched.next("a\n- b\nc\nd\n"))
        .matches("\n\\d\\d:\\d\\d:\\d\\d\n-b\n\\+- b\n\\+d\n");
  }

  @Test
  void onATerminalAllOfItInTheSamePlace() {
    var watched = new WatchLoop(true);
    assertThat(watched.next("a\n")).isEqualTo("\u001b[H\u001b[2Ja\n");
    assertThat(watched.next("a\n")).isEmpty();
    assertThat(watched.next("b\n")).isEqualTo("\u001b[H\u001b[2Jb\n");
  }
}
