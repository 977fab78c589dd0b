package dev.metricsserver.support;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Ends the operator's process, as SIGKILL does, after a number of writes: before the last one's
 * answer gets to it, or just before it sends the next one. The Lease, Events and reviews do not
 * count.
 *
 * <p>Properties: {@code crash.after}, that number; {@code crash.answer}, {@code withheld} or {@code
 * delivered}.
 */
public final class CrashingClientFactory implements HttpClient.Factory {

  private static final Set<String> WRITES = Set.of("POST", "PUT", "PATCH", "DELETE");
  private static final int AFTER = Integer.getInteger("crash.after", Integer.MAX_VALUE);
  private static final boolean WITHHELD = "withheld".equals(System.getProperty("crash.answer"));
  private static final AtomicInteger WRITTEN = new AtomicInteger();

  @Override
  public HttpClient.Builder newBuilder() {
    HttpClient.Factory factory = new JdkHttpClientFactory();
    return factory.newBuilder().addOrReplaceInterceptor("crash", new Crash());
  }

  @Override
  public int priority() {
    return 1;
  }

  private static boolean counts(HttpRequest request) {
    var path = request.uri().getPath();
    return WRITES.contains(request.method())
        && Stream.of("/leases", "/events", "reviews").noneMatch(path::contains);
  }

  private static final class Crash implements Interceptor {

    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
      if (counts(request) && WRITTEN.get() >= AFTER) {
        Runtime.getRuntime().halt(137);
      }
    }

    @Override
    public void after(
        HttpRequest request,
        HttpResponse<?> response,
        AsyncBody.Consumer<List<ByteBuffer>> consumer) {
      if (counts(request)
          && response.isSuccessful()
          && WRITTEN.incrementAndGet() >= AFTER
          && WITHHELD) {
        Runtime.getRuntime().halt(137);
      }
    }
  }
}
