package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;

import inet.ipaddr.IPAddressString;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** IP address prefixes: how they are written, and what is in them. */
class PrefixTest {

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "10.0.0.7, 10.0.0.7/32",
    "10.0.0.7/8, 10.0.0.0/8",
    "0.0.0.0/0, 0.0.0.0/0",
    "255.255.255.255, 255.255.255.255/32",
    "::, ::/128",
    "::/0, ::/0",
    "::1, ::1/128",
    "2001:DB8::1/64, 2001:db8::/64",
    "::ffff:10.0.0.7, 10.0.0.7/32",
    // RFC 5952, 4.2: one group of zeros stays, of the longest ones the first is shortened.
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1/128",
    "2001:0:0:1:0:0:0:1, 2001:0:0:1::1/128",
    "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1/128",
    "1:0:0:0:0:0:0:0, 1::/128",
    "10:20:30:40:50:60:70:80, 10:20:30:40:50:60:70:80/128",
  })
  void isWrittenInOneWay(String text, String written) {
    assertThat(Prefix.parse(text)).hasToString("Optional[" + written + "]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "node-1",
        "10",
        "10.1",
        "10.0.0",
        "10.0.0.256",
        "010.0.0.1",
        "10.0.0.1-2",
        "10.0.0.*",
        "10.0.0.0/33",
        "10.0.0.0/08",
        "10.0.0.0/-1",
        "10.0.0.0/",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0/8/8",
        "fe80::1%eth0",
        "[::1]",
        "::1::",
        ":",
        "1:2:3:4:5:6:7",
        "::/129",
        "::ffff:10.0.0.0/104",
      })
  void whatIsNoneIsRefused(String text) {
    assertThat(Prefix.parse(text)).isEmpty();
  }

  /** The seed makes the same two again; most are new each time. */
  static Stream<Long> seeds() {
    return LongStream.concat(LongStream.of(1, 2, 3), new Random().longs().limit(500)).boxed();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void isAsTheLibraryHasIt(long seed) throws UnknownHostException {
    var random = new Random(seed);
    var bytes = new byte[random.nextBoolean() ? 4 : 16];
    // Zeros are what the spelling of IPv6 is about, and near addresses what prefixes are about.
    for (var i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (random.nextBoolean() ? 0 : random.nextInt());
    }
    var one = text(bytes, random);
    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    var other = text(bytes, random);

    var mine = Prefix.parse(one).orElseThrow();
    var mineToo = Prefix.parse(other).orElseThrow();
    var theirs = new IPAddressString(one).getAddress().toPrefixBlock();
    var theirsToo = new IPAddressString(other).getAddress().toPrefixBlock();
    assertThat(mine).hasToString(theirs.toCanonicalString());
    assertThat(mine.contains(mineToo)).isEqualTo(theirs.contains(theirsToo));
    assertThat(mine.join(mineToo))
        .hasToString(theirs.coverWithPrefixBlock(theirsToo).toCanonicalString());
    assertThat(mine.first().getAddress()).isEqualTo(theirs.getLower().getBytes());
  }

  private static String text(byte[] address, Random random) throws UnknownHostException {
    return InetAddress.getByAddress(address).getHostAddress()
        + "/"
        + random.nextInt(address.length * Byte.SIZE + 1);
  }
}
