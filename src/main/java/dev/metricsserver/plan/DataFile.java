package dev.metricsserver.plan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** Reads data about metrics-server from files beside this class, one fact a line. */
final class DataFile {

  private DataFile() {}

  /**
   * The lines of a file, split at spaces, without blank lines and comments that start with #.
   *
   * @param columns the number of columns; the last one may contain spaces
   */
  static List<String[]> read(String file, int columns) {
    try (InputStream stream = Objects.requireNonNull(DataFile.class.getResourceAsStream(file))) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(line -> line.split("\\s+", columns))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
