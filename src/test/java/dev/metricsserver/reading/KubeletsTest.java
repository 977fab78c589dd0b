package dev.metricsserver.reading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.model.Kubelet;
import dev.metricsserver.model.Kubelet.Handshake;
import dev.metricsserver.model.KubeletTarget;
import dev.metricsserver.model.SampleAuthority;
import dev.metricsserver.tls.Certificates;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubeletsTest {

  private static final SampleAuthority CLUSTER = SampleAuthority.root("kubernetes");
  private static final SampleAuthority OTHER = SampleAuthority.root("other");

  private final Map<String, Integer> looks = new ConcurrentHashMap<>();
  private final AtomicInteger events = new AtomicInteger();
  private final AtomicInteger atOnce = new AtomicInteger();
  private final AtomicInteger mostAtOnce = new AtomicInteger();
  private final Semaphore allowed = new Semaphore(0);
  private final AtomicReference<List<X509Certificate>> cluster =
      new AtomicReference<>(List.of(CLUSTER.certificate()));
  private final Kubelets kubelets = new Kubelets(this::look, cluster::get, InstantSource.system());

  @BeforeEach
  void start() {
    kubelets.setEventHandler(event -> events.incrementAndGet());
    kubelets.start();
  }

  @AfterEach
  void stop() {
    kubelets.stop();
  }

  @Test
  void theFirstRoundSeesAllAndRaisesAnEvent() {
    allowed.release(100);
    kubelets.look(targets(100), Optional.empty(), Set.of());

    await().until(() -> events.get() > 0 && kubelets.complete());
    assertThat(kubelets.seen()).hasSize(100);
    assertThat(looks).hasSize(100).allSatisfy((node, count) -> assertThat(count).isOne());
    assertThat(mostAtOnce.get()).isLessThanOrEqualTo(32);
  }

  @Test
  void thirtyTwoAreLookedAtAtOnce() {
    kubelets.look(targets(100), Optional.empty(), Set.of());

    await().until(() -> atOnce.get() == 32);
    assertThat(kubelets.complete()).isFalse();
    allowed.release(100);
    await().until(kubelets::complete);
    assertThat(mostAtOnce.get()).isEqualTo(32);
  }

  @Test
  void theSameTargetsAgainChangeNothing() {
    allowed.release(10);
    kubelets.look(targets(2), Optional.empty(), Set.of());
    await().until(() -> events.get() == 1);

    kubelets.look(targets(2), Optional.empty(), Set.of());

    assertThat(kubelets.complete()).isTrue();
    assertThat(looks).containsOnly(Map.entry("node-1", 1), Map.entry("node-2", 1));
  }

  @Test
  void probes_anotherGivenAuthority_startAgain() throws Exception {
    allowed.release(10);
    kubelets.look(targets(2), Optional.empty(), Set.of());
    await().until(kubelets::complete);
    assertThat(kubelets.seen().get("node-1").signedByGiven()).isFalse();

    kubelets.look(
        targets(2), Optional.of(Certificates.pem(List.of(OTHER.certificate()))), Set.of());

    await().until(() -> kubelets.seen().size() == 2);
    assertThat(kubelets.seen().get("node-1").signedByGiven()).isTrue();
  }

  @Test
  void probes_anotherAuthorityOfTheCluster_startAgain() {
    allowed.release(10);
    kubelets.look(targets(2), Optional.empty(), Set.of());
    await().until(kubelets::complete);

    cluster.set(List.of());
    kubelets.look(targets(2), Optional.empty(), Set.of());

    await().until(() -> kubelets.seen().size() == 2);
    assertThat(kubelets.seen().get("node-1").signedByCluster()).isFalse();
  }

  @Test
  void withoutAResourceWhatWasSeenIsForgotten() {
    allowed.release(10);
    kubelets.look(targets(2), Optional.empty(), Set.of());
    await().until(kubelets::complete);

    kubelets.onResourceDeleted(new MetricsServerConfig());
    assertThat(kubelets.seen()).isEmpty();
    // A reconcile of the deleted resource may read this a moment later.
    assertThat(kubelets.complete()).isFalse();

    allowed.drainPermits();
    assertThat(kubelets.look(targets(2), Optional.empty(), Set.of()))
        .isEqualTo(new Kubelets.Seen(Map.of(), false));
    events.set(0);
    allowed.release(10);
    await().until(kubelets::complete);
    await("a reconcile that waits is triggered, though the result is the same")
        .until(() -> events.get() == 1);
  }

  @Test
  void nothingIsLookedAtAfterTheEnd() {
    kubelets.stop();
    allowed.release(10);
    kubelets.look(targets(2), Optional.empty(), Set.of());

    assertThat(looks).isEmpty();
    assertThat(kubelets.complete()).isFalse();
  }

  @Test
  void theEndInterruptsLooks() {
    kubelets.look(targets(2), Optional.empty(), Set.of());
    await().until(() -> atOnce.get() == 2);

    kubelets.stop();

    await().until(() -> atOnce.get() == 0);
    assertThat(events.get()).isZero();
  }

  /** The file of a ServiceAccount is replaced when the cluster's CA is. */
  @Test
  void theClustersAuthorityIsReadAgainWhenItsFileChanges(@TempDir Path directory) throws Exception {
    var file = directory.resolve("ca.crt");
    write(file, CLUSTER, Instant.parse("2026-11-21T12:00:00Z"));
    var authority =
        new ClusterAuthority(
            new ConfigBuilder(Config.empty()).withCaCertFile(file.toString()).build());
    assertThat(authority.read()).containsExactly(CLUSTER.certificate());

    write(file, OTHER, Instant.parse("2026-11-21T12:00:01Z"));
    assertThat(authority.read()).containsExactly(OTHER.certificate());

    Files.delete(file);
    assertThat(authority.read()).containsExactly(OTHER.certificate());
  }

  @Test
  void theClustersAuthorityIsReadFromAKubeconfig() throws Exception {
    var pem = Certificates.pem(List.of(CLUSTER.certificate(), OTHER.certificate()));
    var authority =
        new ClusterAuthority(
            new ConfigBuilder(Config.empty())
                .withCaCertData(
                    Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII)))
                .build());

    assertThat(authority.read()).containsExactly(CLUSTER.certificate(), OTHER.certificate());
  }

  private static void write(Path file, SampleAuthority authority, Instant modified)
      throws IOException, CertificateException {
    Files.writeString(file, Certificates.pem(List.of(authority.certificate())));
    Files.setLastModifiedTime(file, FileTime.from(modified));
  }

  private Kubelet look(
      KubeletTarget target, List<X509Certificate> authority, List<X509Certificate> given) {
    mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
    try {
      allowed.acquire();
      looks.merge(target.node(), 1, Integer::sum);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      atOnce.decrementAndGet();
    }
    return new Kubelet(
        Handshake.Completed,
        "",
        authority.contains(CLUSTER.certificate()),
        given.contains(OTHER.certificate()),
        List.of(target.address()),
        Instant.EPOCH,
        Instant.EPOCH.plus(Duration.ofDays(1)),
        false);
  }

  private static List<KubeletTarget> targets(int count) {
    return IntStream.rangeClosed(1, count)
        .mapToObj(i -> new KubeletTarget("node-" + i, "10.0.0." + i, 10250))
        .toList();
  }
}
