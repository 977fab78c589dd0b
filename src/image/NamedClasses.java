import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Keeps of a library what the rest of the class path names, directly or through the library's own
 * classes, in code or in a text. Of Bouncy Castle, which has every algorithm, that is a tenth; the
 * directory of an open jar is in the heap, and is read at each start. A library that makes up names
 * of its classes must not be cut.
 *
 * <p>{@code java NamedClasses.java PACKAGE JAR...}, each in place; {@code PACKAGE} with slashes.
 */
final class NamedClasses {

  private static final Pattern VERSIONED = Pattern.compile("^META-INF/versions/\\d+/");

  private final String prefix;
  private final Pattern name;
  private final Map<String, Set<String>> library = new HashMap<>();
  private final Deque<String> named = new ArrayDeque<>();

  private NamedClasses(String prefix) {
    this.prefix = prefix;
    this.name = Pattern.compile(Pattern.quote(prefix) + "[\\w/$]+");
  }

  public static void main(String[] arguments) throws IOException {
    cut(arguments[0], Stream.of(arguments).skip(1).map(Path::of).toList());
  }

  /** Cuts those jars that have classes of the package. */
  static void cut(String prefix, List<Path> jars) throws IOException {
    var classes = new NamedClasses(prefix);
    for (var jar : jars) {
      classes.read(jar);
    }
    var kept = classes.kept();
    for (var jar : jars) {
      classes.cut(jar, kept);
    }
    System.out.printf(
        "%d of %d classes of %s are named%n", kept.size(), classes.library.size(), prefix);
  }

  private void read(Path path) throws IOException {
    try (var jar = new JarFile(path.toFile(), false)) {
      for (var entry : jar.stream().filter(NamedClasses::isClass).toList()) {
        var names = names(jar.getInputStream(entry).readAllBytes());
        var own = className(entry);
        if (own.startsWith(prefix)) {
          library.computeIfAbsent(own, _ -> new HashSet<>()).addAll(names);
        } else {
          named.addAll(names);
        }
      }
    }
  }

  private Set<String> names(byte[] classFile) {
    return StreamSupport.stream(ClassFile.of().parse(classFile).constantPool().spliterator(), false)
        .filter(Utf8Entry.class::isInstance)
        .map(text -> ((Utf8Entry) text).stringValue().replace('.', '/'))
        .flatMap(text -> name.matcher(text).results())
        .map(MatchResult::group)
        .collect(Collectors.toSet());
  }

  private Set<String> kept() {
    var kept = new HashSet<String>();
    while (!named.isEmpty()) {
      var next = named.pop();
      if (library.containsKey(next) && kept.add(next)) {
        named.addAll(library.get(next));
      }
    }
    return kept;
  }

  private void cut(Path path, Set<String> kept) throws IOException {
    var copy = path.resolveSibling("copy");
    try (var jar = new JarFile(path.toFile(), false)) {
      if (jar.stream().noneMatch(this::ofLibrary)) {
        return;
      }
      try (var out = new ZipOutputStream(Files.newOutputStream(copy))) {
        for (var entry : jar.stream().toList()) {
          if (entry.isDirectory() || ofLibrary(entry) && !kept.contains(className(entry))) {
            continue;
          }
          var same = new ZipEntry(entry.getName());
          same.setTimeLocal(entry.getTimeLocal());
          out.putNextEntry(same);
          jar.getInputStream(entry).transferTo(out);
          out.closeEntry();
        }
      }
    }
    Files.move(copy, path, StandardCopyOption.REPLACE_EXISTING);
  }

  private boolean ofLibrary(JarEntry entry) {
    return isClass(entry) && className(entry).startsWith(prefix);
  }

  private static boolean isClass(JarEntry entry) {
    return entry.getName().endsWith(".class");
  }

  private static String className(JarEntry entry) {
    return VERSIONED.matcher(entry.getName().replace(".class", "")).replaceFirst("");
  }
}
