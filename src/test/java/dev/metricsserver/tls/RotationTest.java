package dev.metricsserver.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the Secrets are to hold, step by step, as time passes and things are lost. */
class RotationTest {

  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
  private static final List<String> NAMES = List.of("metrics-server.kube-system.svc");

  /** A cluster in which a reconcile publishes what the Secrets held when it began. */
  private static final class Cluster {

    private ServingCertificates secrets = ServingCertificates.NONE;
    private List<X509Certificate> published = List.of();
    private boolean everywhere = true;
    private Instant now = NOW;

    /** The certificate of another issuer; null where the operator issues. */
    private Given given;

    Cluster reconcile() {
      var seen = secrets;
      var next =
          given == null
              ? Rotation.next(secrets, published, NAMES, everywhere, now)
              : Rotation.next(
                  secrets, published, given.leaf(), given.authorities(), everywhere, now);
      secrets =
          new ServingCertificates(
              // The operator's CA stays in its Secret with every issuer.
              next.authority().or(seen::authority), next.trusted(), next.leaf(), next.changed());
      published = seen.trusted().isEmpty() ? published : seen.trusted();
      return this;
    }

    Cluster after(Duration time) {
      now = now.plus(time);
      return reconcile();
    }

    /** Installed, and quiet. */
    static Cluster installed() {
      var cluster = new Cluster().reconcile().reconcile();
      assertThat(cluster.published).containsExactly(cluster.authority());
      return cluster.after(Duration.ofMinutes(10));
    }

    X509Certificate authority() {
      return secrets.authority().orElseThrow().certificate();
    }

    X509Certificate leaf() {
      return secrets.leaf().orElseThrow().certificate();
    }

    /** A leaf that the API servers refuse is a failed request. */
    Cluster serves(X509Certificate leaf) {
      assertThat(published)
          .as("whom the API servers trust")
          .anyMatch(authority -> Rotation.signed(leaf, authority));
      return this;
    }
  }

  private record Given(Identity leaf, List<X509Certificate> authorities) {

    static Given by(Identity authority) {
      return new Given(
          Issuer.leaf(authority, NAMES, NOW.minus(Duration.ofDays(30))),
          List.of(authority.certificate()));
    }
  }

  @Test
  void atFirstBothAreMade() throws Exception {
    var cluster = new Cluster().reconcile();

    cluster.leaf().verify(cluster.authority().getPublicKey());
    assertThat(cluster.secrets.trusted()).containsExactly(cluster.authority());
    assertThat(cluster.authority().getBasicConstraints()).isZero();
    assertThat(cluster.leaf().getBasicConstraints()).isNegative();
    assertThat(cluster.leaf().getSubjectAlternativeNames())
        .extracting(List::getLast)
        .isEqualTo(NAMES);
    assertThat(cluster.leaf().getNotBefore()).isBefore(NOW).isAfter(NOW.minusSeconds(3600));
  }

  @Test
  void nothingChangesWhileNothingIsDue() {
    var cluster = Cluster.installed();
    var before = cluster.secrets;

    assertThat(cluster.after(Duration.ofDays(59)).secrets).isEqualTo(before);
  }

  /** The CA was written, and the operator ended before it wrote anything else. */
  @Test
  void afterACrashThereIsNoSecondAuthority() {
    var cluster = new Cluster().reconcile();
    var authority = cluster.secrets.authority();
    cluster.secrets =
        new ServingCertificates(
            authority, cluster.secrets.trusted(), Optional.empty(), Instant.EPOCH);

    assertThat(cluster.reconcile().secrets.authority()).isEqualTo(authority);
    cluster.reconcile().serves(cluster.leaf());
  }

  @Test
  void aLeafIsRenewedAfterTwoThirdsOfItsLife() {
    var cluster = Cluster.installed();
    var authority = cluster.authority();
    var leaf = cluster.leaf();

    assertThat(cluster.after(Duration.ofDays(59)).leaf()).isEqualTo(leaf);
    assertThat(cluster.after(Duration.ofDays(1)).leaf()).isNotEqualTo(leaf);
    assertThat(cluster.authority()).isEqualTo(authority);
    assertThat(cluster.published).containsExactly(authority);
    cluster.serves(leaf).serves(cluster.leaf());
  }

  @Test
  void aNewAuthorityIsTrustedFirstSignsThenAndIsAloneInTheEnd() {
    var cluster = Cluster.installed();
    var old = cluster.authority();
    var due = old.getNotBefore().toInstant().plus(Duration.ofDays(2 * 365));
    cluster.after(Duration.between(cluster.now, due).minusHours(1)).after(Duration.ofMinutes(59));
    var oldLeaf = cluster.leaf();
    assertThat(cluster.authority()).isEqualTo(old);

    cluster.after(Duration.ofMinutes(1));
    var next = cluster.authority();
    assertThat(next).isNotEqualTo(old);
    assertThat(cluster.secrets.trusted()).containsExactly(next, old);
    cluster.reconcile().serves(oldLeaf);
    assertThat(cluster.published).containsExactly(next, old);
    assertThat(cluster.leaf()).as("while API servers may not have heard").isEqualTo(oldLeaf);

    cluster.after(Duration.ofSeconds(30));
    var nextLeaf = cluster.leaf();
    assertThat(nextLeaf).isNotEqualTo(oldLeaf);
    cluster.serves(oldLeaf).serves(nextLeaf);

    cluster.after(Duration.ofMinutes(9)).reconcile();
    assertThat(cluster.published).as("while pods may serve the old leaf").contains(old);
    cluster.after(Duration.ofMinutes(1)).reconcile();
    assertThat(cluster.published).containsExactly(next);
    assertThat(cluster.leaf()).isEqualTo(nextLeaf);
    assertThat(cluster.authority()).isEqualTo(next);
    cluster.serves(nextLeaf);
  }

