package dev.metricsserver.model;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.stream.Stream;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A CA for tests. */
public final class SampleAuthority {

  /** When it is, for those who verify. */
  public static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

  private final X500Principal name;
  private final KeyPair key;
  private final X509Certificate certificate;
  private final List<X509Certificate> intermediates;

  private SampleAuthority(
      X500Principal name,
      KeyPair key,
      X509Certificate certificate,
      List<X509Certificate> intermediates) {
    this.name = name;
    this.key = key;
    this.certificate = certificate;
    this.intermediates = intermediates;
  }

  /** A root that is valid now. */
  public static SampleAuthority root(String name) {
    return root(name, around(NOW));
  }

  /** A root that is valid then. */
  public static SampleAuthority root(String name, Validity validity) {
    var key = newKey();
    var principal = new X500Principal("CN=" + name);
    var certificate = sign(principal, key, principal, key, validity, true, List.of(), List.of());
    return new SampleAuthority(principal, key, certificate, List.of());
  }

  /** An intermediate CA of this one; servers present it with their own certificate. */
  public SampleAuthority intermediate(String intermediate, Validity validity) {
    var itsKey = newKey();
    var principal = new X500Principal("CN=" + intermediate);
    var signed = sign(name, key, principal, itsKey, validity, true, List.of(), List.of());
    return new SampleAuthority(
        principal,
        itsKey,
        signed,
        Stream.concat(Stream.of(signed), intermediates.stream()).toList());
  }

  /** Someone who signs with the key of a server. */
  public static SampleAuthority impostor(Identity server) {
    return new SampleAuthority(
        server.certificate().getSubjectX500Principal(),
        server.key(),
        server.certificate(),
        server.chain());
  }

  /** Its own certificate. */
  public X509Certificate certificate() {
    return certificate;
  }

  /** A server's certificate for these names, valid now. */
  public Identity server(String... names) {
    return server(around(NOW), names);
  }

  /** A server's certificate for these names. */
  public Identity server(Validity validity, String... names) {
    return issue(validity, List.of(KeyPurposeId.id_kp_serverAuth), names);
  }

  /** A certificate that is only good for a client. */
  public Identity client(String... names) {
    return issue(around(NOW), List.of(KeyPurposeId.id_kp_clientAuth), names);
  }

  private Identity issue(Validity validity, List<KeyPurposeId> usages, String... names) {
    var itsKey = newKey();
    var leaf =
        sign(
            name,
            key,
            new X500Principal("CN=system:node:a,O=system:nodes"),
            itsKey,
            validity,
            false,
            usages,
            List.of(names));
    var chain = new ArrayList<>(List.of(leaf));
    chain.addAll(intermediates);
    return new Identity(itsKey, List.copyOf(chain));
  }

  /** A year, in the middle of which is this. */
  public static Validity around(Instant middle) {
    return new Validity(middle.minus(Duration.ofDays(182)), middle.plus(Duration.ofDays(183)));
  }

  private static KeyPair newKey() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static X509Certificate sign(
      X500Principal issuer,
      KeyPair issuerKey,
      X500Principal subject,
      KeyPair subjectKey,
      Validity validity,
      boolean authority,
      List<KeyPurposeId> usages,
      List<String> names) {
    var builder =
        new JcaX509v3CertificateBuilder(
            issuer,
            BigInteger.valueOf(System.nanoTime()),
            Date.from(validity.notBefore()),
            Date.from(validity.notAfter()),
            subject,
            subjectKey.getPublic());
    try {
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
      if (!usages.isEmpty()) {
        builder.addExtension(
            Extension.extendedKeyUsage,
            false,
            new ExtendedKeyUsage(usages.toArray(KeyPurposeId[]::new)));
      }
      if (!names.isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(
                names.stream().map(SampleAuthority::name).toArray(GeneralName[]::new)));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(issuerKey.getPrivate())));
    } catch (CertIOException | OperatorCreationException | GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static GeneralName name(String name) {
    return new GeneralName(
        SubjectNames.ip(name).isPresent() ? GeneralName.iPAddress : GeneralName.dNSName, name);
  }

  /** From when and until when. */
  public record Validity(Instant notBefore, Instant notAfter) {}

  /** A key, and the certificates to present with it. */
  public record Identity(KeyPair key, List<X509Certificate> chain) {

    /** The server's own. */
    public X509Certificate certificate() {
      return chain.getFirst();
    }
  }
}
