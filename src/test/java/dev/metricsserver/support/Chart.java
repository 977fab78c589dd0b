package dev.metricsserver.support;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The operator's Helm chart, and what was installed before it. */
public final class Chart {

  public static final Path PATH = Path.of("deploy/helm/metrics-server-operator");

  public static final Path DEFINITION = Path.of("crds/metricsserverconfigs.metricsserver.dev.yaml");

  private Chart() {}

  /** A copy whose CustomResourceDefinition does not know {@code spec.logging} yet. */
  public static String older(Path folder) throws IOException {
    Shell.run("cp", "-R", PATH.toString(), folder.toString());
    var chart = folder.resolve(PATH.getFileName());
    Files.writeString(chart.resolve("crds").resolve(DEFINITION.getFileName()), olderDefinition());
    return chart.toString();
  }

  /** A copy of {@code deploy/base} with that older definition. */
  public static String olderBase(Path folder) throws IOException {
    Shell.run("cp", "-R", "--parents", "crds", "deploy/base", folder.toString());
    Files.writeString(folder.resolve(DEFINITION), olderDefinition());
    return folder.resolve("deploy/base").toString();
  }

  private static String olderDefinition() throws IOException {
    var yaml = new YAMLMapper();
    var definition = yaml.readTree(DEFINITION.toFile());
    var spec =
        (ObjectNode)
            definition.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties");
    assertThat(spec.remove("logging")).isNotNull();
    return yaml.writeValueAsString(definition);
  }
}
