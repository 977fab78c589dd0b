package dev.metricsserver.model;

import java.util.Optional;
import java.util.regex.Pattern;

/** What the name of an image tells. */
public final class Images {

  /** Builders of distributions append their own, such as {@code v0.8.0-build20260116}. */
  private static final Pattern VERSION =
      Pattern.compile(":v?([0-9]{1,9}[.][0-9]{1,9}[.][0-9]{1,9})(?![0-9])[^/]*$");

  private Images() {}

  /** The version in the tag; none where there is no tag, or one that is no version. */
  public static Optional<String> version(String image) {
    var matcher = VERSION.matcher(image);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }
}
