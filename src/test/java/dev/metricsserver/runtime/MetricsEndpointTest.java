package dev.metricsserver.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.model.SampleAuthority;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which tokens the metrics are sent to, and with which certificate. */
class MetricsEndpointTest {

  private static final String INVALID = "{\"status\": {\"authenticated\": false}}";
  private static final String VALID =
      """
      {"status": {"authenticated": true, "user": {"username": "prometheus", "groups": ["a", "b"]}}}
      """;
  private static final String YES = "{\"status\": {\"allowed\": true}}";
  private static final String NO = "{\"status\": {\"allowed\": false}}";

  /** The mock logs each request. The field keeps the logger, which Java would forget. */
  private static final Logger MOCK = Logger.getLogger(MockWebServer.class.getName());

  static {
    MOCK.setLevel(Level.WARNING);
  }

  /** Bodies of the requests to the API server, in order. */
  private final List<String> asked = new ArrayList<>();

  private MockWebServer apiServer;
  private KubernetesClient client;
  private Instant now = Instant.parse("2026-11-21T12:00:00Z");
  private String token = VALID;
  private String access = YES;

  @BeforeEach
  void start() {
    apiServer = new MockWebServer();
    apiServer.setDispatcher(
        new Dispatcher() {
          @Override
          public MockResponse dispatch(RecordedRequest request) {
            asked.add(request.getUtf8Body());
            return new MockResponse()
                .setResponseCode(HttpURLConnection.HTTP_CREATED)
                .setHeader("Content-Type", "application/json")
                .setBody(request.getPath().contains("authentication") ? token : access);
          }
        });
    apiServer.start();
    client =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder(Config.empty())
                    .withMasterUrl("http://127.0.0.1:" + apiServer.getPort())
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .build();
  }

  @AfterEach
  void stop() {
    client.close();
    apiServer.shutdown();
  }

  @Test
  void metrics_tokenWithTheRight_areSent() {
    var port = listen(Optional.empty());

    assertThat(get(port, "Bearer secret").body()).isEqualTo("the metrics");
    assertThat(asked).hasSize(2);
    assertThat(asked.getFirst()).contains("\"token\":\"secret\"");
    assertThat(asked.getLast())
        .contains(
            "\"user\":\"prometheus\"",
            "\"groups\":[\"a\",\"b\"]",
            "\"nonResourceAttributes\":{\"path\":\"/metrics\",\"verb\":\"get\"}");
  }

  @Test
  void metrics_unknownToken_answer401WithAdvice() {
    token = INVALID;
    var port = listen(Optional.empty());

    assertThat(get(port, "Bearer secret").statusCode()).isEqualTo(401);
    asked.clear();
    for (var wrong : List.of("", "Basic YTpi", "secret", "Bearer " + "x".repeat(20_000))) {
      var answer = get(port, wrong);
      assertThat(answer.statusCode()).isEqualTo(401);
      assertThat(answer.headers().firstValue("WWW-Authenticate")).contains("Bearer");
      assertThat(answer.body()).contains("token of a ServiceAccount").doesNotContain("metrics\n#");
    }
    assertThat(asked).as("requests to the API server without a token").isEmpty();
  }

