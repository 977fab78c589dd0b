package dev.metricsserver.support;

import dev.metricsserver.runtime.Anybody;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The operator as a process of its own, as it runs in its container but for the image. */
public final class OperatorUnderTest implements AutoCloseable {

  private static final List<String> QUICK_START =
      List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  private static final int EXIT_SECONDS = 60;
  private static final int ARCHIVE_SECONDS = 120;

  /** The tests' own, without the tests. */
  private static final List<String> CLASS_PATH =
      Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
          .filter(entry -> !entry.isEmpty() && !entry.endsWith("test-classes"))
          .toList();

  private final ClassArchive archive;
  private final Process process;
  private final Path log;
  private final int port;
  private final int metricsPort;

  public OperatorUnderTest(Path kubeconfig, String name) throws IOException {
    this(kubeconfig, name, name);
  }

  /** One with these options of its JVM instead of those for a quick start. */
  public OperatorUnderTest(Path kubeconfig, String name, List<String> jvmOptions)
      throws IOException {
    this(kubeconfig, name, name, jvmOptions, List.of(), ClassArchive.none(), Map.of());
  }

  /** One with these environment variables beside those that it needs. */
  public OperatorUnderTest(Path kubeconfig, String name, Map<String, String> environment)
      throws IOException {
    this(kubeconfig, name, name, QUICK_START, List.of(), ClassArchive.of(CLASS_PATH), environment);
  }

  /** One that takes over the identity of another, as a restarted container does. */
  public OperatorUnderTest(Path kubeconfig, String name, String logName) throws IOException {
    this(kubeconfig, name, logName, List.of(), List.of());
  }

  /** The same, with more options of its JVM, and more on its class path. */
  public OperatorUnderTest(
      Path kubeconfig, String name, String logName, List<String> jvmOptions, List<String> more)
      throws IOException {
    this(
        kubeconfig,
        name,
        logName,
        Stream.concat(QUICK_START.stream(), jvmOptions.stream()).toList(),
        more,
        ClassArchive.of(CLASS_PATH),
        Map.of());
  }

  private OperatorUnderTest(
      Path kubeconfig,
      String name,
      String logName,
      List<String> jvmOptions,
      List<String> more,
      ClassArchive archive,
      Map<String, String> settings)
      throws IOException {
    this.archive = archive;
    port = freePort();
    metricsPort = freePort();
    log = kubeconfig.resolveSibling(logName + ".log");
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmOptions);
    command.addAll(archive.options());
    command.addAll(
        List.of(
            "-cp",
            Stream.concat(CLASS_PATH.stream(), more.stream())
                .collect(Collectors.joining(File.pathSeparator)),
            "dev.metricsserver.cli.Main",
            "run"));
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    var environment = builder.environment();
    environment.put("KUBECONFIG", kubeconfig.toString());
    environment.put("POD_NAME", name);
    environment.put("POD_NAMESPACE", "metrics-server-operator");
    environment.put("HEALTH_PORT", Integer.toString(port));
    environment.put("METRICS_PORT", Integer.toString(metricsPort));
    environment.putAll(settings);
    process = builder.start();
  }

  /** What a class path needs to have more, so that the operator talks by another client. */
  public static List<String> client(
      Path folder, Class<? extends io.fabric8.kubernetes.client.http.HttpClient.Factory> factory)
      throws IOException {
    var services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(
        services.resolve(io.fabric8.kubernetes.client.http.HttpClient.Factory.class.getName()),
        factory.getName());
    return Stream.concat(
            Stream.of(folder.toString()),
            Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry -> Path.of(entry).getFileName().toString().startsWith("test")))
        .toList();
  }

  public int port() {
    return port;
  }

  /**
   * What it answers when it is asked for its metrics, whose certificate signs itself.
   *
   * @param token of the client; empty for none
   */
  public HttpResponse<String> metrics(String token) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:%d/metrics".formatted(metricsPort)));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    try (var http = HttpClient.newBuilder().sslContext(Anybody.trusted()).build()) {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  public String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return "no log: " + e.getMessage();
    }
  }

  /** The processor time that it has taken. */
  public Duration processorTime() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** A figure of {@code /proc/PID/smaps_rollup}, such as {@code Pss}, in bytes. */
  public long memory(String figure) {
    try {
      return Files.readAllLines(Path.of("/proc/%d/smaps_rollup".formatted(process.pid()))).stream()
          .filter(line -> line.startsWith(figure + ":"))
          .map(line -> line.substring(figure.length() + 1).replace(" kB", "").strip())
          .mapToLong(kilobytes -> 1024 * Long.parseLong(kilobytes))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(log(), e);
    }
  }

  /** Whether it says that it is ready. */
  public boolean isReady() {
    try {
      var connection =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:%d/readyz".formatted(port)).toURL().openConnection();
      return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
    } catch (IOException e) {
      return false;
    }
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Ends it as a node that dies would. */
  public void kill() {
    TestTimes.addProcessorTime(processorTime());
    process.destroyForcibly().onExit().join();
    archive.operatorEnded();
  }

  /** Ends it as a kubelet does. Returns the exit status. */
  public int terminate() throws InterruptedException {
    TestTimes.addProcessorTime(processorTime());
    process.destroy();
    var limit = EXIT_SECONDS + (archive.isWritten() ? ARCHIVE_SECONDS : 0);
    if (!process.waitFor(limit, TimeUnit.SECONDS)) {
      throw new AssertionError("still running %d s after SIGTERM%n%s".formatted(limit, log()));
    }
    archive.operatorEnded();
    return process.exitValue();
  }

  /** Ends it, by itself where that leaves an archive of its classes. */
  @Override
  public void close() {
    try {
      if (archive.isWritten() && process.isAlive()) {
        terminate();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      kill();
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
