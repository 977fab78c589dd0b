package dev.metricsserver.support;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Files that others publish in their Go modules, such as definitions of their kinds. */
public final class GoModules {

  private GoModules() {}

  /**
   * metrics-server's own Helm chart; its version is that of the module, not of the metrics-server
   * that it installs. Called metrics-server, a release has objects of the usual names.
   */
  private static String metricsServersChart() {
    return file("sigs.k8s.io/metrics-server", "v0.9.0", "charts/metrics-server").toString();
  }

  /** What helm takes to install metrics-server by that, with these arguments. */
  public static String[] installMetricsServer(String... arguments) {
    return new String[] {
      "install",
      "metrics-server",
      metricsServersChart(),
      "--set=image.tag=v0.9.0",
      "--set=args={%s}".formatted(String.join(",", arguments))
    };
  }

  /** From Go's module cache; go downloads it when it is not there, and checks it. */
  public static Path file(String module, String version, String path) {
    try {
      // Outside of any module, so that go looks at no go.mod.
      var process =
          new ProcessBuilder("go", "mod", "download", "-json", module + "@" + version)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .directory(Path.of(System.getProperty("java.io.tmpdir")).toFile())
              .start();
      var download = new ObjectMapper().readTree(process.getInputStream());
      assertThat(process.waitFor()).as("go mod download").isZero();
      var file = Path.of(download.get("Dir").asText(), path);
      assertThat(file).exists();
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
