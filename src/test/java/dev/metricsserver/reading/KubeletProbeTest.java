package dev.metricsserver.reading;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.Kubelet;
import dev.metricsserver.model.Kubelet.Handshake;
import dev.metricsserver.model.SampleAuthority;
import dev.metricsserver.model.SampleAuthority.Identity;
import dev.metricsserver.model.SampleAuthority.Validity;
import dev.metricsserver.reading.SampleServer.Behaviour;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against servers on the loopback interface. */
class KubeletProbeTest {

  private static final String LOCAL = "127.0.0.7";
  private static final Duration LONGEST = Duration.ofMillis(2900);
  private static final Instant NOW = SampleAuthority.NOW;
  private static final Validity PAST = SampleAuthority.around(NOW.minus(Duration.ofDays(400)));
  private static final Validity FUTURE = SampleAuthority.around(NOW.plus(Duration.ofDays(400)));

  private static final SampleAuthority CLUSTER = SampleAuthority.root("kubernetes");
  private static final SampleAuthority OTHER = SampleAuthority.root("other");
  private static final SampleAuthority EXPIRED = SampleAuthority.root("expired", PAST);

  @Test
  void aCertificateOfTheClusterIsSignedByIt() throws Exception {
    var kubelet = look(CLUSTER.server(LOCAL, "Node-1"));

    assertThat(kubelet.handshake()).isEqualTo(Handshake.Completed);
    assertThat(kubelet.detail()).isEmpty();
    assertThat(kubelet.signedByCluster()).isTrue();
    assertThat(kubelet.signedByGiven()).isFalse();
    assertThat(kubelet.names()).containsExactly(LOCAL, "node-1");
    assertThat(kubelet.readOnlyPort()).isFalse();
  }

  @Test
  void anyServersCertificateIsSeen() throws Exception {
    try (var server = SampleServer.tls(LOCAL, CLUSTER.server(LOCAL))) {
      assertThat(KubeletProbe.certificate(LOCAL, server.port()))
          .hasValueSatisfying(
              c -> assertThat(c.getIssuerX500Principal().getName()).contains("kubernetes"));
    }
    try (var server = SampleServer.refusing(LOCAL)) {
      assertThat(KubeletProbe.certificate(LOCAL, server.port())).isEmpty();
    }
  }

  @Test
  void itsDatesAreToldAndDoNotUnsignIt() throws Exception {
    for (var validity : List.of(PAST, FUTURE)) {
      var kubelet = look(CLUSTER.server(validity, LOCAL));

      assertThat(kubelet.signedByCluster()).isTrue();
      assertThat(kubelet.notBefore()).isEqualTo(validity.notBefore());
      assertThat(kubelet.notAfter()).isEqualTo(validity.notAfter());
    }
  }

  @Test
  void aCertificateOfAnotherAuthorityIsUnsigned() throws Exception {
    var kubelet = look(OTHER.server(LOCAL));

    assertThat(kubelet.handshake()).isEqualTo(Handshake.Completed);
    assertThat(kubelet.signedByCluster()).isFalse();
  }

  @Test
  void aCertificateThatAnAuthorityWithTheSameNameSignedIsUnsigned() throws Exception {
    assertThat(look(SampleAuthority.root("kubernetes").server(LOCAL)).signedByCluster()).isFalse();
  }

  @Test
  void oneOfSeveralAuthoritiesIsEnough() throws Exception {
    var kubelet =
        look(CLUSTER.server(LOCAL), List.of(OTHER.certificate(), CLUSTER.certificate()), List.of());

    assertThat(kubelet.signedByCluster()).isTrue();
  }

  /** As in the middle of a rotation of the cluster's CA, whose name stays. */
  @Test
  void anAuthorityWithTheSameNameDoesNotStandInTheWay() throws Exception {
    var old = SampleAuthority.root("kubernetes").certificate();

    for (var bundle :
        List.of(List.of(old, CLUSTER.certificate()), List.of(CLUSTER.certificate(), old))) {
      assertThat(look(CLUSTER.server(LOCAL), bundle, List.of()).signedByCluster()).isTrue();
    }
  }

  @Test
  void aGivenAuthorityCountsThroughItsIntermediate() throws Exception {
    var intermediate = OTHER.intermediate("intermediate", SampleAuthority.around(NOW));
    var kubelet =
        look(
            intermediate.server(LOCAL),
            List.of(CLUSTER.certificate()),
            List.of(OTHER.certificate()));

    assertThat(kubelet.signedByCluster()).isFalse();
    assertThat(kubelet.signedByGiven()).isTrue();
  }

