package dev.metricsserver.support;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The answer to a write is always there before any watch tells of it, as under load. */
public final class SlowWatchClientFactory implements HttpClient.Factory {

  /** One thread, so that the order is kept. */
  private static final Executor LATER =
      CompletableFuture.delayedExecutor(
          300,
          TimeUnit.MILLISECONDS,
          Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory()));

  @Override
  public HttpClient.Builder newBuilder() {
    HttpClient.Factory factory = new JdkHttpClientFactory();
    return factory.newBuilder().addOrReplaceInterceptor("slow", new Slow());
  }

  @Override
  public int priority() {
    return 1;
  }

  private static final class Slow implements Interceptor {

    @Override
    public AsyncBody.Consumer<List<ByteBuffer>> consumer(
        AsyncBody.Consumer<List<ByteBuffer>> consumer, HttpRequest request) {
      var query = request.uri().getQuery();
      return query != null && query.contains("watch=true") ? late(consumer) : consumer;
    }

    private static AsyncBody.Consumer<List<ByteBuffer>> late(
        AsyncBody.Consumer<List<ByteBuffer>> consumer) {
      return (value, body) -> LATER.execute(() -> consume(consumer, value, body));
    }

    private static void consume(
        AsyncBody.Consumer<List<ByteBuffer>> consumer, List<ByteBuffer> value, AsyncBody body) {
      try {
        consumer.consume(value, body);
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
