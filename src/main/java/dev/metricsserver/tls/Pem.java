package dev.metricsserver.tls;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Reads and writes the text form of certificates and keys. */
public final class Pem {

  private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

  private Pem() {}

  /**
   * Decodes the Base64 of a Secret, a caBundle or a kubeconfig to PEM text; empty where there is
   * none, or it is no Base64.
   */
  public static String fromBase64(String base64) {
    try {
      return base64 == null ? "" : new String(decode(base64), StandardCharsets.US_ASCII);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /** Returns the text between the lines with this label, for each such block. */
  static List<String> blocks(String label, String text) {
    return Pattern.compile("-----BEGIN %1$s-----([^-]*)-----END %1$s-----".formatted(label))
        .matcher(text)
        .results()
        .map((MatchResult block) -> block.group(1))
        .toList();
  }

  /**
   * Decodes the text of a block.
   *
   * @throws IllegalArgumentException where it is no Base64
   */
  static byte[] decode(String block) {
    return Base64.getMimeDecoder().decode(block);
  }

  /** Writes a block with this label. */
  static String write(String label, byte[] der) {
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(label, LINES.encodeToString(der));
  }
}
