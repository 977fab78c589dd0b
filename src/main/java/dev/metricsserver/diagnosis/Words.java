package dev.metricsserver.diagnosis;

import java.util.regex.Pattern;

/** Text from the cluster, made safe for messages and commands. */
public final class Words {

  /** The longest word in a command: twice the longest name of an object. */
  private static final int MAX_WORD = 512;

  /** The longest quotation in a note on a placeholder. */
  private static final int MAX_QUOTED = 256;

  /** A word that a shell takes as it is, and no program as an option. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._:/@=,+][A-Za-z0-9._:/@=,+-]*");

  /** The same inside a quoted JSON string, where a leading hyphen is no option. */
  private static final Pattern PLAIN_IN_JSON = Pattern.compile("[A-Za-z0-9._:/@=,+-]*");

  private Words() {}

  /** Whether text can stand in a command as it is. */
  static boolean plain(String text) {
    return text.length() <= MAX_WORD && PLAIN.matcher(text).matches();
  }

  /** Whether text can stand in a JSON string of a command as it is. */
  static boolean plainInJson(String text) {
    return text.length() <= MAX_WORD && PLAIN_IN_JSON.matcher(text).matches();
  }

  /** The text where it can stand in a command as it is, otherwise a placeholder for it. */
  static String plainOr(String placeholder, String text) {
    return plain(text) ? text : placeholder;
  }

  /** Text in double quotes, with quotes and backslashes escaped; cut where it is too long. */
  static String quoted(String text) {
    return "\"" + printable(text, MAX_QUOTED).replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  /**
   * Text without control characters: line breaks and tabs become spaces, other control and
   * invisible formatting characters become Unicode escapes such as {@code \}{@code u001b}.
   */
  public static String printable(String text) {
    if (text.codePoints().allMatch(Words::harmless)) {
      return text;
    }
    var printable = new StringBuilder(text.length());
    text.codePoints()
        .forEach(c -> {
          if (harmless(c)) {
            printable.appendCodePoint(c);
          } else if (c == '\n' || c == '\r' || c == '\t') {
            printable.append(' ');
          } else {
            printable.append("\\u%04x".formatted(c));
          }
        });
    return printable.toString();
  }

  /** The same, cut after a number of characters; an ellipsis marks the cut. */
  static String printable(String text, int length) {
    var printable = printable(text);
    if (printable.length() <= length) {
      return printable;
    }
    var end = length - 1;
    return printable.substring(0, Character.isLowSurrogate(printable.charAt(end)) ? end - 1 : end)
        + "…";
  }

  private static boolean harmless(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
