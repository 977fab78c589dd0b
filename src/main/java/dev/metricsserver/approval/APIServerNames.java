package dev.metricsserver.approval;

import dev.metricsserver.model.CertificateChain;
import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.SubjectNames;
import dev.metricsserver.reading.KubeletProbe;
import dev.metricsserver.tls.Certificates;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The names and addresses that clients use for the API servers: those in the serving certificates,
 * which a TLS handshake without credentials shows. A virtual address, a load balancer and the DNS
 * name in kubeconfigs are in no object of the cluster. Names are kept once seen, because an API
 * server that is down for maintenance shows no certificate, and keeps its names.
 */
final class APIServerNames {

  private static final Logger log = LoggerFactory.getLogger(APIServerNames.class);

  private static final Duration MAX_AGE = Duration.ofMinutes(10);
  private static final Duration MAX_AGE_OF_NOTHING = Duration.ofSeconds(5);

  /** A certificate with more names would take too much memory. */
  private static final int MAX_NAMES = 1_000;

  private static final int MAX_NAME = 253;
  private static final int HTTPS = 443;
  private static final int DNS_NAME = 2;
  private static final int IP_ADDRESS = 7;

  private final KubernetesClient client;
  private final InstantSource clock;
  private final Set<String> names = new ConcurrentSkipListSet<>();
  private Set<Endpoint> lastRead = Set.of();
  private Instant readAt = Instant.MIN;

  APIServerNames(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  /**
   * The names seen until now, at most ten minutes old; empty if no certificate was seen.
   *
   * @param endpoints the endpoints of the {@code kubernetes} Service
   */
  synchronized List<String> read(Collection<Endpoint> endpoints) {
    var now = clock.instant();
    var maxAge = names.isEmpty() ? MAX_AGE_OF_NOTHING : MAX_AGE;
    if (!lastRead.equals(Set.copyOf(endpoints)) || readAt.isBefore(now.minus(maxAge))) {
      var authorities = authorities(client.getConfiguration());
      Stream.concat(endpoints.stream(), client().stream())
          .flatMap(endpoint -> names(endpoint, authorities, now))
          .limit(MAX_NAMES)
          .forEach(names::add);
      lastRead = Set.copyOf(endpoints);
      readAt = now;
    }
    return List.copyOf(names);
  }

  /** Adds names that were seen earlier: by another replica or before a restart. */
  void remember(Collection<String> earlier) {
    earlier.stream().filter(name -> name.length() <= MAX_NAME).limit(MAX_NAMES).forEach(names::add);
  }

  /** The names seen until now, sorted. */
  List<String> seen() {
    return List.copyOf(names);
  }

  /** The endpoint that the operator itself uses: in a cluster, the address of the Service. */
  private Optional<Endpoint> client() {
    var url = URI.create(client.getMasterUrl().toString());
    return Optional.ofNullable(url.getHost())
        .filter(_ -> "https".equals(url.getScheme()))
        .map(host -> host.startsWith("[") ? host.substring(1, host.length() - 1) : host)
        .map(host -> new Endpoint(host, url.getPort() < 0 ? HTTPS : url.getPort()));
  }

  /** An attacker at an endpoint's address must not be able to block the names of nodes. */
  private static Stream<String> names(
      Endpoint endpoint, List<X509Certificate> authorities, Instant now) {
    var chain = KubeletProbe.chain(endpoint.address(), endpoint.port());
    if (chain.isEmpty()) {
      log.warn("The API server at {} presents no certificate", endpoint.address());
    }
    return chain.stream()
        .filter(c -> authorities.isEmpty() || c.leadsTo(authorities, now))
        .map(CertificateChain::leaf)
        .flatMap(APIServerNames::names);
  }

  private static Stream<String> names(X509Certificate certificate) {
    try {
      return Optional.ofNullable(certificate.getSubjectAlternativeNames()).stream()
          .flatMap(Collection::stream)
          .filter(name -> name.get(1) instanceof String text && text.length() <= MAX_NAME)
          .flatMap(APIServerNames::name);
    } catch (CertificateParsingException e) {
      return Stream.empty();
    }
  }

  private static Stream<String> name(List<?> typed) {
    var name = (String) typed.get(1);
    return switch ((Integer) typed.getFirst()) {
      case DNS_NAME -> Stream.of(name.toLowerCase(Locale.ROOT));
      case IP_ADDRESS -> SubjectNames.ip(name).stream();
      default -> Stream.empty();
    };
  }

  /** The CAs with which the operator verifies the API server; empty if they are the system's. */
  private static List<X509Certificate> authorities(Config config) {
    if (config.getCaCertData() != null) {
      return Certificates.parse(
          new String(
              Base64.getMimeDecoder().decode(config.getCaCertData()), StandardCharsets.US_ASCII));
    }
    try {
      return config.getCaCertFile() == null
          ? List.of()
          : Certificates.parse(Files.readString(Path.of(config.getCaCertFile())));
    } catch (IOException e) {
      throw new IllegalStateException("the CA of the API server cannot be read", e);
    }
  }
}
