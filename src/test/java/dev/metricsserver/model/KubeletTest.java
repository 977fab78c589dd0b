package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.Kubelet.Handshake;
import dev.metricsserver.model.NodeFacts.Address;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubeletTest {

  private static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant UNTIL = FROM.plus(Duration.ofDays(1));
  private static final Address ADDRESS = new Address("InternalIP", "10.0.0.1");

  /** By the cluster's CA alone. */
  private static final Kubelet KUBELET =
      new Kubelet(Handshake.Completed, "", true, false, List.of("10.0.0.1"), FROM, UNTIL, false);

  /** The rules of Go's crypto/x509, VerifyHostname. */
  @ParameterizedTest(name = "{0} covers {1}: {2}")
  @CsvSource({
    "10.0.0.7, 10.0.0.7, true",
    "10.0.0.7, 10.0.0.8, false",
    "10.0.0.7, ::ffff:10.0.0.7, true",
    "10.0.0.7, 10.0.0.07, false",
    "fd00::7, fd00:0:0:0:0:0:0:7, true",
    "fd00::7, FD00::7, true",
    "fd00::7, fd00::8, false",
    "node-1, node-1, true",
    "node-1, NODE-1, true",
    "node-1, node-1., true",
    "node-1, node-10, false",
    "node-1, node-1.example.com, false",
    "*.example.com, node-1.example.com, true",
    "*.example.com, a.node-1.example.com, false",
    "*.example.com, example.com, false",
    "*.example.com, .example.com, false",
    "node-*.example.com, node-1.example.com, false",
    "a.*.com, a.b.com, false",
    "*, node-1, false",
    "*.0.0.7, 10.0.0.7, false",
    "ip_10, ip_10, true",
    "-node, -node, true",
    "node-1, '', false"
  })
  void aCertificateCoversWhatGoSaysItCovers(String name, String address, boolean covered) {
    assertThat(named(name).covers(new Address("InternalIP", address))).isEqualTo(covered);
  }

  @Test
  void verified_signedValidAndCovering_isTrue() {
    assertThat(KUBELET.verified(ADDRESS, false, FROM)).isTrue();
    assertThat(KUBELET.verified(ADDRESS, false, UNTIL)).isTrue();
  }

  @Test
  void verified_outsideValidity_isFalse() {
    assertThat(KUBELET.verified(ADDRESS, false, FROM.minusMillis(1))).isFalse();
    assertThat(KUBELET.verified(ADDRESS, false, UNTIL.plusMillis(1))).isFalse();
  }

  @Test
  void verified_otherAuthority_isFalse() {
    assertThat(KUBELET.verified(ADDRESS, true, FROM)).isFalse();
  }

  @Test
  void verified_otherAddress_isFalse() {
    assertThat(KUBELET.verified(new Address("InternalIP", "10.0.0.2"), false, FROM)).isFalse();
  }

  private static Kubelet named(String... names) {
    return new Kubelet(
        Handshake.Completed, "", true, false, List.of(names), Instant.EPOCH, Instant.EPOCH, false);
  }
}
