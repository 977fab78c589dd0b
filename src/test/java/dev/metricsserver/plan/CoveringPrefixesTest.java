package dev.metricsserver.plan;

import static org.assertj.core.api.Assertions.assertThat;

import inet.ipaddr.IPAddressString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A short list of CIDRs that contains all addresses. */
class CoveringPrefixesTest {

  // ----------------------------------------------------------------------------------- examples

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "10.0.0.7 | 10.0.0.7/32",
        "10.0.0.9 10.0.0.7 | 10.0.0.7/32 10.0.0.9/32",
        "10.0.0.7 10.0.0.7 | 10.0.0.7/32",
        "10.0.0.6 10.0.0.7 | 10.0.0.6/31",
        "10.0.0.0/28 | 10.0.0.0/28",
        "10.0.0.5/28 | 10.0.0.0/28",
        "10.0.0.0/28 10.0.0.5 | 10.0.0.0/28",
        "10.0.0.0/24 10.0.1.0/24 | 10.0.0.0/23",
        "0.0.0.0/0 10.0.0.5 | 0.0.0.0/0",
        "2001:db8::1 | 2001:db8::1/128",
        "2001:DB8:0:0:0:0:0:1 | 2001:db8::1/128",
        "2001:db8::/64 10.0.0.7 | 10.0.0.7/32 2001:db8::/64",
        "::/0 | ::/0",
        "node-1 10.0.0.7 | 10.0.0.7/32",
        "node-1 * 10 10.1 1-2.0.0.0 | -",
      })
  void cover_fewAddresses_listsThemUnchanged(String addresses, String cidrs) {
    assertThat(CoveringPrefixes.cover(List.of(addresses.split(" ", -1))))
        .isEqualTo(cidrs == null ? List.of() : List.of(cidrs.split(" ", -1)));
  }

  @Test
  void cover_noAddresses_isEmpty() {
    assertThat(CoveringPrefixes.cover(List.of())).isEmpty();
    assertThat(CoveringPrefixes.cover(List.of(""))).isEmpty();
  }

  @Test
  void cover_asManyAddressesAsAllowed_listsThemUnchanged() {
    var addresses = apart(CoveringPrefixes.MOST);

    assertThat(CoveringPrefixes.cover(addresses))
        .containsExactlyElementsOf(addresses.stream().map(a -> a + "/32").toList());
  }

  @Test
  void cover_oneAddressTooMany_joinsTheClosestTwo() {
    var addresses = new ArrayList<>(apart(CoveringPrefixes.MOST));
    addresses.add("10.0.2.7");

    var cidrs = CoveringPrefixes.cover(addresses);

    assertThat(cidrs)
        .hasSize(CoveringPrefixes.MOST)
        .contains("10.0.2.0/29")
        .doesNotContain("10.0.2.1/32");
  }

  @Test
  void cover_nodeJoinsBetweenOthers_isUnchanged() {
    var nodes = IntStream.rangeClosed(1, 1000).mapToObj(i -> address(i * 2)).toList();
    var more = new ArrayList<>(nodes);
    more.add(address(777));

    assertThat(CoveringPrefixes.cover(more)).isEqualTo(CoveringPrefixes.cover(nodes));
  }

  @Test
  void cover_nodeLeavesAmongOthers_isUnchanged() {
    var nodes = IntStream.rangeClosed(1, 1000).mapToObj(i -> address(i * 2)).toList();
    var less = new ArrayList<>(nodes);
    less.remove(address(778));

    assertThat(CoveringPrefixes.cover(less)).isEqualTo(CoveringPrefixes.cover(nodes));
  }

  @Test
  void cover_thousandsOfNodes_isFast() {
    var random = new Random(7);
    var addresses = IntStream.range(0, 5_000).mapToObj(i -> address(random.nextInt())).toList();

    var start = System.nanoTime();
    var cidrs = CoveringPrefixes.cover(addresses);

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
    assertThat(cidrs).isNotEmpty().hasSizeLessThanOrEqualTo(CoveringPrefixes.MOST);
  }

  @Test
  void cover_fiveThousandNodesInOneNetwork_isAFewCidrs() {
    var nodes = IntStream.rangeClosed(1, 5000).mapToObj(i -> address(0x0a000000 + i)).toList();

    assertThat(CoveringPrefixes.cover(nodes)).hasSizeLessThanOrEqualTo(24);
  }

  // --------------------------------------------------------------------------------- properties

  /** Random input; its name contains the seed, which reproduces the input. */
  record Input(long seed, List<String> addresses) {

    static Input random(long seed) {
      var random = new Random(seed);
      var size = random.nextInt(1, 400);
      return new Input(seed, Stream.generate(() -> some(random)).limit(size).toList());
    }

    private static String some(Random random) {
      var v4 = address((random.nextInt(4) << 28) | (random.nextInt() >>> random.nextInt(31)));
      var v6 =
          "2001:db8:%x::%x"
              .formatted(random.nextInt(8), random.nextInt(1 << random.nextInt(1, 16)));
      return switch (random.nextInt(8)) {
        case 0, 1, 2, 3 -> v4;
        case 4 -> v4 + "/" + random.nextInt(16, 33);
        case 5, 6 -> v6;
        default -> v6 + "/" + random.nextInt(48, 129);
      };
    }

    @Override
    public String toString() {
      return "seed " + seed + ", " + addresses.size() + " addresses";
    }
  }

  /** Fifty seeds, most of them new in each run; -Dseed=N uses only that one. */
  static Stream<Input> inputs() {
    var seed = Long.getLong("seed");
    return seed != null
        ? Stream.of(Input.random(seed))
        : Stream.concat(
            Stream.of(1L, 2L, 3L).map(Input::random),
            new Random().longs().limit(47).mapToObj(Input::random));
  }

  @ParameterizedTest
  @MethodSource("inputs")
  void cover_anyAddresses_keepsItsPromises(Input input) {
    var cidrs = CoveringPrefixes.cover(input.addresses());

    assertThat(input.addresses()).as("all are contained").allMatch(a -> contained(a, cidrs));
    assertThat(ofFamily(cidrs, "."))
        .as("few of IPv4")
        .hasSizeLessThanOrEqualTo(CoveringPrefixes.MOST);
    assertThat(ofFamily(cidrs, ":"))
        .as("few of IPv6")
        .hasSizeLessThanOrEqualTo(CoveringPrefixes.MOST);
    assertThat(CoveringPrefixes.cover(cidrs)).as("covered again").isEqualTo(cidrs);
    assertThat(cidrs).as("none contains another").allMatch(c -> !contained(c, without(c, cidrs)));
    var shuffled = new ArrayList<>(input.addresses());
    Collections.shuffle(shuffled, new Random(input.seed()));
    assertThat(CoveringPrefixes.cover(shuffled)).as("in another order").isEqualTo(cidrs);
    assertThat(inOrder(cidrs)).as("in order").isTrue();
  }

  /** With few addresses, no other address is allowed. */
  @ParameterizedTest
  @MethodSource("inputs")
  void cover_fewAddresses_isExact(Input input) {
    var few = new HashSet<>(input.addresses().stream().limit(40).toList());
    few.removeIf(a -> a.contains("/"));

    var cidrs = CoveringPrefixes.cover(few);

    assertThat(cidrs.stream().mapToLong(CoveringPrefixesTest::size).sum()).isEqualTo(distinct(few));
  }

  // ------------------------------------------------------------------------------------ helpers

  /** 10.0.2.1, 10.0.4.1 and so on: no two of them are neighbours. */
  private static List<String> apart(int count) {
    return IntStream.rangeClosed(1, count).mapToObj(i -> "10.0." + 2 * i + ".1").toList();
  }

  private static String address(int bits) {
    return "%d.%d.%d.%d"
        .formatted(bits >>> 24, (bits >> 16) & 0xff, (bits >> 8) & 0xff, bits & 0xff);
  }

  private static boolean contained(String address, Collection<String> cidrs) {
    var block = new IPAddressString(address).getAddress().toPrefixBlock();
    return cidrs.stream().anyMatch(c -> new IPAddressString(c).getAddress().contains(block));
  }

  private static List<String> without(String cidr, List<String> cidrs) {
    return cidrs.stream().filter(c -> !c.equals(cidr)).toList();
  }

  private static List<String> ofFamily(List<String> cidrs, String separator) {
    return cidrs.stream().filter(c -> c.contains(separator)).toList();
  }

  private static boolean inOrder(List<String> cidrs) {
    var sorted =
        cidrs.stream()
            .sorted(Comparator.comparing(c -> new IPAddressString(c).getAddress().getLower()))
            .toList();
    return sorted.equals(cidrs);
  }

  private static long size(String cidr) {
    return new IPAddressString(cidr).getAddress().getCount().longValueExact();
  }

  private static long distinct(Set<String> addresses) {
    return addresses.stream().map(a -> new IPAddressString(a).getAddress()).distinct().count();
  }
}
