package dev.metricsserver.cli.common;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The files that come with the command line. */
public final class Resources {

  private static final String FOLDER = "/dev/metricsserver/cli/";

  private Resources() {}

  /** Returns the text of a file. */
  public static String read(String name) {
    try (InputStream in = Resources.class.getResourceAsStream(FOLDER + name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the version of the program. */
  public static String version() {
    return read("version.txt").strip();
  }
}
