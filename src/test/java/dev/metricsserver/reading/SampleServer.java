package dev.metricsserver.reading;

import dev.metricsserver.model.SampleAuthority.Identity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedKeyManager;

/** Something that listens on the loopback interface, at a port of its own. */
public final class SampleServer implements AutoCloseable {

  /** What is done with a connection. */
  @FunctionalInterface
  public interface Behaviour {
    void serve(Socket connection) throws IOException, InterruptedException;
  }

  private final ServerSocket listener;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private SampleServer(ServerSocket listener, String address, Behaviour behaviour) {
    this.listener = listener;
    try {
      listener.bind(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(() -> accept(behaviour));
  }

  /** Serves connections without TLS. */
  public static SampleServer plain(String address, Behaviour behaviour) throws IOException {
    return new SampleServer(new ServerSocket(), address, behaviour);
  }

  /** Speaks TLS as a kubelet does: it asks for a client's certificate, and does without. */
  public static SampleServer tls(String address, Identity identity)
      throws IOException, GeneralSecurityException {
    return tls(address, () -> identity, "TLSv1.3");
  }

  /** Speaks a version of TLS, with the certificate that it has just then. */
  public static SampleServer tls(String address, Supplier<Identity> identity, String version)
      throws IOException, GeneralSecurityException {
    return tls(address, new KeyManager[] {new Keys(identity)}, version);
  }

  /** Has no certificate yet, and so refuses each handshake with an alert. */
  public static SampleServer refusing(String address) throws IOException, GeneralSecurityException {
    return tls(address, new KeyManager[0], "TLSv1.3");
  }

  private static SampleServer tls(String address, KeyManager[] keys, String version)
      throws IOException, GeneralSecurityException {
    var context = SSLContext.getInstance("TLS");
    context.init(keys, null, null);
    var listener = (SSLServerSocket) context.getServerSocketFactory().createServerSocket();
    listener.setEnabledProtocols(new String[] {version});
    listener.setWantClientAuth(true);
    return new SampleServer(
        listener, address, connection -> ((SSLSocket) connection).startHandshake());
  }

  /** A behaviour: keeps the connection open and says nothing. */
  public static void hang(Socket connection) throws InterruptedException {
    new CountDownLatch(1).await();
  }

  public int port() {
    return listener.getLocalPort();
  }

  private void accept(Behaviour behaviour) {
    try {
      while (true) {
        var connection = listener.accept();
        threads.execute(() -> serve(connection, behaviour));
      }
    } catch (IOException e) {
      // Closed: the test is over.
    }
  }

  private static void serve(Socket connection, Behaviour behaviour) {
    try (connection) {
      behaviour.serve(connection);
    } catch (IOException e) {
      // The other side hung up.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    threads.shutdownNow();
  }

  /** The same key for every alias. */
  private static final class Keys extends X509ExtendedKeyManager {

    private final Supplier<Identity> identity;

    Keys(Supplier<Identity> identity) {
      this.identity = identity;
    }

    @Override
    public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
      return keyType.equals("EC") ? "kubelet" : null;
    }

    @Override
    public String[] getServerAliases(String keyType, Principal[] issuers) {
      return new String[] {"kubelet"};
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return identity.get().chain().toArray(X509Certificate[]::new);
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return identity.get().key().getPrivate();
    }

    @Override
    public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
      return null;
    }

    @Override
    public String[] getClientAliases(String keyType, Principal[] issuers) {
      return new String[0];
    }
  }
}
