package dev.metricsserver.support;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/** The API servers that no test uses at the moment. JUnit ends them after the last test. */
final class ApiServers implements AutoCloseable {

  private final Queue<ApiServer> free = new ConcurrentLinkedQueue<>();

  /** The API servers of this run of tests. */
  static ApiServers of(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(Namespace.create(ApiServers.class))
        .computeIfAbsent(ApiServers.class, _ -> new ApiServers(), ApiServers.class);
  }

  /** Returns an API server as after its start. */
  ApiServer take() {
    var server = free.poll();
    return server == null ? new ApiServer() : server;
  }

  /** Resets the API server for the next test. */
  void giveBack(ApiServer server) {
    try {
      server.reset();
    } catch (RuntimeException | AssertionError e) {
      server.close();
      throw e;
    }
    free.add(server);
  }

  @Override
  public void close() {
    free.forEach(ApiServer::close);
  }
}
