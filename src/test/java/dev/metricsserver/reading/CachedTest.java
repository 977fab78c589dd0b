package dev.metricsserver.reading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CachedTest {

  private static final Duration MAXIMUM_AGE = Duration.ofSeconds(30);

  private final AtomicInteger reads = new AtomicInteger();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final Cached<String, Integer> cached = new Cached<>(MAXIMUM_AGE, () -> now);

  @Test
  void get_sameKeyWithinMaximumAge_readsOnce() {
    assertThat(get("a")).isEqualTo(1);
    now = now.plus(MAXIMUM_AGE);
    assertThat(get("a")).isEqualTo(1);
  }

  @Test
  void get_olderThanMaximumAge_readsAgain() {
    get("a");
    now = now.plus(MAXIMUM_AGE).plusMillis(1);
    assertThat(get("a")).isEqualTo(2);
  }

  @Test
  void get_otherKey_readsAgain() {
    get("a");
    assertThat(get("b")).isEqualTo(2);
  }

  @Test
  void get_readerThrows_readsAgainNextTime() {
    get("a");
    now = now.plus(MAXIMUM_AGE).plusMillis(1);
    assertThatIllegalStateException()
        .isThrownBy(() ->
            cached.get(
                "a",
                () -> {
                  throw new IllegalStateException();
                }));
    assertThat(get("a")).isEqualTo(2);
  }

  @Test
  void get_afterExpire_readsAgain() {
    get("a");
    cached.expire();
    assertThat(get("a")).isEqualTo(2);
  }

  private int get(String key) {
    return cached.get(key, reads::incrementAndGet);
  }
}
