package dev.metricsserver.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IdleCollectorTest {

  private static final long MIB = 1024 * 1024;

  private final IdleCollector collector = new IdleCollector();

  @Test
  void heap_grownByTheStart_isCollected() {
    assertThat(collector.isDue(38 * MIB)).isTrue();
  }

  @Test
  void heap_grownLittleSinceItsCollection_isNotCollectedAgain() {
    collector.collected(26 * MIB);

    assertThat(collector.isDue(26 * MIB)).isFalse();
    assertThat(collector.isDue(28 * MIB)).isFalse();
  }

  @Test
  void heap_grownByAFloodSinceItsCollection_isCollectedAgain() {
    collector.collected(26 * MIB);

    assertThat(collector.isDue(29 * MIB)).isTrue();
  }

  @Test
  void heap_largeAfterItsCollection_isNotCollectedAgain() {
    collector.collected(90 * MIB);

    assertThat(collector.isDue(92 * MIB)).isFalse();
  }
}
