package dev.metricsserver.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.metricsserver.model.SampleAuthority;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

/** Who gets the metrics, by what the API server says of a token, and over which certificate. */
class MetricsEndpointTest {

  private static final String NOBODY = "{\"status\": {\"authenticated\": false}}";
  private static final String SOMEBODY =
      """
      {"status": {"authenticated": true, "user": {"username": "prometheus", "groups": ["a", "b"]}}}
      """;
  private static final String YES = "{\"status\": {\"allowed\": true}}";
  private static final String NO = "{\"status\": {\"allowed\": false}}";

  /** What the API server was asked, in order. */
  private final List<String> asked = new ArrayList<>();

  private HttpServer apiServer;
  private KubernetesClient client;
  private Instant now = Instant.parse("2026-11-21T12:00:00Z");
  private String token = SOMEBODY;
  private String access = YES;

  @BeforeEach
  void start() throws IOException {
    apiServer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    apiServer.createContext("/apis/authentication.k8s.io", e -> answer(e, token));
    apiServer.createContext("/apis/authorization.k8s.io", e -> answer(e, access));
    apiServer.start();
    client =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder()
                    .withMasterUrl("http://127.0.0.1:" + apiServer.getAddress().getPort())
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .build();
  }

  @AfterEach
  void stop() {
    client.close();
    apiServer.stop(0);
  }

  @Test
  void whoMayReadThemGetsThem() {
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
  void whoeverIsUnknownIsToldWhatToSend() {
    token = NOBODY;
    var port = listen(Optional.empty());

    assertThat(get(port, "Bearer secret").statusCode()).isEqualTo(401);
    asked.clear();
    for (var wrong : List.of("", "Basic YTpi", "secret", "Bearer " + "x".repeat(20_000))) {
      var answer = get(port, wrong);
      assertThat(answer.statusCode()).isEqualTo(401);
      assertThat(answer.headers().firstValue("WWW-Authenticate")).contains("Bearer");
      assertThat(answer.body()).contains("token of a ServiceAccount").doesNotContain("metrics\n#");
    }
    assertThat(asked).as("what the API server was asked without a token").isEmpty();
  }

  @Test
  void whoMayNotReadThemIsRefused() {
    access = NO;
    var answer = get(listen(Optional.empty()), "Bearer secret");

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).doesNotContain("the metrics");
  }

  @Test
  void anAnswerIsRememberedShortly() {
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
  void onlySomeAnswersAreRemembered() {
    token = NOBODY;
    var readers = new MetricsAuthorizer(client, () -> now);
    readers.ask("first");
    for (var i = 0; i < 64; i++) {
      readers.ask("token-" + i);
    }
    asked.clear();

    readers.ask("token-63");
    assertThat(asked).isEmpty();
    readers.ask("first");
    assertThat(asked).hasSize(1);
  }

  @Test
  void nobodyGetsThemWhileTheApiServerIsSilent() {
    var port = listen(Optional.empty());
    apiServer.stop(0);

    var answer = get(port, "Bearer secret");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).doesNotContain("the metrics", "secret");
  }

  @Test
  void whoConnectsAndSaysNothingDoesNotKeepOthersOut() throws IOException {
    var port = listen(Optional.empty());
    try (var silent = new Socket(InetAddress.getLoopbackAddress(), port)) {
      // The beginning of a handshake.
      silent.getOutputStream().write(new byte[] {22, 3, 1});
      silent.getOutputStream().flush();

      assertThat(get(port, "Bearer secret").statusCode()).isEqualTo(200);
    }
  }

  /** As a rotated Secret changes under a running process. */
  @Test
  void theCertificateOfADirectoryIsVerifiedAndFollowed(@TempDir Path directory) throws IOException {
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

  private void answer(HttpExchange exchange, String body) throws IOException {
    asked.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(201, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
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
