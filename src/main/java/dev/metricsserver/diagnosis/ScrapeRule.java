package dev.metricsserver.diagnosis;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Recognises problems of kubelets in the errors of metrics-server's log.
 *
 * @param pattern found anywhere in the error; its first group that matched is the detail
 */
record ScrapeRule(FindingCode code, Pattern pattern) {

  /** The last one matches every error. */
  static final List<ScrapeRule> RULES =
      List.of(
          of(FindingCode.KubeletUnauthorized, "401 Unauthorized"),
          of(FindingCode.KubeletForbidden, "403 Forbidden"),
          of(FindingCode.KubeletWithoutMetrics, "404 Not Found"),
          of(
              FindingCode.KubeletRefusesTLS,
              "remote error: tls|tls: internal error|handshake failure|EOF$|first record does not"
                  + " look like a TLS"),
          of(
              FindingCode.KubeletCertificateNotYetValid,
              "x509: certificate has expired or is not yet valid: current time \\S+ is before"
                  + " (\\S+)"),
          of(
              FindingCode.KubeletCertificateExpired,
              "x509: certificate has expired(?: or is not yet valid: current time \\S+ is after"
                  + " (\\S+))?"),
          of(
              FindingCode.KubeletCertificateOtherAddress,
              "x509: (?:cannot validate certificate for \\S+ because it doesn't contain any IP"
                  + " SANs|certificate is valid for .*, not \\S+)"),
          of(FindingCode.KubeletCertificateUnsigned, "x509: "),
          of(
              FindingCode.KubeletNameUnknown,
              "lookup (\\S+?)(?: on \\S+)?: (?:no such host|server misbehaving|i/o timeout)"),
          of(FindingCode.KubeletAddressMissing, "no address matched types \\[([^\\]]*)\\]"),
          of(
              FindingCode.KubeletAddressFamily,
              "dial tcp (\\[[^\\]]+]|[\\d.]+):\\d+: connect: (?:network is"
                  + " unreachable|cannot assign requested address)"),
          of(
              FindingCode.KubeletUnreachable,
              "timeout|deadline exceeded|connection refused|no route to host|unreachable|reset by"
                  + " peer|request canceled"),
          of(FindingCode.KubeletAnswerUnreadable, ""));

  private static ScrapeRule of(FindingCode code, String pattern) {
    return new ScrapeRule(code, Pattern.compile(pattern));
  }

  /** The first rule that recognises an error. */
  static ScrapeRule first(String error) {
    return RULES.stream()
        .filter(rule -> rule.pattern.matcher(error).find())
        .findFirst()
        .orElseThrow();
  }

  /** What the error says beside the kind of problem; empty where it says nothing. */
  String detail(String error) {
    var found = pattern.matcher(error);
    return found.find() && found.groupCount() > 0
        ? Optional.ofNullable(found.group(1)).orElse("")
        : "";
  }
}
