package dev.metricsserver.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The programs that tests run: those of the API server under test, and what is compiled once. */
public final class Programs {

  private Programs() {}

  /** Compiled where it is not yet. */
  public static String helm() {
    return Shell.run("deploy/local/binaries", "--helm").lines().toList().getLast();
  }

  /** Examines manifests. */
  public static String kubeScore() {
    return Shell.run("deploy/local/binaries", "--kube-score").lines().toList().getLast();
  }

  /** The part of cert-manager's controller that issues, compiled where it is not yet. */
  public static String certManager() {
    return Shell.run("deploy/local/binaries", "--cert-manager").lines().toList().getLast();
  }

  /** Checks rules and tests them. */
  public static String promtool() {
    return prometheusFolder() + "/promtool";
  }

  public static String prometheus() {
    return prometheusFolder() + "/prometheus";
  }

  /** A browser that runs without a screen; the reason where there is none and none can be had. */
  public static String browser() {
    return Shell.run("deploy/local/binaries", "--browser").lines().toList().getLast();
  }

  private static String prometheusFolder() {
    return Shell.run("deploy/local/binaries", "--prometheus").lines().toList().getLast();
  }

  /** Where kube-api-test finds its own, or has put it. */
  public static String kubectl() {
    var folder = Path.of(System.getProperty("user.home"), ".kubeapitest", "k8s");
    try (var files = Files.walk(folder, 2)) {
      return files
          .filter(file -> file.endsWith("kubectl"))
          .sorted()
          .map(Path::toString)
          .reduce((older, newer) -> newer)
          .orElseThrow(() -> new AssertionError("no kubectl in " + folder));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
