package dev.metricsserver.diagnosis;

import java.util.regex.Pattern;

/** Text from the cluster, made safe for messages and commands. */
final class Words {

  /** A word that a shell takes as it is, and no program as an option. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._:/@=,+][A-Za-z0-9._:/@=,+-]*");

  /** The same inside a quoted JSON string, where a leading hyphen is no option. */
  private static final Pattern PLAIN_IN_JSON = Pattern.compile("[A-Za-z0-9._:/@=,+-]*");

  private Words() {}

  /** Whether text can stand in a command as it is. */
  static boolean plain(String text) {
    return PLAIN.matcher(text).matches();
  }

  /** Whether text can stand in a JSON string of a command as it is. */
  static boolean plainInJson(String text) {
    return PLAIN_IN_JSON.matcher(text).matches();
  }

  /** Text in double quotes, with quotes and backslashes escaped. */
  static String quoted(String text) {
    return "\"" + printable(text).replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  /**
   * Text without control characters: line breaks and tabs become spaces, other control and
   * invisible formatting characters become Unicode escapes such as {@code \}{@code u001b}.
   */
  static String printable(String text) {
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
