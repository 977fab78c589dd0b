package dev.metricsserver.runtime;

import java.io.IOException;
import java.math.BigInteger;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
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
  private static final Duration LONGER_THAN_A_PROCESS_LIVES = Duration.ofDays(3650);
  private static final FileTime NEVER_CHANGES = FileTime.fromMillis(0);

  private record Identity(PrivateKey key, List<X509Certificate> chain, FileTime changed) {}

  private final Optional<Path> directory;
  private Identity identity;

  MetricsCertificate(Optional<Path> directory) {
    this.directory = directory;
  }

  private synchronized Optional<Identity> identity() {
    try {
      var changed =
          directory.isPresent()
              ? Files.getLastModifiedTime(directory.get().resolve("tls.crt"))
              : NEVER_CHANGES;
      if (identity == null || !identity.changed().equals(changed)) {
        identity = directory.isPresent() ? read(directory.get(), changed) : selfSigned();
      }
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      log.warn("The certificate for the metrics cannot be used: {}", e.toString());
    }
    return Optional.ofNullable(identity);
  }

  private static Identity read(Path directory, FileTime changed)
      throws IOException, GeneralSecurityException {
    try (var chain = Files.newInputStream(directory.resolve("tls.crt"));
        var key = new PEMParser(Files.newBufferedReader(directory.resolve("tls.key")))) {
      var converter = new JcaPEMKeyConverter();
      return new Identity(
          switch (key.readObject()) {
            case PEMKeyPair pair -> converter.getPrivateKey(pair.getPrivateKeyInfo());
            case PrivateKeyInfo info -> converter.getPrivateKey(info);
            case null, default -> throw new IOException("tls.key is no private key in PEM form");
          },
          CertificateFactory.getInstance("X.509").generateCertificates(chain).stream()
              .map(X509Certificate.class::cast)
              .toList(),
          changed);
    }
  }

  private static Identity selfSigned() throws GeneralSecurityException, OperatorCreationException {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    var key = generator.generateKeyPair();
    var name = new X500Principal("CN=metrics-server-operator");
    var now = Instant.now();
    var certificate =
        new JcaX509v3CertificateBuilder(
                name,
                new BigInteger(127, new SecureRandom()),
                Date.from(now.minus(Duration.ofHours(1))),
                Date.from(now.plus(LONGER_THAN_A_PROCESS_LIVES)),
                name,
                key.getPublic())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate()));
    return new Identity(
        key.getPrivate(),
        List.of(new JcaX509CertificateConverter().getCertificate(certificate)),
        NEVER_CHANGES);
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
