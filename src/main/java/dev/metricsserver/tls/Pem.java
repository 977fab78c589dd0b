package dev.metricsserver.tls;

import java.util.Base64;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The text form of certificates and keys. */
final class Pem {

  private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

  private Pem() {}

  /** What is between the lines of this label, as often as there are any. */
  static List<String> blocks(String label, String text) {
    return Pattern.compile("-----BEGIN %1$s-----([^-]*)-----END %1$s-----".formatted(label))
        .matcher(text)
        .results()
        .map((MatchResult block) -> block.group(1))
        .toList();
  }

  /**
   * The bytes of a block.
   *
   * @throws IllegalArgumentException when they are none
   */
  static byte[] decode(String block) {
    return Base64.getMimeDecoder().decode(block);
  }

  static String write(String label, byte[] der) {
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(label, LINES.encodeToString(der));
  }
}
