package dev.metricsserver.diagnosis;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.KubeletSpec.TLSMode;
import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.ProvidedCertificate.Problem.NoKey;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import dev.metricsserver.plan.Reason;
import dev.metricsserver.plan.Reason.CertificateNames;
import dev.metricsserver.plan.Reason.Configured;
import dev.metricsserver.plan.Reason.ConfiguredMode;
import dev.metricsserver.plan.Reason.DefaultPort;
import dev.metricsserver.plan.Reason.FewerReplicasLater;
import dev.metricsserver.plan.Reason.ImageOfVersion;
import dev.metricsserver.plan.Reason.InstalledVersion;
import dev.metricsserver.plan.Reason.LatestVersion;
import dev.metricsserver.plan.Reason.NetworkReason;
import dev.metricsserver.plan.Reason.NeverSeen;
import dev.metricsserver.plan.Reason.NewestVersion;
import dev.metricsserver.plan.Reason.NoCertificateSeen;
import dev.metricsserver.plan.Reason.NotIssued;
import dev.metricsserver.plan.Reason.NotVerifying;
import dev.metricsserver.plan.Reason.PodsNotReplaced;
import dev.metricsserver.plan.Reason.PreviousCertificate;
import dev.metricsserver.plan.Reason.ResourcesReason;
import dev.metricsserver.plan.Reason.RolledBack;
import dev.metricsserver.plan.Reason.SelfSigned;
import dev.metricsserver.plan.Reason.ServingVerified;
import dev.metricsserver.plan.Reason.SignedByAuthority;
import dev.metricsserver.plan.Reason.UnverifiedBefore;
import dev.metricsserver.plan.Reason.UsableNodes;
import dev.metricsserver.plan.Reason.VerifiedBefore;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The sentences for the reasons of decisions. */
class ReasonTextTest {

  private static final KubernetesVersion KUBERNETES = KubernetesVersion.parse("1.35");
  private static final Unusable UNUSABLE =
      new Unusable(new ObjectName("Secret", "kube-system", "mine"), new NoKey());

  static Stream<Reason> reasons() {
    return Stream.of(
            Stream.of(DefaultPort.values()),
            Stream.of(NetworkReason.values()),
            Stream.of(
                new Configured("port"),
                new RolledBack("OOMKilled"),
                new LatestVersion(KUBERNETES),
                new InstalledVersion(),
                new NewestVersion(KUBERNETES),
                new ImageOfVersion(),
                new UsableNodes(1, 3),
                new FewerReplicasLater(Duration.ofMinutes(10)),
                new ResourcesReason(250, true),
                new NoCertificateSeen(),
                new CertificateNames(2, 3),
                new ConfiguredMode(TLSMode.Verify, false),
                new ConfiguredMode(TLSMode.Verify, true),
                new ConfiguredMode(TLSMode.Insecure, false),
                new SignedByAuthority(false),
                new VerifiedBefore(),
                new NotVerifying(List.of("node-2")),
                new UnverifiedBefore(),
                new NeverSeen(),
                new ServingVerified(Source.Operator, Optional.empty()),
                new ServingVerified(Source.CertManager, Optional.empty()),
                new ServingVerified(Source.Secret, Optional.of("corporate")),
                new PreviousCertificate(UNUSABLE),
                new PodsNotReplaced(),
                new NotIssued(Optional.empty()),
                new NotIssued(Optional.of(UNUSABLE)),
                new SelfSigned()))
        .flatMap(s -> s);
  }

  @ParameterizedTest
  @MethodSource("reasons")
  void reason_any_isClauseWithoutFullStop(Reason reason) {
    assertThat(ReasonText.of(reason))
        .isNotBlank()
        .doesNotContain("null", "Optional", "[")
        .doesNotEndWith(".");
  }

  @Test
  void reasons_all_haveDifferentClauses() {
    var clauses = reasons().map(ReasonText::of).toList();

    assertThat(clauses).doesNotHaveDuplicates();
  }

  /** A new kind of reason must be added to this test. */
  @Test
  void reasons_inThisTest_areAllKinds() {
    assertThat(reasons().<Class<?>>map(Object::getClass).distinct().toList())
        .containsExactlyInAnyOrderElementsOf(leaves(Reason.class));
  }

  private static Set<Class<?>> leaves(Class<?> type) {
    return type.isSealed() && type.isInterface()
        ? Stream.of(type.getPermittedSubclasses())
            .flatMap(t -> leaves(t).stream())
            .collect(toCollection(HashSet::new))
        : Set.of(type);
  }

  @Test
  void certificatesDoNotVerify_moreThanTenNodes_namesTenAndCountsTheRest() {
    var nodes = IntStream.rangeClosed(1, 12).mapToObj(i -> "node-" + i).toList();

    assertThat(ReasonText.of(new NotVerifying(nodes)))
        .contains("node-10 and 2 more")
        .doesNotContain("node-11");
  }
}
