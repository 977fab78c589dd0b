package dev.metricsserver.model;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The parts of an image's name.
 *
 * @param registry the host, with its port; {@value #DEFAULT_REGISTRY} where the name has none
 * @param repository the path in the registry
 * @param tag without the colon
 * @param digest such as {@code sha256:…}
 */
public record ImageReference(
    String registry, String repository, Optional<String> tag, Optional<String> digest) {

  /** The registry that container runtimes add to a name without a host. */
  public static final String DEFAULT_REGISTRY = "docker.io";

  /** Distributions append their own suffix, such as {@code v0.8.0-build20260116}. */
  private static final Pattern VERSION =
      Pattern.compile("v?([0-9]{1,9}[.][0-9]{1,9}[.][0-9]{1,9})(?![0-9]).*");

  /** Reads an image's name; an empty one has an empty repository. */
  public static ImageReference of(String image) {
    var at = image.indexOf('@');
    var name = at < 0 ? image : image.substring(0, at);
    var colon = name.lastIndexOf(':');
    var tagged = colon > name.lastIndexOf('/');
    var path = tagged ? name.substring(0, colon) : name;
    var slash = path.indexOf('/');
    var host = slash < 0 ? "" : path.substring(0, slash);
    var hasHost = host.contains(".") || host.contains(":") || host.equals("localhost");
    return new ImageReference(
        hasHost ? host : DEFAULT_REGISTRY,
        hasHost ? path.substring(slash + 1) : path,
        tagged ? Optional.of(name.substring(colon + 1)) : Optional.empty(),
        at < 0 ? Optional.empty() : Optional.of(image.substring(at + 1)));
  }

  /** Returns the last part of the repository, which names the program. */
  public String name() {
    return repository.substring(repository.lastIndexOf('/') + 1);
  }

  /** Returns the version that the tag starts with; empty where the tag is none. */
  public Optional<String> version() {
    return tag.map(VERSION::matcher).filter(m -> m.matches()).map(m -> m.group(1));
  }
}
