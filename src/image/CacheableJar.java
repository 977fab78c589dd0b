import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.time.Month;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A jar all of whose classes the cache of classes takes.
 *
 * <p>It takes none of a signed jar, as Bouncy Castle's are, and a digest of each of those classes
 * is kept in the heap, in text: 5 MB. Maven has checked the jars by then, and Java does not ask who
 * signed a class. Nor does it take one that was compiled for Java 5 or before, as all of picocli
 * are: those get what later ones have for the verifier, and a later version. And it should take no
 * more than is used, which is in memory as long as the operator runs: neither the names of local
 * variables nor what of a class's constants nobody refers to, 2 MB; {@link WithoutBuilder}, {@link
 * NamedOnce}.
 *
 * <p>{@code java CacheableJar.java JAR...}, a whole class path, each in place.
 */
final class CacheableJar {

  private static final LocalDateTime THEN = LocalDateTime.of(2020, Month.JANUARY, 1, 0, 0);
  private static final String MODELS = "io/fabric8/kubernetes/api/model/";
  private static final ClassTransform LATER =
      ClassTransform.endHandler(c -> c.withVersion(ClassFile.JAVA_8_VERSION, 0));

  private CacheableJar() {}

  public static void main(String[] names) throws IOException {
    var jars = Stream.of(names).map(Path::of).toList();
    copy(jars, CacheableJar::copyOf);
    for (var jar : jars) {
      Files.move(copyOf(jar), jar, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static Path copyOf(Path jar) {
    return jar.resolveSibling(jar.getFileName() + ".copy");
  }

  /** Writes the jars of a class path anew, each to where it is told. */
  static void copy(List<Path> jars, UnaryOperator<Path> to) throws IOException {
    try (var classes =
        new URLClassLoader(jars.stream().map(CacheableJar::url).toArray(URL[]::new))) {
      var format =
          ClassFile.of(
              ClassFile.ConstantPoolSharingOption.NEW_POOL,
              ClassFile.DebugElementsOption.DROP_DEBUG,
              ClassFile.ClassHierarchyResolverOption.of(
                  ClassHierarchyResolver.ofResourceParsing(classes).cached()));
      for (var jar : jars) {
        copy(jar, to.apply(jar), format);
      }
    }
  }

  /**
   * Writes a jar anew, all of it with one time, so that the same comes out each time: what is read
   * of some jars' times depends on the time zone.
   */
  private static void copy(Path from, Path to, ClassFile format) throws IOException {
    try (var jar = new JarFile(from.toFile(), false);
        var out = new ZipOutputStream(Files.newOutputStream(to))) {
      for (var entry : jar.stream().toList()) {
        var name = entry.getName();
        if (isSignature(name)) {
          continue;
        }
        var copy = new ZipEntry(name);
        copy.setTimeLocal(THEN);
        out.putNextEntry(copy);
        if (name.equals(JarFile.MANIFEST_NAME)) {
          unsigned(jar.getManifest()).write(out);
        } else {
          var content = jar.getInputStream(entry).readAllBytes();
          out.write(name.endsWith(".class") ? cacheable(content, format) : content);
        }
        out.closeEntry();
      }
    }
  }

  private static byte[] cacheable(byte[] content, ClassFile format) {
    var model = format.parse(content);
    try {
      return model.majorVersion() < ClassFile.JAVA_6_VERSION
          ? format
              .withOptions(ClassFile.StackMapsOption.GENERATE_STACK_MAPS)
              .transformClass(model, LATER)
          : format.transformClass(model, smaller(model));
    } catch (IllegalArgumentException e) {
      // It needs a library that is not there, and is not used.
      return content;
    }
  }

  private static ClassTransform smaller(ClassModel model) {
    return model.thisClass().asInternalName().startsWith(MODELS)
        ? WithoutBuilder.of(model).andThen(NamedOnce.of(model))
        : ClassTransform.ACCEPT_ALL;
  }

  private static URL url(Path jar) {
    try {
      return jar.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(jar.toString(), e);
    }
  }

  private static boolean isSignature(String name) {
    return name.matches("META-INF/[^/]+[.](SF|RSA|DSA|EC)");
  }

  /** What is said of the jar as a whole, without the digest of each file. */
  private static Manifest unsigned(Manifest manifest) {
    manifest
        .getEntries()
        .values()
        .removeIf(attributes -> attributes.keySet().stream().allMatch(CacheableJar::isDigest));
    return manifest;
  }

  private static boolean isDigest(Object attribute) {
    return ((Attributes.Name) attribute).toString().endsWith("-Digest");
  }
}
