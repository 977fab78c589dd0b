package dev.metricsserver.support;

import dev.metricsserver.it.RightsIT;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The rights that the operator used in integration tests, by the API server's audit log. Each test
 * class leaves a file, which {@link RightsIT} reads in the end.
 */
public final class RightsUsed {

  /** A line of them: what was asked, and whether it was allowed. */
  public record Use(Right right, boolean allowed) {

    public static Use parse(String line) {
      var fields = line.split("\t", -1);
      return new Use(
          new Right(fields[1], fields[2], fields[3], fields[4]), fields[0].equals("allowed"));
    }

    public String line() {
      return String.join(
          "\t",
          allowed ? "allowed" : "refused",
          right.namespace(),
          right.verb(),
          right.resource(),
          right.name());
    }
  }

  private static final Path FOLDER = Path.of("target/rights");
  private static final Map<String, TreeSet<String>> USED = new TreeMap<>();

  private RightsUsed() {}

  /**
   * Adds what a test class's API server saw.
   *
   * @param taken whether the test took rights from the operator, so that what was refused shows
   *     nothing
   */
  public static synchronized void record(Class<?> test, AuditLog audit, boolean taken)
      throws IOException {
    var lines = USED.computeIfAbsent(test.getSimpleName(), name -> new TreeSet<>());
    audit.rightsUsed().filter(use -> use.allowed() || !taken).map(Use::line).forEach(lines::add);
    Files.createDirectories(FOLDER);
    Files.write(FOLDER.resolve(test.getSimpleName()), lines);
  }

  /** What the test classes recorded, this time or, where they did not run, the last. */
  public static List<Use> all() throws IOException {
    if (!Files.isDirectory(FOLDER)) {
      return List.of();
    }
    try (var files = Files.list(FOLDER)) {
      return files.flatMap(RightsUsed::lines).distinct().map(Use::parse).toList();
    }
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
