package dev.metricsserver.model;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is looked up only while something is wrong, because it costs requests or needs rights. Two
 * of these are equal when nothing changed that is worth a look.
 *
 * @param unread what could not be read
 * @param denied what metrics-server's ServiceAccount may not do and must, such as {@code get
 *     nodes/metrics}
 * @param frontProxy whether the API servers publish how they authenticate themselves to aggregated
 *     APIs; empty when that could not be read
 * @param events what Kubernetes complains of about the pods that are not ready, the newest first
 * @param policies NetworkPolicies of others that select the pods
 * @param refusedRequests kubelets' certificate requests that were denied, or failed
 * @param stuckNamespaces namespaces that cannot be deleted because the metrics API does not answer
 * @param scrapes kubelets that metrics-server's log complains of
 * @param log what else it complains of
 */
public record DiagnosticData(
    List<Unread> unread,
    List<Right> denied,
    Optional<Boolean> frontProxy,
    List<Complaint> events,
    List<Policy> policies,
    List<RefusedRequest> refusedRequests,
    List<String> stuckNamespaces,
    List<Scrape> scrapes,
    List<String> log) {

  /** Nothing was looked up. */
  public static final DiagnosticData NONE =
      new DiagnosticData(
          List.of(),
          List.of(),
          Optional.empty(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of());

  /** The same with more that could not be read. */
  public DiagnosticData withUnread(List<Unread> more) {
    return new DiagnosticData(
        Stream.concat(
                unread.stream(),
                more.stream()
                    .filter(m -> unread.stream().noneMatch(u -> u.what().equals(m.what()))))
            .toList(),
        denied,
        frontProxy,
        events,
        policies,
        refusedRequests,
        stuckNamespaces,
        scrapes,
        log);
  }

  /**
   * Evidence that could not be read.
   *
   * @param source what it is about
   * @param what in the plural, such as {@code events in namespace kube-system}
   * @param forbidden whether a right is missing; else the API server did not answer
   * @param message the API server's message
   */
  public record Unread(Source source, String what, boolean forbidden, String message) {

    /** Evidence that needs no right of its own. */
    public Unread(String what, boolean forbidden, String message) {
      this(Source.Other, what, forbidden, message);
    }

    /** Kinds of evidence that matter for the remedy. */
    public enum Source {
      /** Logs of pods. */
      Logs,
      /** The APIService, its Service or the Deployment: without them no installation is found. */
      Installation,
      /** Everything else. */
      Other
    }
  }

  /**
   * An Event's reason and message.
   *
   * @param object the pod's name, or where there is none that of the ReplicaSet that should make it
   */
  public record Complaint(String object, String reason, String message) {

    /** The reason where a pod may not be made. */
    public static final String NOT_CREATED = "FailedCreate";
  }

  /**
   * A NetworkPolicy.
   *
   * @param ingress whether it restricts who may connect to the pod
   * @param admitsPort whether it admits any client to metrics-server's port
   * @param egress whether it restricts whom the pod may connect to
   * @param admitsEgress whether it lets the pod connect to any address
   */
  public record Policy(
      String name, boolean ingress, boolean admitsPort, boolean egress, boolean admitsEgress) {}

  /** A kubelet's certificate request that was decided against. */
  public record RefusedRequest(String name, String node, String reason) {}

  /** What metrics-server said when it could not read a node's metrics. */
  public record Scrape(String node, String error) {}
}
