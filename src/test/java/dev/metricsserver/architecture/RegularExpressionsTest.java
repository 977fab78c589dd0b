package dev.metricsserver.architecture;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LambdaExpressionTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every regular expression in the product is listed with what it reads, so that a review sees a new
 * one. None reads a sentence that the product itself wrote.
 */
class RegularExpressionsTest {

  private static final Path SOURCES = Path.of("src/main/java");
  private static final Path LIST = Path.of("src/test/resources/architecture/expressions.txt");

  /** Methods of String that take an expression. */
  private static final Set<String> OF_STRINGS =
      Set.of("matches", "split", "replaceAll", "replaceFirst");

  /** The number of expressions by the field or method that has them. */
  private static final Map<String, Integer> used = new TreeMap<>();

  @BeforeAll
  static void find() throws IOException {
    used.clear();
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var files = compiler.getStandardFileManager(null, null, null);
        Stream<Path> sources = Files.walk(SOURCES)) {
      var units =
          files.getJavaFileObjectsFromPaths(
              sources.filter(file -> file.toString().endsWith(".java")).toList());
      for (var unit :
          ((JavacTask) compiler.getTask(null, files, null, null, null, units)).parse()) {
        new Search().scan(unit, null);
      }
    }
  }

  @Test
  void expressions_all_areListedWithTheirNumber() throws IOException {
    assertThat(
            used.entrySet().stream()
                .map(e -> e.getKey() + " " + e.getValue())
                .collect(joining("\n")))
        .as("%s lists every regular expression of src/main with what it reads", LIST)
        .isEqualTo(
            lines().stream().map(line -> line[0] + " " + line[1]).sorted().collect(joining("\n")));
  }

  @Test
  void expressions_all_haveAPurpose() throws IOException {
    assertThat(lines())
        .isNotEmpty()
        .allSatisfy(line -> assertThat(line).as(line[0]).hasSize(3).doesNotContain(""));
  }

  private static List<String[]> lines() throws IOException {
    return Files.readAllLines(LIST).stream()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(line -> line.split(" ", 3))
        .toList();
  }

  private static final class Search extends TreePathScanner<Void, Void> {

    @Override
    public Void visitMethodInvocation(MethodInvocationTree call, Void unused) {
      if (call.getMethodSelect() instanceof MemberSelectTree select
          && isExpression(select, call.getArguments())) {
        used.merge(place(getCurrentPath()), 1, Integer::sum);
      }
      return super.visitMethodInvocation(call, null);
    }

    private static boolean isExpression(
        MemberSelectTree select, List<? extends ExpressionTree> arguments) {
      var name = select.getIdentifier().toString();
      var receiver = select.getExpression();
      if (name.equals("compile")) {
        return receiver.toString().equals("Pattern");
      }
      return OF_STRINGS.contains(name)
          && !arguments.isEmpty()
          && !(name.equals("matches") && arguments.size() > 1)
          && !(arguments.getFirst() instanceof LambdaExpressionTree)
          && !isPattern(receiver);
    }

    /** A constant of the class Pattern, or a Matcher, both made by an expression that is listed. */
    private static boolean isPattern(ExpressionTree receiver) {
      return (receiver instanceof IdentifierTree constant
              && constant.getName().toString().matches("[A-Z_]+"))
          || (receiver instanceof MethodInvocationTree call
              && call.getMethodSelect() instanceof MemberSelectTree select
              && select.getIdentifier().contentEquals("matcher"));
    }

    /** The type and the field or method, such as {@code model.Platform.TALOS}. */
    private static String place(TreePath path) {
      var parts = new ArrayDeque<String>();
      for (var at = path; at != null; at = at.getParentPath()) {
        var inClass =
            at.getParentPath() != null && at.getParentPath().getLeaf() instanceof ClassTree;
        switch (at.getLeaf()) {
          case ClassTree type when !type.getSimpleName().isEmpty() ->
              parts.addFirst(type.getSimpleName().toString());
          case MethodTree method -> parts.addFirst(method.getName().toString());
          case VariableTree field when inClass -> parts.addFirst(field.getName().toString());
          default -> {}
        }
      }
      var names = path.getCompilationUnit().getPackageName().toString().split("\\.");
      return Stream.concat(Arrays.stream(names).skip(2), parts.stream()).collect(joining("."));
    }
  }
}
