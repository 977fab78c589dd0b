package dev.metricsserver.cli.importer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.cli.common.Failure;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;

/** Reads YAML or JSON with all its documents, aliases and merge keys, as Helm and kubectl do. */
final class YamlDocuments {

  private static final ObjectMapper JSON = new ObjectMapper();

  private YamlDocuments() {}

  /**
   * Returns the documents that are not empty.
   *
   * @param name of the text in messages
   * @throws Failure where the text is not YAML
   */
  static List<JsonNode> read(String text, String name) {
    var options = new LoaderOptions();
    var dumper = new DumperOptions();
    var yaml =
        new Yaml(
            new SafeConstructor(options), new Representer(dumper), dumper, options, new Types());
    try {
      return StreamSupport.stream(yaml.loadAll(text).spliterator(), false)
          .<JsonNode>map(JSON::valueToTree)
          .filter(document -> !document.isNull())
          .toList();
    } catch (MarkedYAMLException e) {
      throw new Failure(
          "%s is not YAML: %s%s"
              .formatted(
                  name,
                  e.getProblem(),
                  e.getProblemMark() == null
                      ? ""
                      : " in line " + (e.getProblemMark().getLine() + 1)));
    } catch (YAMLException | IllegalArgumentException e) {
      throw new Failure("%s is not YAML: %s".formatted(name, e.getMessage()));
    }
  }

  /** Kubernetes has no dates, so what looks like one is a string. */
  private static final class Types extends Resolver {

    @Override
    public void addImplicitResolver(Tag tag, Pattern pattern, String first, int limit) {
      if (!tag.equals(Tag.TIMESTAMP)) {
        super.addImplicitResolver(tag, pattern, first, limit);
      }
    }
  }
}
