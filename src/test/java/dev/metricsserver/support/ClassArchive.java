package dev.metricsserver.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The operator's classes in {@code target/operator-classes.jsa}, which all operators in tests start
 * from: each needs a third less processor time. The first operator that ends by itself writes it,
 * once for each build of the jar.
 */
final class ClassArchive {

  private static final Path FILE = Path.of("target/operator-classes.jsa");
  private static final Path INCOMPLETE = Path.of("target/operator-classes.incomplete.jsa");

  /** Without Java's words about classes that cannot be archived. */
  private static final String SILENT = "-Xlog:disable";

  private static final AtomicBoolean BEING_WRITTEN = new AtomicBoolean();

  private final boolean writes;
  private final boolean reads;

  private ClassArchive(boolean reads, boolean writes) {
    this.reads = reads;
    this.writes = writes;
  }

  /** The use of no archive. */
  static ClassArchive none() {
    return new ClassArchive(false, false);
  }

  /**
   * The use that the next operator makes of it.
   *
   * @param classPath of the operator; classes in folders, as a test in an IDE has them, cannot be
   *     archived
   */
  static ClassArchive of(List<String> classPath) {
    if (!classPath.stream().allMatch(entry -> entry.endsWith(".jar"))) {
      return none();
    }
    var reads = isNewerThan(classPath);
    return new ClassArchive(reads, !reads && BEING_WRITTEN.compareAndSet(false, true));
  }

  private static boolean isNewerThan(List<String> classPath) {
    try {
      if (!Files.exists(FILE)) {
        return false;
      }
      var written = Files.getLastModifiedTime(FILE);
      for (var entry : classPath) {
        if (Files.getLastModifiedTime(Path.of(entry)).compareTo(written) > 0) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the operator writes the archive when it ends by itself. */
  boolean isWritten() {
    return writes;
  }

  /** The options of the operator's JVM. */
  List<String> options() {
    if (reads) {
      return List.of("-XX:SharedArchiveFile=" + FILE, SILENT);
    }
    return writes ? List.of("-XX:ArchiveClassesAtExit=" + INCOMPLETE, SILENT) : List.of();
  }

  /** To be called when the operator has ended. */
  void operatorEnded() {
    if (!writes) {
      return;
    }
    try {
      if (Files.exists(INCOMPLETE)) {
        Files.move(INCOMPLETE, FILE, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      BEING_WRITTEN.set(false);
    }
  }
}
