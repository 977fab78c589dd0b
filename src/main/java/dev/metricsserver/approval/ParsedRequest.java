package dev.metricsserver.approval;

import java.net.InetAddress;
import java.util.Map;
import java.util.Set;

/** The result of parsing a request: what it asks for, or the rule that it violates. */
public sealed interface ParsedRequest permits ParsedRequest.Valid, Verdict.Rejected {

  /**
   * A request that satisfies every rule that depends on the request alone.
   *
   * @param node the name of the Node that made the request
   * @param names DNS names in lower case
   * @param addresses IP addresses by their canonical text, see {@link Addresses#canonical}
   */
  record Valid(String node, Set<String> names, Map<String, InetAddress> addresses)
      implements ParsedRequest {}
}
