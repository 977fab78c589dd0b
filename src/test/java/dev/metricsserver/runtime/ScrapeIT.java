package dev.metricsserver.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Skip;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.net.ssl.SSLSocketFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * Scrapes of the metrics where the DNS server never answers: in a child process with a network of
 * its own, whose only name server is a socket that never answers. The test fails when a query
 * arrives there.
 */
@IntegrationTest
class ScrapeIT {

  private static final int SCRAPES = 1000;
  private static final int IDLE_CONNECTIONS = 500;

  @Test
  void metrics_silentDnsServer_areSentWithoutALookup(@TempDir Path directory, TestReporter reporter)
      throws Exception {
    Skip.unless(namespaces("true"), "this user cannot create network and mount namespaces");
    var resolver = Files.writeString(directory.resolve("resolv.conf"), "nameserver 127.0.0.1\n");
    var hosts = Files.writeString(directory.resolve("hosts"), "");
    var child =
        command(
            "ip link set lo up && mount --bind %s /etc/resolv.conf && mount --bind %s /etc/hosts && exec %s -cp %s '%s'"
                .formatted(
                    resolver,
                    hosts,
                    Path.of(System.getProperty("java.home"), "bin/java"),
                    System.getProperty("java.class.path"),
                    Scrapes.class.getName()));
    var output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(child.waitFor()).as(output).isZero();
    var scrapes = millis(output, "scrapes");
    // How much slower than usual this machine is at the moment.
    var calibration = Math.max(1, percentile(millis(output, "handshakes"), 50) / 5);
    reporter.publishEntry(
        "scrape",
        "median %.1f ms, p99 %.1f ms, calibration %.1f"
            .formatted(percentile(scrapes, 50), percentile(scrapes, 99), calibration));
    assertThat(scrapes).as("answered scrapes").hasSize(SCRAPES);
  }

  private static boolean namespaces(String script) throws IOException, InterruptedException {
    var child = command(script);
    child.getInputStream().readAllBytes();
    return child.waitFor() == 0;
  }

  private static Process command(String script) throws IOException {
    return new ProcessBuilder("unshare", "--map-root-user", "--net", "--mount", "sh", "-c", script)
        .redirectErrorStream(true)
        .start();
  }

  private static double[] millis(String output, String name) {
    return output
        .lines()
        .filter(line -> line.startsWith(name + ":"))
        .flatMap(line -> Arrays.stream(line.substring(name.length() + 1).strip().split(" ")))
        .mapToDouble(nanos -> Long.parseLong(nanos) / 1e6)
        .sorted()
        .toArray();
  }

  private static double percentile(double[] sorted, int percent) {
    return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
  }

  /** The child process: endpoint, idle connections and scraper. Prints times in nanoseconds. */
  static final class Scrapes {

    private Scrapes() {}

    public static void main(String[] arguments) throws Exception {
      // The endpoint's threads would keep the process, and so the test, waiting.
      Thread.setDefaultUncaughtExceptionHandler((_, e) -> {
        e.printStackTrace();
        System.exit(1);
      });
      try (var silent = new DatagramSocket(53, InetAddress.getLoopbackAddress())) {
        assertThat(InetAddress.getByName("127.0.0.7").getHostName()).isEqualTo("127.0.0.7");
        assertNoQuery(silent);

        var port = 8443;
        new MetricsEndpoint(
                port,
                new MetricsCertificate(Optional.empty()),
                new MetricsAuthorizer(
                    token -> MetricsAuthorizer.Answer.Allowed, InstantSource.system()),
                () -> "metrics\n".repeat(1000))
            .start();
        var tls = Anybody.trusted().getSocketFactory();
        // The first handshakes load classes, which may take longer than the endpoint allows.
        Awaitility.await("a scrape")
            .atMost(Duration.ofMinutes(2))
            .ignoreExceptions()
            .until(() -> scrape(tls, port) > 0);
        IntStream.range(0, 50).forEach(_ -> scrape(tls, port));
        print("handshakes", IntStream.range(0, 100).mapToObj(_ -> scrape(tls, port)).toList());
        var idle = new ArrayList<Socket>();
        var times = new ArrayList<Long>();
        for (var i = 0; i < SCRAPES; i++) {
          // Those that the server has closed are replaced.
          if (i % 100 == 0) {
            for (var socket : idle) {
              socket.close();
            }
            idle.clear();
            for (var n = 0; n < IDLE_CONNECTIONS; n++) {
              idle.add(new Socket(InetAddress.getLoopbackAddress(), port));
            }
          }
          times.add(scrape(tls, port));
        }
        print("scrapes", times);
        assertNoQuery(silent);
      }
      System.exit(0);
    }

    private static void assertNoQuery(DatagramSocket dns) throws IOException {
      dns.setSoTimeout(1);
      assertThatThrownBy(() -> dns.receive(new DatagramPacket(new byte[512], 512)))
          .as("the DNS server was asked")
          .isInstanceOf(SocketTimeoutException.class);
    }

    private static void print(String name, List<Long> times) {
      System.out.print(name + ":");
      times.forEach(time -> System.out.print(" " + time));
      System.out.println();
    }

    /** One request on a connection of its own; fails when the connection is reset. */
    private static long scrape(SSLSocketFactory tls, int port) {
      var start = System.nanoTime();
      try (var socket = tls.createSocket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 5_000);
        socket.setSoTimeout(10_000);
        socket
            .getOutputStream()
            .write(
                "GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.UTF_8));
        assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
            .contains("200 OK", "metrics");
      } catch (IOException e) {
        throw new IllegalStateException("a scrape failed", e);
      }
      return System.nanoTime() - start;
    }
  }
}
