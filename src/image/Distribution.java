import dev.metricsserver.mock.MockCluster;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Builds the command line for machines without containers, in one archive: a Java runtime with the
 * modules that it needs, its jars, a cache of its loaded classes, and a launcher. Unpacks the
 * archive elsewhere, and fails when it does not work there.
 *
 * <p>{@code src/image/distribution VERSION} runs it, after the jars are built.
 */
final class Distribution {

  private static final Path TARGET = Path.of("target").toAbsolutePath();
  private static final Path JDK = Path.of(System.getProperty("java.home"));
  private static final Path SAMPLE = Path.of("deploy/examples/default.yaml").toAbsolutePath();
  private static final String MODULES =
      "java.base,java.logging,java.management,java.naming,java.net.http,java.xml,jdk.httpserver,"
          + "jdk.unsupported";
  private static final int RUNS = 5;
  private static final String THEN = "2020-01-01T00:00:00Z";

  private static final String LAUNCHER =
      """
      #!/bin/sh
      # metrics-server-operator; under the name kubectl-metrics_server it is a kubectl plugin.
      home=$(dirname "$(dirname "$(readlink -f "$0")")")
      # A command ends before a garbage collection pays.
      exec "$home/java/bin/java" "@$home/jvm.options" -Xms48m -Xmn24m -XX:AOTCache="$home/classes.aot" ${MSO_JAVA_OPTIONS-} \\
        -cp "%s" dev.metricsserver.cli.Main "$@"
      """;

  /** Exit status of {@code plan} when something would change. */
  private static final int CHANGES = 1;

  private static final String KUBECONFIG =
      """
      apiVersion: v1
      kind: Config
      current-context: training
      contexts: [{name: training, context: {cluster: training, user: training}}]
      clusters:
        - name: training
          cluster: {server: "https://localhost:%d", certificate-authority: "%s"}
      users: [{name: training, user: {token: none}}]
      """;

  private Distribution() {}

  public static void main(String[] arguments) throws Exception {
    var name = "metrics-server-operator-%s-%s".formatted(arguments[0], platform());
    var home = TARGET.resolve("dist").resolve(name);
    delete(home.getParent());
    Files.createDirectories(home.resolve("bin"));
    runtime(home.resolve("java"));
    var jars = jars(home.resolve("lib"), arguments[0]);
    Files.copy(Path.of("src/image/jvm.options"), home.resolve("jvm.options"));
    Files.copy(Path.of("LICENSE"), home.resolve("LICENSE"));
    var launcher = home.resolve("bin/metrics-server-operator");
    Files.writeString(
        launcher,
        LAUNCHER.formatted(
            jars.stream().map(jar -> "$home/lib/" + jar).collect(Collectors.joining(":"))));
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createSymbolicLink(home.resolve("bin/kubectl-metrics_server"), launcher.getFileName());
    share(home);
    // The cache is bound to the runtime and the jars by their times.
    run(home, Map.of(), List.of("find", ".", "-exec", "touch", "-h", "-d", THEN, "{}", "+"));
    train(home, jars);
    var archive = home.resolveSibling(name + ".tar.gz");
    pack(archive, name);
    check(archive, name);
  }

  /** Adds what a shell and man look for: completion and man pages. */
  private static void share(Path home) throws Exception {
    var share = home.resolve("share");
    var completion = share.resolve("bash-completion/completions/metrics-server-operator");
    Files.createDirectories(completion.getParent());
    Files.writeString(completion, java("dev.metricsserver.cli.Main", "generate-completion"));
    var asciidoc = Files.createTempDirectory("man-pages");
    try {
      java(
          "picocli.codegen.docgen.manpage.ManPageGenerator",
          "--outdir=" + asciidoc,
          "dev.metricsserver.cli.Program");
      var pages = ManPages.write(asciidoc, share.resolve("man/man1"));
      if (!pages.contains("metrics-server-operator-doctor.1")) {
        throw new IllegalStateException("no page of doctor: " + pages);
      }
    } finally {
      delete(asciidoc);
    }
  }

