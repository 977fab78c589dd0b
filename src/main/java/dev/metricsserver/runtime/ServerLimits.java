package dev.metricsserver.runtime;

import java.util.Map;

/**
 * Bounds for the clients of the health and metrics endpoints, as system properties of the JDK's
 * HTTP server (module {@code jdk.httpserver}). Each server has its own count of connections.
 */
final class ServerLimits {

  private static final Map<String, String> PROPERTIES =
      Map.of(
          // Connections; further ones are closed at once. A connection in a TLS handshake needs up
          // to 60 kB, so that all of them fit in the heap.
          "jdk.httpserver.maxConnections", "600",
          // Seconds until a request has arrived, its TLS handshake included, and until it is
          // answered. A connection without a request is closed after the shorter of the first and
          // the idle time.
          "sun.net.httpserver.maxReqTime", "5",
          "sun.net.httpserver.maxRspTime", "15",
          // Seconds between two requests on a connection, longer than the kubelet's probe period.
          "sun.net.httpserver.idleInterval", "30",
          // Bytes of all headers: a token of 16 kB, and as much again.
          "sun.net.httpserver.maxReqHeaderSize", "32768",
          "sun.net.httpserver.maxReqHeaders", "64");

  private ServerLimits() {}

  /** Sets the limits. The JDK reads them once, when the first server of a process is created. */
  static void set() {
    PROPERTIES.forEach(System::setProperty);
  }
}
