package dev.metricsserver.runtime;

import dev.metricsserver.tls.Identity;
import dev.metricsserver.tls.Issuer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The serving certificate of the metrics: {@code tls.crt} and {@code tls.key} of a directory, read
 * again when they change; without one, a certificate that signs itself, made when it is first
 * needed.
 */
final class MetricsCertificate extends X509ExtendedKeyManager {

  private static final Logger log = LoggerFactory.getLogger(MetricsCertificate.class);
  private static final String ALIAS = "metrics";
  private static final FileTime NEVER_CHANGES = FileTime.fromMillis(0);

  private final Optional<Path> directory;
  private Identity identity;
  private FileTime read;

  MetricsCertificate(Optional<Path> directory) {
    this.directory = directory;
  }

  private synchronized Optional<Identity> identity() {
    try {
      var changed =
          directory.isPresent()
              ? Files.getLastModifiedTime(directory.get().resolve("tls.crt"))
              : NEVER_CHANGES;
      if (!changed.equals(read)) {
        identity =
            directory.isPresent()
                ? read(directory.get())
                : Issuer.selfSigned("metrics-server-operator", Instant.now());
        read = changed;
      }
    } catch (IOException e) {
      log.warn("The certificate for the metrics cannot be used: {}", e.toString());
    }
    return Optional.ofNullable(identity);
  }

  private static Identity read(Path directory) throws IOException {
    return Identity.parse(
            Files.readString(directory.resolve("tls.crt"), StandardCharsets.US_ASCII),
            Files.readString(directory.resolve("tls.key"), StandardCharsets.US_ASCII))
        .orElseThrow(
            () -> new IOException("tls.crt and tls.key are not a certificate and its key in PEM"));
  }

  @Override
  public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
    return identity()
        .filter(i -> i.key().getAlgorithm().equals(keyType))
        .map(_ -> ALIAS)
        .orElse(null);
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return identity().map(i -> i.chain().toArray(X509Certificate[]::new)).orElse(null);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return identity().map(Identity::key).orElse(null);
  }

  // ------------------------------------------------------------------ what a server is not asked

  @Override
  public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
    return null;
  }

  @Override
  public String[] getServerAliases(String keyType, Principal[] issuers) {
    return new String[0];
  }

  @Override
  public String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
    return null;
  }

  @Override
  public String[] getClientAliases(String keyType, Principal[] issuers) {
    return new String[0];
  }
}