  /** Runs a program with this program's class path, and returns its output. */
  private static String java(String... program) throws Exception {
    var command = new ArrayList<String>();
    command.add(JDK.resolve("bin/java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(program));
    return run(Path.of("").toAbsolutePath(), Map.of(), command);
  }

  /** Packs the archive. Two builds differ in the class cache only. */
  private static void pack(Path archive, String name) throws Exception {
    run(
        archive.getParent(),
        Map.of(),
        List.of(
            "tar",
            "--create",
            "--sort=name",
            "--mtime=" + THEN,
            "--owner=0",
            "--group=0",
            "--numeric-owner",
            "--use-compress-program=gzip -n",
            "--file=" + archive,
            name));
  }

  /** Builds the image's runtime, and keeps the public CAs: a kubeconfig may rely on them. */
  private static void runtime(Path java) throws Exception {
    run(
        TARGET,
        Map.of(),
        List.of(
            JDK.resolve("bin/jlink").toString(),
            "--add-modules",
            MODULES,
            "--strip-java-debug-attributes",
            "--no-header-files",
            "--no-man-pages",
            "--compress",
            "zip-0",
            "--output",
            java.toString()));
    var security = java.resolve("conf/security/java.security");
    Files.write(
        security,
        Files.readAllLines(security).stream()
            .filter(line ->
                !line.matches("security\\.provider\\.[0-9]+=.*")
                    || line.matches(".*=(SUN|SunRsaSign|SunEC|SunJSSE|SunJCE)"))
            .toList());
  }

  private static List<String> jars(Path lib, String version) throws IOException {
    Files.createDirectories(lib);
    var jars = new ArrayList<Path>();
    jars.add(TARGET.resolve("metrics-server-operator-%s.jar".formatted(version)));
    try (var dependencies = Files.list(TARGET.resolve("image/lib"))) {
      dependencies.sorted().forEach(jars::add);
    }
    for (var jar : jars) {
      Files.copy(jar, lib.resolve(jar.getFileName()));
    }
    return jars.stream().map(jar -> jar.getFileName().toString()).toList();
  }

  /** Runs the command that loads most classes: it reads a cluster, plans, renders and compares. */
  private static void train(Path home, List<String> jars) throws Exception {
    var kubeconfig = Files.createTempFile("distribution", ".kubeconfig");
    var command = new ArrayList<String>();
    command.add(home.resolve("java/bin/java").toString());
    command.add("@" + home.resolve("jvm.options"));
    command.add("-XX:AOTCacheOutput=" + home.resolve("classes.aot"));
    command.add("-cp");
    command.add(
        jars.stream()
            .map(jar -> home.resolve("lib").resolve(jar).toString())
            .collect(Collectors.joining(":")));
    command.add("dev.metricsserver.cli.Main");
    command.addAll(List.of("plan", "-f", SAMPLE.toString(), "--kubeconfig", kubeconfig.toString()));
    try (var cluster = MockCluster.healthy()) {
      Files.writeString(
          kubeconfig, KUBECONFIG.formatted(cluster.port(), MockCluster.certificate()));
      run(home, Map.of(), command, CHANGES);
    } finally {
      Files.delete(kubeconfig);
    }
  }

  /** Runs it elsewhere with a cache that must load, as a command and as a kubectl plugin. */
  private static void check(Path archive, String name) throws Exception {
    var elsewhere = Files.createTempDirectory("metrics-server-operator");
    try {
      run(elsewhere, Map.of(), List.of("tar", "-xzf", archive.toString()));
      var bin = elsewhere.resolve(name).resolve("bin");
      var strict = Map.of("MSO_JAVA_OPTIONS", "-XX:AOTMode=on");
      var first = render(bin.resolve("metrics-server-operator"), strict);
      if (!first.contains("kind: \"APIService\"")
          || !first.equals(render(bin.resolve("kubectl-metrics_server"), strict))) {
        throw new IllegalStateException("render printed something else:\n" + first);
      }
      var times =
          IntStream.range(0, RUNS)
              .mapToObj(_ -> time(bin.resolve("metrics-server-operator")))
              .sorted()
              .toList();
      System.out.printf(
          "%s: %d MB; render takes %.2f s (the median of %d)%n",
          archive, Files.size(archive) >> 20, times.get(RUNS / 2).toMillis() / 1000.0, RUNS);
    } finally {
      delete(elsewhere);
    }
  }

  private static Duration time(Path launcher) {
    try {
      var start = Instant.now();
      render(launcher, Map.of());
      return Duration.between(start, Instant.now());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static String render(Path launcher, Map<String, String> environment) throws Exception {
    var command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(render());
    return run(launcher.getParent(), environment, command);
  }

  private static List<String> render() {
    return List.of("render", "-f", SAMPLE.toString(), "--kubernetes", "1.35", "--nodes", "3");
  }

  private static String run(Path directory, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    return run(directory, environment, command, 0);
  }

  private static String run(
      Path directory, Map<String, String> environment, List<String> command, int expected)
      throws IOException, InterruptedException {
    var output = Files.createTempFile("distribution", ".out");
    try {
      var builder =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .redirectOutput(output.toFile());
      builder.environment().putAll(environment);
      var status = builder.start().waitFor();
      if (status != expected) {
        throw new IllegalStateException("%s ended with %d".formatted(command, status));
      }
      return Files.readString(output);
    } finally {
      Files.delete(output);
    }
  }

  private static String platform() {
    var os = System.getProperty("os.name").toLowerCase(Locale.ROOT).replaceAll("[^a-z].*", "");
    var arch =
        switch (System.getProperty("os.arch")) {
          case "aarch64" -> "arm64";
          case "x86_64" -> "amd64";
          default -> System.getProperty("os.arch");
        };
    return os + "-" + arch;
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
            Files.delete(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
