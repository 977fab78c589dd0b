package dev.metricsserver.approval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.KubeletSpec;
import dev.metricsserver.reading.ServiceRangesReader.Ranges;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which ranges of Services apply. */
class LimitsTest {

  private static final Ranges GUESSED = new Ranges(List.of("10.0.0.0/12"), false);

  @Test
  void serviceRanges_unspecified_areThoseRead() {
    assertThat(Limits.NONE.serviceRanges(GUESSED)).isEqualTo(GUESSED);
  }

  @Test
  void serviceRanges_specified_replaceGuessedOnes() {
    assertThat(serviceRanges("10.0.0.0/24").serviceRanges(GUESSED))
        .isEqualTo(new Ranges(List.of("10.0.0.0/24"), true));
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.128/25", "10.96.0.0/12", "fd00::/112", "10.0.0.0/99"})
  void serviceRanges_withoutTheFirstServiceAddress_areAddedToGuessedOnes(String range) {
    var ranges = serviceRanges(range).serviceRanges(GUESSED);

    assertThat(ranges.exact()).isFalse();
    assertThat(ranges.cidrs()).hasSize(2).contains("10.0.0.0/12");
  }

  @Test
  void serviceRanges_specifiedForOneFamilyOfTwo_areAddedToGuessedOnes() {
    var guessed = new Ranges(List.of("10.0.0.0/12", "fd00::/64"), false);

    assertThat(serviceRanges("10.0.0.0/24").serviceRanges(guessed))
        .isEqualTo(new Ranges(List.of("10.0.0.0/12", "fd00::/64", "10.0.0.0/24"), false));
  }

  @Test
  void serviceRanges_specified_areAddedToReportedOnes() {
    assertThat(
            serviceRanges("10.112.0.0/16").serviceRanges(new Ranges(List.of("10.96.0.0/16"), true)))
        .isEqualTo(new Ranges(List.of("10.96.0.0/16", "10.112.0.0/16"), true));
  }

  private static Limits serviceRanges(String range) {
    return Limits.of(new KubeletSpec.Approval(null, null, null, List.of(range)));
  }
}
