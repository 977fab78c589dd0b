package dev.metricsserver.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The image's copies of the models say less; Jackson must read and write the same of them. */
class ImageModelsTest {

  private static final String MODELS = "io/fabric8/kubernetes/api/model/";

  @Test
  void theImagesModelsHaveTheSameProperties(@TempDir Path folder) throws Exception {
    var classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .map(Path::of)
            .toList();
    var copies =
        classPath.stream()
            .filter(p -> p.getFileName().toString().startsWith("kubernetes-"))
            .map(jar -> copy(jar, folder))
            .toList();
    cacheable(copies);

    var properties = properties(classPath);
    assertThat(properties).hasSizeGreaterThan(900);
    assertThat(properties(Stream.concat(copies.stream(), classPath.stream()).toList()))
        .isEqualTo(properties);
  }

  private static Path copy(Path jar, Path folder) {
    try {
      return Files.copy(jar, folder.resolve(jar.getFileName()));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void cacheable(List<Path> jars) throws IOException, InterruptedException {
    var command =
        Stream.concat(
                Stream.of(
                    Path.of(System.getProperty("java.home"), "bin/java").toString(),
                    "src/image/CacheableJar.java"),
                jars.stream().map(Path::toString))
            .toList();
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  /** By class, as a class path of its own has them. */
  @SuppressWarnings("unchecked")
  private static SortedMap<String, String> properties(List<Path> classPath) throws Exception {
    try (var loader =
        new URLClassLoader(
            classPath.stream().map(ImageModelsTest::url).toArray(URL[]::new),
            ClassLoader.getPlatformClassLoader())) {
      return ((Supplier<SortedMap<String, String>>)
              loader.loadClass(Introspection.class.getName()).getConstructor().newInstance())
          .get();
    }
  }

  private static URL url(Path path) {
    try {
      return path.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(path.toString(), e);
    }
  }

  /** What Jackson knows of each model, with the operator's settings; in a class loader's world. */
  public static final class Introspection implements Supplier<SortedMap<String, String>> {

    private final ObjectMapper mapper = new ObjectMapper();

    @Override
    public SortedMap<String, String> get() {
      OperatorProcess.serialization(mapper);
      var properties = new TreeMap<String, String>();
      for (var source : ((URLClassLoader) Introspection.class.getClassLoader()).getURLs()) {
        if (source.getPath().contains("/kubernetes-model")) {
          models(source).forEach(model -> properties.put(model.getName(), describe(model)));
        }
      }
      return properties;
    }

    private static List<? extends Class<?>> models(URL jar) {
      try (var file = new JarFile(jar.getPath(), false)) {
        return file.stream()
            .map(entry -> entry.getName().replace(".class", ""))
            .filter(name -> name.startsWith(MODELS) && !name.matches(".*(Builder|Fluent).*"))
            .map(name -> type(name.replace('/', '.')))
            .filter(KubernetesResource.class::isAssignableFrom)
            .toList();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    private static Class<?> type(String name) {
      try {
        return Class.forName(name, false, Introspection.class.getClassLoader());
      } catch (ClassNotFoundException e) {
        return Object.class;
      }
    }

    private String describe(Class<?> model) {
      var type = mapper.constructType(model);
      return describe(
              type,
              mapper.getSerializationConfig()::introspect,
              BeanPropertyDefinition::getAccessor)
          + describe(
              type,
              mapper.getDeserializationConfig()::introspect,
              BeanPropertyDefinition::getMutator);
    }

    private static String describe(
        JavaType type,
        Function<JavaType, ? extends BeanDescription> introspect,
        Function<BeanPropertyDefinition, ? extends AnnotatedMember> member) {
      return introspect.apply(type).findProperties().stream()
          .map(property -> describe(property, member.apply(property)))
          .collect(Collectors.joining(", ", "[", "]"));
    }

    private static String describe(BeanPropertyDefinition property, AnnotatedMember member) {
      return "%s: %s %s required %s"
          .formatted(
              property.getName(),
              member == null ? "-" : member.getFullName() + " " + member.getType(),
              property.findInclusion(),
              property.isRequired());
    }
  }
}
