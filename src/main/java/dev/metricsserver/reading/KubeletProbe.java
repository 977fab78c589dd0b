package dev.metricsserver.reading;

import dev.metricsserver.model.CertificateChain;
import dev.metricsserver.model.Kubelet;
import dev.metricsserver.model.Kubelet.Handshake;
import dev.metricsserver.model.SubjectNames;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Looks at one kubelet from outside: shakes hands by TLS 1.2 or 1.3, sends no credentials and no
 * request, and hangs up. It takes two seconds at most, whatever is at the other end, and reads
 * nothing after the handshake.
 */
public final class KubeletProbe {

  private static final int READ_ONLY_PORT = 10255;
  private static final Duration LIMIT = Duration.ofSeconds(2);

  /** Enough for every network of a cluster; a firewall that drops packets costs this much. */
  private static final Duration READ_ONLY_LIMIT = Duration.ofMillis(500);

  private static final int MOST_NAMES = 64;

  /** A DNS name is not longer. */
  private static final int LONGEST_NAME = 253;

  private static final int LONGEST_DETAIL = 256;

  /** The types of a subject's alternative names: RFC 5280, 4.2.1.6. */
  private static final int DNS_NAME = 2;

  private static final int IP_ADDRESS = 7;

  private final InstantSource clock;
  private final int readOnlyPort;

  /**
   * @param clock by which certificates of CAs are valid or not
   */
  KubeletProbe(InstantSource clock) {
    this(clock, READ_ONLY_PORT);
  }

  KubeletProbe(InstantSource clock, int readOnlyPort) {
    this.clock = clock;
    this.readOnlyPort = readOnlyPort;
  }

  /**
   * Looks once.
   *
   * @param address an IP address or a DNS name
   * @param cluster the cluster's CA
   * @param given the CA that the user gave, empty without one
   */
  Kubelet look(
      String address, int port, List<X509Certificate> cluster, List<X509Certificate> given) {
    var deadline = new Deadline(LIMIT);
    try {
      var host = resolve(address, deadline);
      var kubelet =
          shakeHands(address, new InetSocketAddress(host, port), deadline, cluster, given);
      return readOnly(host, deadline.atMost(READ_ONLY_LIMIT))
          ? kubelet.withReadOnlyPort()
          : kubelet;
    } catch (IOException | RuntimeException e) {
      return without(Handshake.Unreachable, sentence(e));
    }
  }

  /**
   * The certificate that a server presents to a client without credentials; empty if it times out.
   */
  public static Optional<X509Certificate> certificate(String address, int port) {
    return chain(address, port).map(CertificateChain::leaf);
  }

  /**
   * The certificates that a server presents to a client without credentials, within two seconds.
   */
  public static Optional<CertificateChain> chain(String address, int port) {
    var deadline = new Deadline(LIMIT);
    try (var socket = new BoundedSocket(deadline)) {
      socket.connect(new InetSocketAddress(resolve(address, deadline), port), deadline.millis());
      return Optional.of(certificates(socket, address));
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      return Optional.empty();
    }
  }

  private Kubelet shakeHands(
      String address,
      InetSocketAddress peer,
      Deadline deadline,
      List<X509Certificate> cluster,
      List<X509Certificate> given) {
    try (var socket = new BoundedSocket(deadline)) {
      socket.connect(peer, deadline.millis());
      try {
        return seen(address, certificates(socket, address), cluster, given);
      } catch (IOException | GeneralSecurityException | RuntimeException e) {
        if (!deadline.over()) {
          return without(Handshake.Refused, sentence(e));
        }
        return socket.silent()
            ? without(Handshake.Unreachable, "it accepted the connection and said nothing")
            : without(Handshake.Refused, "it did not finish a TLS handshake in time");
      }
    } catch (IOException e) {
      return without(Handshake.Unreachable, sentence(e));
    }
  }

