package dev.metricsserver.plan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** Facts about metrics-server that are data: files beside this class, a line for each fact. */
final class DataFile {

  private DataFile() {}

  /**
   * The lines of a file, split at spaces; what starts with # is for people.
   *
   * @param columns how many there are; the last one may hold spaces
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