  @Test
  void anIntermediateThatExpiredSignsNothing() throws Exception {
    var intermediate = CLUSTER.intermediate("intermediate", PAST);

    var valid = CLUSTER.intermediate("intermediate", SampleAuthority.around(NOW));

    assertThat(look(intermediate.server(LOCAL)).signedByCluster()).isFalse();
    assertThat(look(valid.server(LOCAL)).signedByCluster()).isTrue();
    assertThat(look(intermediate.server(PAST, LOCAL)).signedByCluster()).isFalse();
  }

  @Test
  void anAuthorityThatExpiredSignsNothing() throws Exception {
    var kubelet = look(EXPIRED.server(PAST, LOCAL), List.of(EXPIRED.certificate()), List.of());

    assertThat(kubelet.handshake()).isEqualTo(Handshake.Completed);
    assertThat(kubelet.signedByCluster()).isFalse();
  }

  /** Someone who has a kubelet's client certificate is no kubelet. */
  @Test
  void aClientsCertificateServesNoServer() throws Exception {
    assertThat(look(CLUSTER.client(LOCAL)).signedByCluster()).isFalse();
  }

  @Test
  void aServersCertificateSignsNoOther() throws Exception {
    var impostor = SampleAuthority.impostor(CLUSTER.server("node-2"));

    assertThat(look(impostor.server(LOCAL)).signedByCluster()).isFalse();
    assertThat(
            look(impostor.server(LOCAL), List.of(impostor.certificate()), List.of())
                .signedByCluster())
        .isFalse();
  }

  @Test
  void aCertificateThatIsItselfTrustedIsSigned() throws Exception {
    var identity = OTHER.server(LOCAL);

    assertThat(look(identity, List.of(identity.certificate()), List.of()).signedByCluster())
        .isTrue();
  }

  @Test
  void theNamesAreForMetricsServerToDial() throws Exception {
    var kubelet = look(CLUSTER.server("10.0.0.7", "fd00:0:0::7", "*.Nodes.Example"));

    assertThat(kubelet.names()).containsExactly("*.nodes.example", "10.0.0.7", "fd00::7");
  }

  @Test
  void ofVeryManyNamesTheOneThatIsDialledIsKept() throws Exception {
    var names =
        IntStream.range(0, 300)
            .mapToObj(i -> i < 299 ? "10.0." + i / 256 + "." + i % 256 : LOCAL)
            .toArray(String[]::new);
    var kubelet = look(CLUSTER.server(names));

    assertThat(kubelet.names()).hasSize(64).contains(LOCAL);
  }

  @Test
  void aCertificateWithoutNamesNamesNothing() throws Exception {
    assertThat(look(CLUSTER.server()).names()).isEmpty();
  }

  @Test
  void aCertificateBeyondMeasureIsRefused() throws Exception {
    var names = IntStream.range(0, 5000).mapToObj(i -> "node-" + i).toArray(String[]::new);
    var kubelet = look(CLUSTER.server(names));

    assertThat(kubelet.handshake()).isEqualTo(Handshake.Refused);
    assertThat(kubelet.detail()).isNotEmpty();
  }

  @Test
  void anIPv6AddressIsDialled() throws Exception {
    try (var server = SampleServer.tls("::1", CLUSTER.server("::1"))) {
      var kubelet = look("::1", server.port());

      assertThat(kubelet.handshake()).isEqualTo(Handshake.Completed);
      assertThat(kubelet.names()).containsExactly("::1");
    }
  }

  @Test
  void aNameIsDialled() throws Exception {
    try (var server = SampleServer.tls("127.0.0.1", CLUSTER.server("localhost"))) {
      assertThat(look("localhost", server.port()).names()).containsExactly("localhost");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aNewCertificateIsSeenThoughTheServerKnowsUs(String version) throws Exception {
    var identity = new AtomicReference<>(CLUSTER.server("old"));
    try (var server = SampleServer.tls(LOCAL, identity::get, version)) {
      assertThat(look(LOCAL, server.port()).names()).containsExactly("old");

      identity.set(CLUSTER.server("new"));

      assertThat(look(LOCAL, server.port()).names()).containsExactly("new");
    }
  }

  @Test
  void anAlertIsARefusal() throws Exception {
    try (var server = SampleServer.refusing(LOCAL)) {
      var kubelet = look(LOCAL, server.port());

      assertThat(kubelet.handshake()).isEqualTo(Handshake.Refused);
      assertThat(kubelet.detail()).contains("alert").doesNotContain("" + server.port());
      assertThat(kubelet.notAfter()).isEqualTo(Instant.EPOCH);
    }
  }

  @Test
  void whatSpeaksHTTPRefuses() throws Exception {
    var kubelet = look(connection -> answer(connection, "HTTP/1.0 400 Bad Request\r\n\r\n"));

    assertThat(kubelet.handshake()).isEqualTo(Handshake.Refused);
    assertThat(kubelet.detail()).isNotEmpty();
  }

  @Test
  void whatHangsUpRefuses() throws Exception {
    assertThat(look(connection -> {}).handshake()).isEqualTo(Handshake.Refused);
  }

  @Test
  void whatSaysNothingIsUnreachableAfterTwoSeconds() throws Exception {
    var start = System.nanoTime();
    var kubelet = look(SampleServer::hang);

    assertThat(kubelet.handshake()).isEqualTo(Handshake.Unreachable);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LONGEST);
  }

  @Test
  void whatDripsIsRefusedAfterTwoSeconds() throws Exception {
    var start = System.nanoTime();
    var kubelet = look(KubeletProbeTest::drip);

    assertThat(kubelet.handshake()).isEqualTo(Handshake.Refused);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LONGEST);
  }

