package dev.metricsserver.model;

import static dev.metricsserver.model.SampleAuthority.NOW;
import static dev.metricsserver.model.SampleAuthority.around;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.diagnosis.ProvidedCertificateText;
import dev.metricsserver.diagnosis.RemedyRenderer;
import dev.metricsserver.model.ProvidedCertificate.Problem;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import dev.metricsserver.model.ProvidedCertificate.Usable;
import dev.metricsserver.model.SampleAuthority.Identity;
import dev.metricsserver.model.SampleAuthority.Validity;
import dev.metricsserver.tls.Certificates;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.util.io.pem.PemObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said of a Secret that a user or an issuer wrote. */
class ProvidedCertificateTest {

  private static final ObjectName SECRET = new ObjectName("Secret", "kube-system", "mine");
  private static final String NAME = "metrics-server.kube-system.svc";
  private static final SampleAuthority CA = SampleAuthority.root("corporate");
  private static final SampleAuthority OTHER = SampleAuthority.root("other");
  private static final Identity SERVER = CA.server(NAME, "metrics-server");
  private static final Map<String, String> GOOD = secret(SERVER, CA);

  @Test
  void aGoodOneIsServedAsItIs() {
    assertThat(of(GOOD))
        .isInstanceOfSatisfying(
            Usable.class,
            usable -> {
              assertThat(usable.leaf().chain()).isEqualTo(SERVER.chain());
              assertThat(usable.authorities()).containsExactly(CA.certificate());
            });
  }

  @Test
  void withTheCertificatesBetweenItAndItsCA() {
    var between = CA.intermediate("between", around(NOW));
    var server = between.server(NAME);

    assertThat(of(secret(server, CA)))
        .isInstanceOfSatisfying(
            Usable.class, usable -> assertThat(usable.leaf().chain()).hasSize(2));
    assertThat(of(with(secret(server, CA), "tls.crt", pem(server.certificate()))))
        .isInstanceOf(Unusable.class);
  }

  @Test
  void aWildcardIsAName() {
    assertThat(of(secret(CA.server("*.kube-system.svc"), CA))).isInstanceOf(Usable.class);
  }

  @Test
  void whatIsTrustedIsWhatIsValid() {
    var old = SampleAuthority.root("old", new Validity(NOW.minusSeconds(9), NOW.minusSeconds(1)));

    assertThat(of(with(GOOD, "ca.crt", pem(old.certificate(), CA.certificate()))))
        .isInstanceOfSatisfying(
            Usable.class,
            usable -> assertThat(usable.authorities()).containsExactly(CA.certificate()));
  }

  /** As openssl, cert-manager and cfssl write them. */
  @Test
  void keysOfAnyForm() throws Exception {
    var elliptic = SERVER.key().getPrivate();
    for (var form : List.of(ofOpenssl((ECPrivateKey) elliptic), pkcs8(elliptic))) {
      assertThat(of(with(GOOD, "tls.key", form))).as(form).isInstanceOf(Usable.class);
    }
    var rsa = KeyPairGenerator.getInstance("RSA").generateKeyPair().getPrivate();
    for (var form : List.of(written(() -> rsa), pkcs8(rsa))) {
      assertThat(of(with(GOOD, "tls.key", form)))
          .as(form)
          .isInstanceOfSatisfying(
              Unusable.class,
              unusable -> assertThat(unusable.problem()).isEqualTo(new Problem.OtherKey()));
    }
  }

  static Stream<Arguments> unusable() {
    var past = new Validity(NOW.minus(Duration.ofDays(90)), NOW.minusSeconds(1));
    var future = new Validity(NOW.plusSeconds(1), NOW.plus(Duration.ofDays(90)));
    return Stream.of(
        Arguments.of(without("tls.crt"), new Problem.NoCertificate()),
        Arguments.of(with(GOOD, "tls.crt", "x"), new Problem.NoCertificate()),
        Arguments.of(without("tls.key"), new Problem.NoKey()),
        Arguments.of(with(GOOD, "tls.key", GOOD.get("tls.crt")), new Problem.NoKey()),
        Arguments.of(
            with(GOOD, "tls.key", secret(CA.server(NAME), CA).get("tls.key")),
            new Problem.OtherKey()),
        Arguments.of(
            secret(CA.server("a.example", "b.example"), CA),
            new Problem.OtherNames(NAME, List.of("a.example", "b.example"))),
        Arguments.of(secret(CA.server(), CA), new Problem.OtherNames(NAME, List.of())),
        Arguments.of(
            secret(CA.server(past, NAME), CA),
            new Problem.Expired(Instant.parse("2026-11-21T11:59:59Z"))),
        Arguments.of(
            secret(CA.server(future, NAME), CA),
            new Problem.NotYetValid(Instant.parse("2026-11-21T12:00:01Z"))),
        Arguments.of(without("ca.crt"), new Problem.NoAuthority()),
        Arguments.of(
            secret(CA.server(NAME), SampleAuthority.root("late", past)), new Problem.NoAuthority()),
        Arguments.of(secret(SERVER, OTHER), new Problem.NotSigned()),
        Arguments.of(secret(CA.client(NAME), CA), new Problem.NotSigned()));
  }

  @ParameterizedTest
  @MethodSource
  void unusable(Map<String, String> data, Problem problem) {
    var unusable = new Unusable(SECRET, problem);

    assertThat(of(data)).isEqualTo(unusable);
    assertThat(unusable.exists()).isTrue();
    assertThat(ProvidedCertificateText.message(unusable))
        .contains("Secret mine in namespace kube-system")
        .doesNotContain("PRIVATE");
    assertThat(RemedyRenderer.line(ProvidedCertificateText.remedy(unusable))).startsWith("put ");
  }

  private static ProvidedCertificate of(Map<String, String> data) {
    return ProvidedCertificate.of(SECRET, data, NAME, NOW);
  }

  private static Map<String, String> secret(Identity server, SampleAuthority authority) {
    return Map.of(
        "tls.crt",
        Certificates.pem(server.chain()),
        "tls.key",
        pkcs8(server.key().getPrivate()),
        "ca.crt",
        pem(authority.certificate()));
  }

  private static Map<String, String> with(Map<String, String> data, String key, String text) {
    var changed = new HashMap<>(data);
    changed.put(key, text);
    return changed;
  }

  private static Map<String, String> without(String key) {
    var changed = new HashMap<>(GOOD);
    changed.remove(key);
    return changed;
  }

  private static String pem(X509Certificate... certificates) {
    return Certificates.pem(List.of(certificates));
  }

  private static String pkcs8(PrivateKey key) {
    return written(() -> new JcaPKCS8Generator(key, null));
  }

  /** As {@code openssl ecparam -genkey} prints it, the curve first. */
  private static String ofOpenssl(ECPrivateKey key) {
    var curve = SECObjectIdentifiers.secp256r1;
    return written(() -> new PemObject("EC PARAMETERS", curve.getEncoded()))
        + written(() ->
            new PemObject(
                "EC PRIVATE KEY",
                new org.bouncycastle.asn1.sec.ECPrivateKey(256, key.getS(), curve).getEncoded()));
  }

  private interface Source {
    Object get() throws IOException;
  }

  private static String written(Source object) {
    var text = new StringWriter();
    try (var writer = new JcaPEMWriter(text)) {
      writer.writeObject(object.get());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }
}
