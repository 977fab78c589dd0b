import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.time.Month;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A jar all of whose classes the cache of classes takes.
 *
 * <p>It takes none of a signed jar, as Bouncy Castle's are, and a digest of each of those classes
 * is kept in the heap, in text: 5 MB. Maven has checked the jars by then, and Java does not ask who
 * signed a class. Nor does it take one that was compiled for Java 5 or before, as all of picocli
 * are: those get what later ones have for the verifier, and a later version. And it should take no
 * more than is used: {@link WithoutBuilder}, {@link NamedOnce}.
 *
 * <p>{@code java CacheableJar.java JAR...}, each in place.
 */
final class CacheableJar {

  private static final LocalDateTime THEN = LocalDateTime.of(2020, Month.JANUARY, 1, 0, 0);
  private static final ClassTransform LATER =
      ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)
          .andThen(ClassTransform.endHandler(c -> c.withVersion(ClassFile.JAVA_8_VERSION, 0)));

  private CacheableJar() {}

  public static void main(String[] jars) throws IOException {
    for (var name : jars) {
      var jar = Path.of(name);
      var copy = jar.resolveSibling("copy");
      copy(jar, copy);
      Files.move(copy, jar, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /**
   * Writes a jar anew, all of it with one time, so that the same comes out each time: what is read
   * of some jars' times depends on the time zone.
   */
  static void copy(Path from, Path to) throws IOException {
    try (var jar = new JarFile(from.toFile(), false);
        var classes = new URLClassLoader(new URL[] {from.toUri().toURL()});
        var out = new ZipOutputStream(Files.newOutputStream(to))) {
      var format =
          ClassFile.of(
              ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
              ClassFile.ClassHierarchyResolverOption.of(
                  ClassHierarchyResolver.ofClassLoading(classes)));
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
    return major(content) < ClassFile.JAVA_6_VERSION
        ? format.transformClass(format.parse(content), LATER)
        : NamedOnce.of(WithoutBuilder.of(content));
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

  private static int major(byte[] classFile) {
    return ByteBuffer.wrap(classFile).getShort(6);
  }
}