  private static CertificateChain certificates(Socket socket, String address)
      throws IOException, GeneralSecurityException {
    // A context of its own, without a memory of sessions: a resumed one would show the certificate
    // of the last look.
    var context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[0], new TrustManager[] {new AcceptsAll()}, null);
    var tls =
        (SSLSocket)
            context.getSocketFactory().createSocket(socket, address, socket.getPort(), true);
    tls.setEnabledProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
    var parameters = tls.getSSLParameters();
    parameters.setServerNames(serverName(address));
    tls.setSSLParameters(parameters);
    tls.startHandshake();
    return new CertificateChain(
        Arrays.stream(tls.getSession().getPeerCertificates())
            .map(X509Certificate.class::cast)
            .toList());
  }

  private static List<SNIServerName> serverName(String address) {
    try {
      return SubjectNames.ip(address).isPresent()
          ? List.of()
          : List.of(
              new SNIHostName(
                  address.endsWith(".") ? address.substring(0, address.length() - 1) : address));
    } catch (IllegalArgumentException e) {
      return List.of();
    }
  }

  private Kubelet seen(
      String address,
      CertificateChain chain,
      List<X509Certificate> cluster,
      List<X509Certificate> given)
      throws CertificateParsingException {
    var now = clock.instant();
    return new Kubelet(
        Handshake.Completed,
        "",
        chain.leadsTo(cluster, now),
        chain.leadsTo(given, now),
        names(chain.leaf(), address),
        chain.leaf().getNotBefore().toInstant(),
        chain.leaf().getNotAfter().toInstant(),
        false);
  }

  /** Those that cover the address come first, should there be too many. */
  private static List<String> names(X509Certificate certificate, String address)
      throws CertificateParsingException {
    return Optional.ofNullable(certificate.getSubjectAlternativeNames()).stream()
        .flatMap(Collection::stream)
        .flatMap(KubeletProbe::name)
        .distinct()
        .sorted(Comparator.comparing(name -> !SubjectNames.cover(List.of(name), address)))
        .limit(MOST_NAMES)
        .sorted()
        .toList();
  }

  private static Stream<String> name(List<?> typed) {
    if (!(typed.get(1) instanceof String name) || name.length() > LONGEST_NAME) {
      return Stream.empty();
    }
    return switch ((Integer) typed.getFirst()) {
      // A DNS name that looks like an IP address matches nothing.
      case DNS_NAME ->
          SubjectNames.ip(name).isPresent()
              ? Stream.empty()
              : Stream.of(name.toLowerCase(Locale.ROOT).intern());
      case IP_ADDRESS -> SubjectNames.ip(name).map(String::intern).stream();
      default -> Stream.empty();
    };
  }

  /** A name is looked up in a thread of its own, since nothing ends a slow look-up. */
  private static InetAddress resolve(String address, Deadline deadline) throws IOException {
    var ip = SubjectNames.ip(address);
    if (ip.isPresent()) {
      return InetAddress.ofLiteral(ip.get());
    }
    var lookUp = new FutureTask<>(() -> InetAddress.getByName(address));
    Thread.ofPlatform().daemon().name("kubelet-name").start(lookUp);
    try {
      return lookUp.get(deadline.millis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof UnknownHostException
          ? new UnknownHostException("the name " + address + " is not known")
          : new IOException(e.getCause());
    } catch (TimeoutException e) {
      throw new SocketTimeoutException("the name " + address + " could not be looked up in time");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** What a kubelet answers there is {@code ok}, without a question who asks. */
  private boolean readOnly(InetAddress host, Deadline deadline) {
    if (deadline.over()) {
      return false;
    }
    try (var socket = new BoundedSocket(deadline)) {
      socket.connect(new InetSocketAddress(host, readOnlyPort), deadline.millis());
      socket
          .getOutputStream()
          .write(
              "GET /healthz HTTP/1.0\r\nHost: kubelet\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      var answer =
          new String(socket.getInputStream().readNBytes(1024), StandardCharsets.ISO_8859_1);
      return answer.matches("(?s)HTTP/1[.][01] 200 .*\r\n\r\nok");
    } catch (IOException e) {
      return false;
    }
  }

  private static Kubelet without(Handshake handshake, String detail) {
    return new Kubelet(
        handshake, detail, false, false, List.of(), Instant.EPOCH, Instant.EPOCH, false);
  }

  private static String sentence(Exception e) {
    var message = Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName());
    return message.substring(0, Math.min(message.length(), LONGEST_DETAIL)).intern();
  }

  /** A moment that does not move. */
  private record Deadline(long nanos) {

    Deadline(Duration within) {
      this(System.nanoTime() + within.toNanos());
    }

    boolean over() {
      return nanos - System.nanoTime() <= 0;
    }

    /**
     * How long it is until then, for timeouts, of which zero means forever. Rounded up: when one
     * runs out, the deadline is over.
     */
    int millis() {
      return (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos - System.nanoTime()) + 1);
    }

    Deadline atMost(Duration limit) {
      var earlier = new Deadline(limit);
      return nanos - earlier.nanos < 0 ? this : earlier;
    }
  }

  /** A connection whose reading ends at the deadline, however often a byte arrives. */
  private static final class BoundedSocket extends Socket {

    private final Deadline deadline;
    private boolean silent = true;

    BoundedSocket(Deadline deadline) {
      this.deadline = deadline;
    }

    /** Whether nothing was read yet. */
    boolean silent() {
      return silent;
    }

    @Override
    public InputStream getInputStream() throws IOException {
      return new FilterInputStream(super.getInputStream()) {
        @Override
        public int read() throws IOException {
          var one = new byte[1];
          return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
          if (deadline.over()) {
            throw new SocketTimeoutException("Read timed out");
          }
          setSoTimeout(deadline.millis());
          var read = super.read(bytes, from, length);
          silent &= read <= 0;
          return read;
        }
      };
    }
  }

  /** Accepts every certificate: they are looked at, not trusted, and nothing is sent. */
  private static final class AcceptsAll extends X509ExtendedTrustManager {

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