  @Test
  void aClosedPortIsUnreachable() throws Exception {
    var kubelet = look(LOCAL, closedPort());

    assertThat(kubelet.handshake()).isEqualTo(Handshake.Unreachable);
    assertThat(kubelet.detail()).isEqualTo("Connection refused");
    assertThat(kubelet.names()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "no such name", "a.invalid", "fe80::1%nowhere", "300.1.1.1"})
  void whatCannotBeAnAddressIsUnreachable(String address) {
    assertThat(look(address, 10250).handshake()).isEqualTo(Handshake.Unreachable);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 65536})
  void whatCannotBeAPortIsUnreachable(int port) {
    assertThat(look(LOCAL, port).handshake()).isEqualTo(Handshake.Unreachable);
  }

  @Test
  void anOpenReadOnlyPortIsSeen() throws Exception {
    assertThat(readOnly("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")).isTrue();
  }

  @Test
  void somethingElseOnTheReadOnlyPortIsNot() throws Exception {
    assertThat(readOnly("HTTP/1.0 401 Unauthorized\r\n\r\nUnauthorized")).isFalse();
    assertThat(readOnly("HTTP/1.0 200 OK\r\n\r\n<html>ok</html>")).isFalse();
    assertThat(readOnly("SSH-2.0-OpenSSH_9.2\r\n")).isFalse();
  }

  @Test
  void aReadOnlyPortThatSaysNothingTakesHalfASecond() throws Exception {
    var start = System.nanoTime();
    try (var open = SampleServer.plain(LOCAL, SampleServer::hang)) {
      var probe = new KubeletProbe(InstantSource.fixed(NOW), open.port());

      assertThat(probe.look(LOCAL, closedPort(), List.of(), List.of()).readOnlyPort()).isFalse();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(1500));
  }

  private static boolean readOnly(String answer) throws Exception {
    try (var kubelet = SampleServer.tls(LOCAL, CLUSTER.server(LOCAL));
        var open = SampleServer.plain(LOCAL, connection -> answer(connection, answer))) {
      return new KubeletProbe(InstantSource.fixed(NOW), open.port())
          .look(LOCAL, kubelet.port(), List.of(), List.of())
          .readOnlyPort();
    }
  }

  private static Kubelet look(Identity identity) throws IOException, GeneralSecurityException {
    return look(identity, List.of(CLUSTER.certificate()), List.of());
  }

  private static Kubelet look(
      Identity identity, List<X509Certificate> cluster, List<X509Certificate> given)
      throws IOException, GeneralSecurityException {
    try (var server = SampleServer.tls(LOCAL, identity)) {
      return new KubeletProbe(InstantSource.fixed(NOW), closedPort())
          .look(LOCAL, server.port(), cluster, given);
    }
  }

  private static Kubelet look(Behaviour behaviour) throws IOException {
    try (var server = SampleServer.plain(LOCAL, behaviour)) {
      return look(LOCAL, server.port());
    }
  }

  private static Kubelet look(String address, int port) {
    return new KubeletProbe(InstantSource.fixed(NOW), 1).look(address, port, List.of(), List.of());
  }

  private static int closedPort() throws IOException {
    try (var server = new ServerSocket(0, 1, InetAddress.ofLiteral(LOCAL))) {
      return server.getLocalPort();
    }
  }

  private static void answer(Socket connection, String answer) throws IOException {
    var read = connection.getInputStream().read(new byte[1024]);
    assertThat(read).isPositive();
    connection.getOutputStream().write(answer.getBytes(US_ASCII));
  }

  /** The beginning of a handshake message that is long in coming. */
  private static void drip(Socket connection) throws IOException, InterruptedException {
    connection.getOutputStream().write(new byte[] {22, 3, 3, 16, 0});
    while (true) {
      connection.getOutputStream().write(2);
      Thread.sleep(Duration.ofMillis(300));
    }
  }
}
