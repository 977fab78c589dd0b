package dev.metricsserver.operator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Stands between an operator and the API server and passes everything on, credentials included,
 * until the operator's n-th write: that one reaches the API server, and then the operator dies,
 * with the answer or without.
 */
final class FaultProxy implements AutoCloseable {

  /** Whether the operator learns what came of its last write. */
  enum Answer {
    DELIVERED,
    WITHHELD
  }

  private static final Set<String> HOP_BY_HOP =
      Set.of(
          "connection",
          "host",
          "content-length",
          "expect",
          "transfer-encoding",
          "upgrade",
          "http2-settings");

  private final URI apiServer;
  private final HttpClient client;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private int writesLeft = Integer.MAX_VALUE;
  private int writes;
  private Instant lastWrite = Instant.now();
  private Answer answer;
  private Runnable kill = () -> {};
  private boolean dying;

  FaultProxy(Config config) throws IOException {
    apiServer = URI.create(config.getMasterUrl());
    client = HttpClient.newBuilder().sslContext(trusting(Path.of(config.getCaCertFile()))).build();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** From now on nothing happens but that writes are counted. */
  synchronized void passEverything() {
    writesLeft = Integer.MAX_VALUE;
    writes = 0;
    dying = false;
  }

  /**
   * Lets the operator die at its n-th write from now.
   *
   * @param process ends the operator at once
   */
  synchronized void crashAt(int n, Answer withAnswer, Runnable process) {
    passEverything();
    writesLeft = n;
    answer = withAnswer;
    kill = process;
  }

  /** How many writes there were since the last call of one of the two above. */
  synchronized int writes() {
    return writes;
  }

  /** Whether there was no write for so long, but those that make the API server look again. */
  synchronized boolean quietFor(Duration time) {
    return lastWrite.plus(time).isBefore(Instant.now());
  }

  private static boolean isLookAgain(URI uri) {
    return uri.getPath().contains("/apiservices/")
        && !String.valueOf(uri.getQuery()).contains("fieldManager=");
  }

  /** Whether this request is the last one; none is let through after it. */
  private synchronized boolean last(HttpExchange exchange) throws IOException {
    if (dying) {
      throw new IOException("the operator is dead");
    }
    var path = exchange.getRequestURI().getPath();
    if (exchange.getRequestMethod().equals("GET")
        || path.contains("/leases")
        || path.endsWith("reviews")) {
      return false;
    }
    writes++;
    if (!isLookAgain(exchange.getRequestURI())) {
      lastWrite = Instant.now();
    }
    dying = writes == writesLeft;
    return dying;
  }

  private void handle(HttpExchange exchange) {
    try (exchange) {
      var last = last(exchange);
      var response = client.send(request(exchange), BodyHandlers.ofInputStream());
      try (var body = response.body()) {
        if (last && answer == Answer.WITHHELD) {
          kill.run();
        } else if (last) {
          answer(exchange, response, new ByteArrayInputStream(body.readAllBytes()));
          kill.run();
        } else {
          answer(exchange, response, body);
        }
      }
    } catch (IOException e) {
      // One of the two hung up.
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private HttpRequest request(HttpExchange exchange) throws IOException {
    var request =
        HttpRequest.newBuilder(apiServer.resolve(exchange.getRequestURI().toString()))
            .method(
                exchange.getRequestMethod(),
                BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> {
          if (!HOP_BY_HOP.contains(name.toLowerCase(Locale.ROOT))) {
            values.forEach(value -> request.header(name, value));
          }
        });
    return request.build();
  }

  /** Watches go on for minutes: what comes is passed on at once. */
  private static void answer(
      HttpExchange exchange, HttpResponse<InputStream> response, InputStream body)
      throws IOException {
    response
        .headers()
        .firstValue("content-type")
        .ifPresent(type -> exchange.getResponseHeaders().add("Content-Type", type));
    exchange.sendResponseHeaders(response.statusCode(), 0);
    var buffer = new byte[8192];
    var out = exchange.getResponseBody();
    for (var read = body.read(buffer); read >= 0; read = body.read(buffer)) {
      out.write(buffer, 0, read);
      out.flush();
    }
    out.close();
  }

  private static SSLContext trusting(Path authority) throws IOException {
    try (var stream = Files.newInputStream(authority)) {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(stream)) {
        store.setCertificateEntry("ca-" + store.size(), certificate);
      }
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      var context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    client.shutdownNow();
  }
}