  /** The publication is late: the leaf waits. */
  @Test
  void aLeafWaitsForTheRegistration() {
    var cluster = Cluster.installed();
    var leaf = cluster.leaf();
    var published = cluster.published;
    cluster.secrets =
        new ServingCertificates(Optional.empty(), List.of(), cluster.secrets.leaf(), Instant.EPOCH);

    for (var i = 0; i < 3; i++) {
      cluster.published = published;
      cluster.after(Duration.ofMinutes(20));
      assertThat(cluster.leaf()).isEqualTo(leaf);
    }
    cluster.reconcile().reconcile();
    assertThat(cluster.leaf()).as("while API servers may not have heard").isEqualTo(leaf);
    cluster.after(Duration.ofSeconds(30));
    assertThat(cluster.leaf()).isNotEqualTo(leaf);
    cluster.serves(leaf).serves(cluster.leaf());
  }

  @Test
  void aLostAuthorityIsReplacedAsAnOldOneIs() {
    var cluster = Cluster.installed();
    var old = cluster.authority();
    var leaf = cluster.leaf();
    cluster.secrets =
        new ServingCertificates(Optional.empty(), List.of(), cluster.secrets.leaf(), Instant.EPOCH);

    cluster.reconcile().serves(leaf).reconcile().serves(leaf);
    assertThat(cluster.published).containsExactly(cluster.authority(), old);
    cluster.after(Duration.ofSeconds(30)).serves(leaf).serves(cluster.leaf());
    assertThat(cluster.leaf()).isNotEqualTo(leaf);
    cluster.after(Duration.ofMinutes(10)).reconcile();
    assertThat(cluster.published).containsExactly(cluster.authority());
  }

  @Test
  void aLostLeafIsMadeAtOnce() {
    var cluster = Cluster.installed();
    var leaf = cluster.leaf();
    cluster.secrets =
        new ServingCertificates(
            cluster.secrets.authority(),
            cluster.secrets.trusted(),
            Optional.empty(),
            Instant.EPOCH);

    cluster.reconcile().serves(leaf).serves(cluster.leaf());
    assertThat(cluster.leaf()).isNotEqualTo(leaf);
  }

  @Test
  void whenEverythingIsLostItIsMadeAgain() {
    var cluster = Cluster.installed();
    var leaf = cluster.leaf();
    cluster.secrets = ServingCertificates.NONE;

    cluster.reconcile().serves(leaf).reconcile().serves(leaf).reconcile();
    cluster.serves(leaf).serves(cluster.leaf());
  }

  /** While pods of another form are asked too, what they serve stays trusted. */
  @Test
  void theOldAuthorityIsTrustedWhilePodsServeSomethingElse() {
    var others = Issuer.authority(NOW).certificate();
    var cluster = new Cluster();
    cluster.published = List.of(others);
    cluster.everywhere = false;

    cluster.reconcile();
    assertThat(cluster.secrets.leaf()).as("before it is trusted").isEmpty();
    cluster.reconcile().reconcile().serves(cluster.leaf());
    cluster.after(Duration.ofHours(1)).reconcile();
    assertThat(cluster.published).containsExactly(cluster.authority(), others);
    cluster.everywhere = true;
    cluster.reconcile().reconcile();
    assertThat(cluster.published).containsExactly(cluster.authority());
  }

  /** Past the end of the leaf, or of the CA too: without renewal for that long. */
  @ParameterizedTest
  @ValueSource(ints = {89, 91, 2 * 365, 3 * 365 + 1, 10_000})
  void aClockThatMovesFarHeals(int days) {
    var cluster = Cluster.installed();

    cluster.after(Duration.ofDays(days)).reconcile().reconcile();
    cluster.after(Duration.ofSeconds(30)).reconcile();
    cluster.serves(cluster.leaf());
    assertThat(cluster.leaf().getNotAfter()).isAfter(cluster.now.plus(Duration.ofDays(80)));
    assertThat(cluster.authority().getNotAfter()).isAfter(cluster.leaf().getNotAfter());
    assertThat(cluster.published).noneMatch(c -> c.getNotAfter().toInstant().isBefore(cluster.now));
  }

