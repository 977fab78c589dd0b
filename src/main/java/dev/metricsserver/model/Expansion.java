package dev.metricsserver.model;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Expands {@code $(NAME)} in a container's command and arguments as the kubelet does. A reference
 * to an unknown variable stays as it is, and {@code $$(NAME)} is an escaped one.
 */
final class Expansion {

  private static final Pattern REFERENCE = Pattern.compile("\\$\\$|\\$\\(([^()]*)\\)");

  private Expansion() {}

  static String of(String text, Map<String, String> environment) {
    return REFERENCE
        .matcher(text)
        .replaceAll(found ->
            Matcher.quoteReplacement(
                found.group(1) == null
                    ? "$"
                    : environment.getOrDefault(found.group(1), found.group())));
  }
}
