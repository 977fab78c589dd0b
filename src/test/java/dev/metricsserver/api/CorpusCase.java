package dev.metricsserver.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of {@code src/test/resources/crd}: a resource to create and, in a second document, what it
 * is to become.
 *
 * @param file the file
 * @param expected what the refusal must say, from the comments {@code # expect: …} at the top; none
 *     in {@code accept}
 * @param documents one or two resources
 */
record CorpusCase(Path file, List<String> expected, List<GenericKubernetesResource> documents) {

  private static final Path CORPUS = Path.of("src/test/resources/crd");
  private static final String EXPECT = "# expect: ";
  private static final ObjectMapper YAML = new YAMLMapper();

  /** The cases of a folder, {@code accept} or {@code reject}. */
  static List<CorpusCase> in(String folder) throws IOException {
    try (var files = Files.list(CORPUS.resolve(folder))) {
      var sorted = files.sorted().toList();
      var cases = new ArrayList<CorpusCase>();
      for (var file : sorted) {
        cases.add(read(file));
      }
      return cases;
    }
  }

  private static CorpusCase read(Path file) throws IOException {
    var expected =
        Files.readAllLines(file).stream()
            .filter(line -> line.startsWith(EXPECT))
            .map(line -> line.substring(EXPECT.length()))
            .toList();
    try (var documents =
        YAML.readerFor(GenericKubernetesResource.class)
            .<GenericKubernetesResource>readValues(file.toFile())) {
      return new CorpusCase(file, expected, documents.readAll());
    }
  }
}