  @Test
  void aClockThatWasWrongHeals() {
    var cluster = Cluster.installed();
    cluster.now = NOW.minus(Duration.ofDays(400));

    cluster.reconcile().reconcile().after(Duration.ofSeconds(30)).serves(cluster.leaf());
    assertThat(cluster.leaf().getNotBefore()).isBefore(cluster.now);
    assertThat(cluster.authority().getNotBefore()).isBefore(cluster.now);
  }

  @Test
  void otherNamesNeedAnotherLeaf() {
    var cluster = Cluster.installed();

    var next =
        Rotation.next(
            cluster.secrets,
            cluster.published,
            List.of("metrics-server.other.svc"),
            true,
            cluster.now);

    assertThat(next.leaf()).isNotEqualTo(cluster.secrets.leaf());
    assertThat(next.authority()).isEqualTo(cluster.secrets.authority());
  }

  @Test
  void whatIsGivenIsServedAtOnceWhereNothingWas() {
    var cluster = new Cluster();
    cluster.given = Given.by(Issuer.authority(NOW));

    cluster.reconcile();
    assertThat(cluster.secrets.leaf()).contains(cluster.given.leaf());
    assertThat(cluster.secrets.authority()).as("none was requested").isEmpty();
    cluster.reconcile().serves(cluster.leaf());
    var before = cluster.secrets;
    assertThat(cluster.after(Duration.ofDays(59)).secrets).isEqualTo(before);
  }

  /** The user replaces CA and leaf at once, or turns to another source. */
  @Test
  void whatIsGivenIsTrustedFirstThenServedAndAloneInTheEnd() {
    var cluster = Cluster.installed();
    var first = cluster.authority();
    var firstLeaf = cluster.leaf();
    for (var i = 0; i < 2; i++) {
      var old = cluster.published;
      var oldLeaf = cluster.leaf();
      cluster.given = Given.by(Issuer.authority(cluster.now));

      cluster.reconcile().serves(oldLeaf).reconcile().serves(oldLeaf).reconcile();
      assertThat(cluster.published)
          .containsExactly(cluster.given.authorities().getFirst(), old.getFirst());
      assertThat(cluster.leaf()).as("while API servers may not have heard").isEqualTo(oldLeaf);

      cluster.after(Duration.ofSeconds(30));
      assertThat(cluster.leaf()).isEqualTo(cluster.given.leaf().certificate());
      cluster.serves(oldLeaf).serves(cluster.leaf());
      cluster.after(Duration.ofMinutes(9)).reconcile().serves(oldLeaf).serves(cluster.leaf());

      cluster.after(Duration.ofMinutes(1)).reconcile();
      assertThat(cluster.published).isEqualTo(cluster.given.authorities());
      var before = cluster.secrets;
      cluster.after(Duration.ofMinutes(1)).after(Duration.ofDays(1));
      assertThat(cluster.secrets).as("nothing is left to do").isEqualTo(before);
    }

    var givenLeaf = cluster.leaf();
    cluster.given = null;
    cluster.reconcile().serves(givenLeaf).reconcile().serves(givenLeaf);
    assertThat(cluster.published).startsWith(first);
    assertThat(cluster.leaf()).as("an old CA is not trusted for long").isEqualTo(givenLeaf);
    cluster.after(Duration.ofSeconds(30)).serves(givenLeaf).serves(cluster.leaf());
    assertThat(cluster.leaf()).isNotIn(givenLeaf, firstLeaf);
    cluster.after(Duration.ofMinutes(10)).reconcile().serves(cluster.leaf());
    assertThat(cluster.published).containsExactly(first);
    assertThat(cluster.authority()).isEqualTo(first);
  }

  @Test
  void aRenewalByTheSameAuthorityIsServedAtOnce() {
    var cluster = new Cluster();
    var authority = Issuer.authority(NOW);
    cluster.given = Given.by(authority);
    cluster.reconcile().after(Duration.ofDays(30)).reconcile();
    var leaf = cluster.leaf();

    cluster.given = Given.by(authority);
    cluster.reconcile().serves(leaf).serves(cluster.leaf());
    assertThat(cluster.leaf()).isNotEqualTo(leaf);
    assertThat(cluster.published).containsExactly(authority.certificate());
  }

  /** Two changes one after the other: what is served by then stays trusted. */
  @Test
  void aSecondChangeBeforeTheFirstIsOver() {
    var cluster = new Cluster();
    cluster.given = Given.by(Issuer.authority(NOW));
    cluster.reconcile().reconcile();
    var leaf = cluster.leaf();

    cluster.given = Given.by(Issuer.authority(NOW));
    cluster.reconcile().reconcile().after(Duration.ofSeconds(30));
    var second = cluster.leaf();
    cluster.given = Given.by(Issuer.authority(NOW));
    cluster.reconcile().reconcile().serves(leaf).serves(second);
    cluster.after(Duration.ofSeconds(30)).serves(leaf).serves(second).serves(cluster.leaf());
    assertThat(cluster.leaf()).isEqualTo(cluster.given.leaf().certificate());
    cluster.after(Duration.ofMinutes(10)).reconcile().serves(cluster.leaf());
    assertThat(cluster.published).isEqualTo(cluster.given.authorities());
  }
}