  @Test
  void metrics_tokenWithoutTheRight_answer403() {
    access = NO;
    var answer = get(listen(Optional.empty()), "Bearer secret");

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).doesNotContain("the metrics");
  }

  @Test
  void review_repeatedToken_isCachedBriefly() {
    var port = listen(Optional.empty());
    get(port, "Bearer secret");
    asked.clear();

    access = NO;
    now = now.plusSeconds(59);
    assertThat(get(port, "Bearer secret").statusCode()).isEqualTo(200);
    assertThat(asked).isEmpty();

    now = now.plusSeconds(1);
    assertThat(get(port, "Bearer secret").statusCode()).isEqualTo(403);
    access = YES;
    now = now.plusSeconds(9);
    assertThat(get(port, "Bearer secret").statusCode()).isEqualTo(403);
    now = now.plusSeconds(1);
    assertThat(get(port, "Bearer secret").statusCode()).isEqualTo(200);
  }

  @Test
  void review_manyUnknownTokens_doNotDisplaceAnAllowedOne() {
    var authorizer = new MetricsAuthorizer(client, () -> now);
    assertThat(authorizer.ask("prometheus")).isEqualTo(MetricsAuthorizer.Answer.Allowed);
    token = INVALID;
    IntStream.rangeClosed(0, 64).forEach(i -> authorizer.ask("token-" + i));
    asked.clear();

    assertThat(authorizer.ask("prometheus")).isEqualTo(MetricsAuthorizer.Answer.Allowed);
    authorizer.ask("token-64");
    assertThat(asked).isEmpty();
    authorizer.ask("token-0");
    assertThat(asked).as("a refused token that the cache had no room for").hasSize(1);
  }

  /** The API server does not answer any review, and 20 clients wait for one. */
  @Test
  void review_floodOfUnknownTokens_neverBlocksAKnownReader() throws Exception {
    var running = new AtomicInteger();
    var most = new AtomicInteger();
    var latch = new AtomicReference<>(new CountDownLatch(0));
    var authorizer =
        new MetricsAuthorizer(
            token -> {
              most.accumulateAndGet(running.incrementAndGet(), Math::max);
              waitFor(latch.get());
              running.decrementAndGet();
              return MetricsAuthorizer.Answer.Allowed;
            },
            () -> now);
    authorizer.ask("prometheus");
    latch.set(new CountDownLatch(1));
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      var flood =
          IntStream.range(0, 20)
              .mapToObj(i -> clients.submit(() -> authorizer.ask("x" + i)))
              .toList();
      await().until(() -> running.get() == 3);

      assertThat(authorizer.ask("prometheus")).isEqualTo(MetricsAuthorizer.Answer.Allowed);
      now = now.plusSeconds(61);
      var renewal = clients.submit(() -> authorizer.ask("prometheus"));
      await("the renewal has a turn of its own").until(() -> running.get() == 4);
      await("the flood is turned away")
          .until(() -> flood.stream().filter(Future::isDone).count() >= 17);
      latch.get().countDown();
      assertThat(renewal.get()).isEqualTo(MetricsAuthorizer.Answer.Allowed);
    }
    assertThat(most).hasValue(4);
  }

  @Test
  void metrics_apiServerDoesNotAnswer_answer503() {
    var port = listen(Optional.empty());
    apiServer.shutdown();

    var answer = get(port, "Bearer secret");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).doesNotContain("the metrics", "secret");
  }

  @Test
  void metrics_besideASilentConnection_areSent() throws IOException {
    var port = listen(Optional.empty());
    try (var silent = new Socket(InetAddress.getLoopbackAddress(), port)) {
      // The beginning of a handshake.
      silent.getOutputStream().write(new byte[] {22, 3, 1});
      silent.getOutputStream().flush();

      assertThat(get(port, "Bearer secret").statusCode()).isEqualTo(200);
    }
  }

  /** A rotated Secret changes in a running process. */
  @Test
  void certificate_directoryChanges_isReloaded(@TempDir Path directory) throws IOException {
    var first = SampleAuthority.root("first", SampleAuthority.around(Instant.now()));
    var second = SampleAuthority.root("second", SampleAuthority.around(Instant.now()));
    write(directory, first, Instant.now().minusSeconds(60));
    var port = listen(Optional.of(directory));

    assertThat(get(port, "Bearer secret", trusting(first)).statusCode()).isEqualTo(200);
    assertThatExceptionOfType(UncheckedIOException.class)
        .isThrownBy(() -> get(port, "Bearer secret", trusting(second)))
        .withCauseInstanceOf(SSLHandshakeException.class);

    write(directory, second, Instant.now());
    assertThat(get(port, "Bearer secret", trusting(second)).statusCode()).isEqualTo(200);
  }

  // -------------------------------------------------------------------------------------- helpers

  private static void waitFor(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private int listen(Optional<Path> certificate) {
    var port = freePort();
    new MetricsEndpoint(
            port,
            new MetricsCertificate(certificate),
            new MetricsAuthorizer(client, () -> now),
            () -> "the metrics")
        .start();
    return port;
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static HttpResponse<String> get(int port, String authorization) {
    return get(port, authorization, new Anybody());
  }

  private static HttpResponse<String> get(int port, String authorization, TrustManager trust) {
    try {
      var tls = SSLContext.getInstance("TLS");
      tls.init(null, new TrustManager[] {trust}, null);
      var request =
          HttpRequest.newBuilder(URI.create("https://127.0.0.1:%d/metrics".formatted(port)));
      if (!authorization.isEmpty()) {
        request.header("Authorization", authorization);
      }
      try (var http = HttpClient.newBuilder().sslContext(tls).build()) {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static TrustManager trusting(SampleAuthority authority) {
    try {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry("ca", authority.certificate());
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      return trust.getTrustManagers()[0];
    } catch (GeneralSecurityException | IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void write(Path directory, SampleAuthority authority, Instant changed)
      throws IOException {
    var server = authority.server(SampleAuthority.around(Instant.now()), "127.0.0.1");
    Files.writeString(
        directory.resolve("tls.key"), pem(new JcaPKCS8Generator(server.key().getPrivate(), null)));
    var certificate = directory.resolve("tls.crt");
    Files.writeString(certificate, pem(server.chain().getFirst()));
    Files.setLastModifiedTime(certificate, FileTime.from(changed));
  }

  private static String pem(Object object) throws IOException {
    var text = new StringWriter();
    try (var writer = new JcaPEMWriter(text)) {
      writer.writeObject(object);
    }
    return text.toString();
  }
}
