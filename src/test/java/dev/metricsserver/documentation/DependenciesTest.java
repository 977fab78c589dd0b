package dev.metricsserver.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The POM declares what the code uses, and says why. */
class DependenciesTest {

  private static final Pattern IMPORT = Pattern.compile("(?m)^import (?:static )?([\\w.]+)");
  private static final Pattern DEPENDENCY =
      Pattern.compile(
          "(-->)?\\s*<dependency>\\s*<groupId>([^<]+)</groupId>\\s*<artifactId>([^<]+)</artifactId>"
              + "(.*?)</dependency>",
          Pattern.DOTALL);

  private record Dependency(String group, String artifact, boolean explained, boolean test) {}

  @Test
  void dependencies_each_haveALineThatSaysWhy() throws IOException {
    assertThat(dependencies()).isNotEmpty().filteredOn(d -> !d.explained()).isEmpty();
  }

  @Test
  void imports_ofTheOperator_areOfDeclaredProjects() throws IOException {
    var declared =
        dependencies().filter(d -> !d.test()).map(Dependency::group).collect(Collectors.toSet());
    assertThat(undeclared("src/main/java", declared)).isEmpty();
  }

  @Test
  void imports_ofTheTests_areOfDeclaredProjects() throws IOException {
    var declared = dependencies().map(Dependency::group).collect(Collectors.toSet());
    assertThat(undeclared("src/test/java", declared)).isEmpty();
  }

  private static Stream<Dependency> dependencies() throws IOException {
    var pom = Files.readString(Path.of("pom.xml"));
    return DEPENDENCY
        .matcher(pom.substring(pom.indexOf("</dependencyManagement>"), pom.indexOf("<build>")))
        .results()
        .map(r ->
            new Dependency(
                r.group(2),
                r.group(3),
                r.group(1) != null,
                r.group(4).contains("<scope>test</scope>")));
  }

  /** Returns imported classes by the folder of their group in the local repository. */
  private static Map<String, Set<String>> undeclared(String folder, Set<String> declared)
      throws IOException {
    var found = new TreeMap<String, Set<String>>();
    try (var files = Files.walk(Path.of(folder))) {
      for (var file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        IMPORT
            .matcher(Files.readString(file))
            .results()
            .map(r -> r.group(1))
            .forEach(name ->
                group(name)
                    .filter(group ->
                        declared.stream().noneMatch(d -> group.endsWith(d.replace('.', '/'))))
                    .ifPresent(group ->
                        found.computeIfAbsent(group.toString(), _ -> new TreeSet<>()).add(name)));
      }
    }
    return found;
  }

  /**
   * Returns the folder above those of the artifact, the version and the jar, of the class that the
   * import names or has a member of.
   */
  private static Optional<Path> group(String imported) {
    for (var name = imported; name.contains("."); name = name.replaceFirst("[.][^.]+$", "")) {
      try {
        var type = Class.forName(name, false, DependenciesTest.class.getClassLoader());
        return Optional.ofNullable(type.getProtectionDomain().getCodeSource())
            .map(CodeSource::getLocation)
            .map(location -> Path.of(location.getPath()))
            .filter(jar -> jar.toString().endsWith(".jar"))
            .map(jar -> jar.getParent().getParent().getParent());
      } catch (ClassNotFoundException | LinkageError _) {
        // A member of a class.
      }
    }
    return Optional.empty();
  }
}
