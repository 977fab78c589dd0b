package dev.metricsserver.support;

import dev.metricsserver.model.SampleAuthority;
import dev.metricsserver.model.SampleAuthority.Identity;
import dev.metricsserver.model.SampleAuthority.Validity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * As many kubelets as there are loopback addresses, at one port: each shows a certificate of its
 * own, for its node's name and address.
 */
public final class LoopbackKubelets implements AutoCloseable {

  private static final int PER_NETWORK = 250;

  private final Validity validity =
      SampleAuthority.around(Instant.now().truncatedTo(ChronoUnit.SECONDS));
  private final SampleAuthority authority = SampleAuthority.root("kubernetes", validity);
  private final ServerSocket listener = new ServerSocket(0, 1024);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<String> seen = ConcurrentHashMap.newKeySet();

  public LoopbackKubelets() throws IOException {
    threads.execute(this::accept);
  }

  public int port() {
    return listener.getLocalPort();
  }

  public static String node(int number) {
    return "node-%04d".formatted(number);
  }

  public static String address(int number) {
    return "127.77.%d.%d".formatted(number / PER_NETWORK, number % PER_NETWORK + 1);
  }

  /** The certificate of the CA that signs for all of them, in PEM. */
  public String authority() throws GeneralSecurityException {
    return "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
        .formatted(
            Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(authority.certificate().getEncoded()));
  }

  /** How many of them have completed a TLS handshake. */
  public int seen() {
    return seen.size();
  }

  private void accept() {
    try {
      while (true) {
        var connection = listener.accept();
        threads.execute(() -> serve(connection));
      }
    } catch (IOException e) {
      // Closed: it is over.
    }
  }

  private void serve(Socket connection) {
    var local = connection.getLocalAddress();
    try (connection) {
      if (local.isLoopbackAddress()) {
        var context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {new Key(identity(local))}, null, null);
        var tls =
            (SSLSocket)
                context
                    .getSocketFactory()
                    .createSocket(connection, null, connection.getPort(), true);
        tls.setUseClientMode(false);
        tls.setWantClientAuth(true);
        tls.startHandshake();
        seen.add(local.getHostAddress());
      }
    } catch (IOException e) {
      // The other side hung up.
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private Identity identity(InetAddress address) {
    var octets = address.getAddress();
    var number = octets[2] * PER_NETWORK + (octets[3] & 0xff) - 1;
    return authority.server(validity, node(number), address.getHostAddress());
  }

  @Override
  public void close() throws IOException {
    listener.close();
    threads.shutdownNow();
  }

  /** One key, without a key store: to encrypt one takes longer than a handshake. */
  private static final class Key extends X509ExtendedKeyManager {

    private final Identity identity;

    Key(Identity identity) {
      this.identity = identity;
    }

    @Override
    public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
      return type.equals("EC") ? "kubelet" : null;
    }

    @Override
    public String[] getServerAliases(String type, Principal[] issuers) {
      return new String[] {"kubelet"};
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return identity.chain().toArray(X509Certificate[]::new);
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return identity.key().getPrivate();
    }

    @Override
    public String[] getClientAliases(String type, Principal[] issuers) {
      return new String[0];
    }

    @Override
    public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
      return null;
    }
  }
}
