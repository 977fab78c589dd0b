package dev.metricsserver.cli.doctor;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.cli.cluster.BestEffortReader;
import dev.metricsserver.cli.cluster.LiveCluster;
import dev.metricsserver.cli.cluster.LiveObjects;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.Consumers;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.model.DiagnosticData.Unread.Source;
import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.model.MetricsAnswer;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.Observations;
import dev.metricsserver.model.Observations.Certificate.Place;
import dev.metricsserver.reading.ConsumerReader;
import dev.metricsserver.reading.MetricsQuery;
import dev.metricsserver.reading.Observer;
import dev.metricsserver.reading.RequiredReader;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * What {@code doctor} reads of any cluster, all at the same time. Each method waits for its answer,
 * and throws a {@link CompletionException} where the API server did not answer.
 */
final class ParallelReads {

  private static final Executor AT_ONCE = task -> Thread.ofVirtual().start(task);

  private final KubernetesClient client;
  private final InstantSource clock;
  private final BestEffortReader attempts = new BestEffortReader();

  private final CompletableFuture<Optional<APIService>> apiService;
  private final CompletableFuture<Optional<MetricsServerConfig>> config;
  private final CompletableFuture<List<NodeFacts>> nodes;
  private final CompletableFuture<MetricsAnswer> answer;
  private final CompletableFuture<CertificateRequests> requests;
  private final CompletableFuture<Consumers> consumers;
  private final CompletableFuture<Optional<KubernetesVersion>> version;

  /** Starts to read. */
  ParallelReads(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
    apiService =
        start(() ->
            attempts.read(
                Source.Installation, "apiservices", this::registration, Optional.empty()));
    config = start("metricsserverconfigs", this::configuration, Optional.empty());
    nodes = start("nodes", () -> LiveCluster.nodes(client), List.of());
    answer = start(this::query);
    requests =
        start(
            "certificatesigningrequests",
            () -> LiveObjects.requests(client),
            CertificateRequests.NONE);
    consumers = start(this::readConsumers);
    version =
        start(
            "the API server's version",
            () -> Optional.of(RequiredReader.version(client)),
            Optional.empty());
  }

  /** Starts a task beside the others. */
  static <T> CompletableFuture<T> start(Supplier<T> task) {
    return CompletableFuture.supplyAsync(task, AT_ONCE);
  }

  private <T> CompletableFuture<T> start(String what, Supplier<T> read, T otherwise) {
    return start(() -> attempts.read(what, read, otherwise));
  }

  /** What could not be read. */
  BestEffortReader attempts() {
    return attempts;
  }

  /** The registration of the metrics API. */
  Optional<APIService> apiService() {
    return apiService.join();
  }

  /** The operator's resource. */
  Optional<MetricsServerConfig> config() {
    return config.join();
  }

  /** All Nodes; none where they cannot be read. */
  List<NodeFacts> nodes() {
    return nodes.join();
  }

  /** What the metrics API answers. */
  MetricsAnswer answer() {
    return answer.join();
  }

  /** The kubelets' requests for serving certificates that wait for a decision. */
  CertificateRequests requests() {
    return requests.join();
  }

  /** What depends on metrics, as far as something is wrong with it. */
  Consumers consumers() {
    return consumers.join();
  }

  /** The API server's version. */
  Optional<KubernetesVersion> version() {
    return version.join();
  }

  /** Starts to read what metrics-server serves; without the right to read Secrets it is unknown. */
  CompletableFuture<Optional<Observations.Certificate>> served(DiscoveredInstallation found) {
    return found
        .deployment()
        .flatMap(ServedCertificate::of)
        .map(certificate ->
            start(
                "secrets in namespace " + certificate.namespace(),
                () -> certificate(certificate),
                Optional.<Observations.Certificate>empty()))
        .orElse(CompletableFuture.completedFuture(Optional.empty()));
  }

  private Optional<Observations.Certificate> certificate(ServedCertificate served) {
    return Optional.ofNullable(
            client.secrets().inNamespace(served.namespace()).withName(served.secret()).get())
        .flatMap(served::in)
        .map(c -> Observer.certificate(Place.Secret, served.secret(), c));
  }

  private Optional<APIService> registration() {
    return Optional.ofNullable(
        client.resources(APIService.class).withName(Names.API_SERVICE).get());
  }

  /** A user without the right to query learns nothing of metrics-server from a 403. */
  private MetricsAnswer query() {
    var answered = MetricsQuery.query(client);
    if (answered.forbidden()) {
      attempts.note(new Unread("metrics of nodes", true, answered.error()));
      return MetricsAnswer.NOT_ASKED;
    }
    return answered;
  }

  private Consumers readConsumers() {
    var reader = new ConsumerReader(client);
    return new Consumers(
        attempts.read("horizontalpodautoscalers", reader::withoutRequests, List.of()),
        answer().answered()
            ? attempts.read(
                "metrics of pods",
                () -> reader.podsWithout(answer().nodes(), clock.instant()),
                List.of())
            : List.of(),
        attempts.read("clusterroles", reader::viewersLackMetrics, false));
  }

  private Optional<MetricsServerConfig> configuration() {
    return Optional.ofNullable(
        client.resources(MetricsServerConfig.class).withName(MetricsServerConfig.NAME).get());
  }
}
