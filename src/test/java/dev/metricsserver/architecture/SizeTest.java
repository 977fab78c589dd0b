package dev.metricsserver.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Classes, methods and records stay small enough to read at once. The package {@code api} is
 * excepted: there, the resource decides.
 */
class SizeTest {

  private static final Path SOURCES = Path.of("src/main/java");

  private static final int CLASS_LINES = 400;
  private static final int METHOD_LINES = 40;
  private static final int RECORD_COMPONENTS = 12;

  /** What exceeds a limit, with its size: {@code method dev.metricsserver.plan.Planner.plan}. */
  private static Map<String, Integer> oversized;

  @BeforeAll
  static void measure() throws IOException {
    oversized = new TreeMap<>();
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      var units = files.getJavaFileObjectsFromPaths(sources());
      var task = (JavacTask) compiler.getTask(null, files, null, null, null, units);
      var trees = Trees.instance(task);
      for (var unit : task.parse()) {
        new Measurement(unit, trees).scan(unit, null);
      }
    }
  }

  @Test
  void code_anywhere_isWithinTheLimits() {
    assertThat(oversized).as("make it smaller").isEmpty();
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.startsWith(SOURCES.resolve("dev/metricsserver/api")))
          .toList();
    }
  }

  /** Visits the classes and methods of one file. */
  private static final class Measurement extends TreePathScanner<Void, Void> {

    private final CompilationUnitTree unit;
    private final Trees trees;

    Measurement(CompilationUnitTree unit, Trees trees) {
      this.unit = unit;
      this.trees = trees;
    }

    @Override
    public Void visitClass(ClassTree type, Void unused) {
      note("class", name(type), lines(type), CLASS_LINES);
      if (type.getKind() == Tree.Kind.RECORD) {
        note("record", name(type), components(type), RECORD_COMPONENTS);
      }
      return super.visitClass(type, null);
    }

    @Override
    public Void visitMethod(MethodTree method, Void unused) {
      if (getCurrentPath().getParentPath().getLeaf() instanceof ClassTree type) {
        note("method", name(type) + "." + method.getName(), lines(method), METHOD_LINES);
      }
      return super.visitMethod(method, null);
    }

    private void note(String kind, String name, int size, int limit) {
      if (size > limit) {
        oversized.merge(kind + " " + name, size, Math::max);
      }
    }

    private String name(ClassTree type) {
      var file = Path.of(unit.getSourceFile().toUri()).getFileName().toString();
      var top = file.substring(0, file.length() - JavaFileObject.Kind.SOURCE.extension.length());
      var simple = type.getSimpleName().toString();
      return unit.getPackageName() + "." + (simple.equals(top) ? top : top + "." + simple);
    }

    /** From the first modifier or annotation to the closing brace. */
    private int lines(Tree tree) {
      var positions = trees.getSourcePositions();
      var lines = unit.getLineMap();
      return (int)
          (lines.getLineNumber(positions.getEndPosition(unit, tree))
              - lines.getLineNumber(positions.getStartPosition(unit, tree))
              + 1);
    }

    /** A parsed record holds its components as fields that are not static. */
    private static int components(ClassTree record) {
      return (int)
          record.getMembers().stream()
              .filter(member -> member instanceof VariableTree)
              .filter(member -> !member.toString().contains("static "))
              .count();
    }
  }
}
