package dev.metricsserver.model;

import java.util.Comparator;
import java.util.regex.Pattern;

/** A Kubernetes minor version, such as 1.35. */
public record KubernetesVersion(int major, int minor) implements Comparable<KubernetesVersion> {

  private static final Pattern VERSION = Pattern.compile("v?(\\d+)\\.(\\d+)(\\D.*)?");

  /**
   * Reads a version as API servers and people write it.
   *
   * @param text such as {@code v1.35.4}, {@code 1.35} or {@code v1.33.5-eks-113cf36}
   * @throws IllegalArgumentException when it starts otherwise
   */
  public static KubernetesVersion parse(String text) {
    var matcher = VERSION.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not a Kubernetes version: " + text);
    }
    return new KubernetesVersion(
        Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  @Override
  public int compareTo(KubernetesVersion other) {
    return Comparator.comparingInt(KubernetesVersion::major)
        .thenComparingInt(KubernetesVersion::minor)
        .compare(this, other);
  }

  /** Whether this version is {@code major.minor} or newer. */
  public boolean atLeast(int major, int minor) {
    return compareTo(new KubernetesVersion(major, minor)) >= 0;
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
