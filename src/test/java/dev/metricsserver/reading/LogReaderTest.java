package dev.metricsserver.reading;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.DiagnosticData.Scrape;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Lines as metrics-server has written them, version by version. */
class LogReaderTest {

  private static final String X509 =
      "Get \"https://172.30.1.1:10250/metrics/resource\": tls: failed to verify certificate: x509:"
          + " certificate signed by unknown authority";

  static Stream<Arguments> scrapes() {
    return Stream.of(
        Arguments.of(
            "0.9 as text",
            "E1125 13:14:15.123456       1 scraper.go:149] \"Failed to scrape node\" err=\"Get"
                + " \\\"https://172.30.1.1:10250/metrics/resource\\\": tls: failed to verify"
                + " certificate: x509: certificate signed by unknown authority\" node=\"node-1\"",
            X509),
        Arguments.of(
            "0.9 as text, with the node as an object",
            "E1125 13:14:15.123456       1 scraper.go:149] \"Failed to scrape node\" err=\"request"
                + " failed, status: \\\"401 Unauthorized\\\"\" node=\"node-1\"",
            "request failed, status: \"401 Unauthorized\""),
        Arguments.of(
            "a timeout",
            "E1125 13:14:15.123456       1 scraper.go:147] \"Failed to scrape node, timeout to"
                + " access kubelet\" err=\"Get \\\"https://172.30.1.1:10250/metrics/resource\\\":"
                + " context deadline exceeded\" node=\"node-1\" timeout=\"10s\"",
            "Get \"https://172.30.1.1:10250/metrics/resource\": context deadline exceeded"),
        Arguments.of(
            "as JSON",
            "{\"ts\":1732540455123.4,\"caller\":\"scraper/scraper.go:149\",\"msg\":\"Failed to"
                + " scrape node\",\"node\":{\"name\":\"node-1\"},\"err\":\"Get"
                + " \\\"https://172.30.1.1:10250/metrics/resource\\\": dial tcp 172.30.1.1:10250:"
                + " i/o timeout\"}",
            "Get \"https://172.30.1.1:10250/metrics/resource\": dial tcp 172.30.1.1:10250: i/o"
                + " timeout"),
        Arguments.of(
            "0.5",
            "E1125 13:14:15.123456       1 server.go:132] unable to fully scrape metrics from node"
                + " node-1: unable to fetch metrics from node node-1: Get"
                + " \"https://172.30.1.1:10250/stats/summary?only_cpu_and_memory=true\": x509:"
                + " certificate signed by unknown authority",
            "unable to fetch metrics from node node-1: Get"
                + " \"https://172.30.1.1:10250/stats/summary"),
        Arguments.of(
            "a connection's own port, which is another one each time",
            "E1125 13:14:15.123456       1 scraper.go:149] \"Failed to scrape node\" err=\"read tcp"
                + " 10.244.1.7:43210->172.30.1.1:10250: read: connection reset by peer\""
                + " node=\"node-1\"",
            "read tcp 10.244.1.7->172.30.1.1:10250: read: connection reset by peer"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("scrapes")
  void whatIsSaidOfANode(String name, String line, String error) {
    assertThat(LogReader.scrapes("I1125 13:14:14.1 1 x.go:1] started\n" + line))
        .singleElement()
        .satisfies(
            s -> assertThat(s.node()).isEqualTo("node-1"),
            s -> assertThat(s.error()).startsWith(error));
    assertThat(LogReader.errors(line)).isEmpty();
  }

  @Test
  void theLastWordCounts() {
    var line =
        "E1125 13:14:15.123456       1 scraper.go:149] \"Failed to scrape node\" err=\"%s\""
            + " node=\"%s\"\n";

    assertThat(
            LogReader.scrapes(
                line.formatted("one", "b") + line.formatted("two", "b") + line.formatted("x", "a")))
        .containsExactly(new Scrape("a", "x"), new Scrape("b", "two"));
  }

  @Test
  void longLine_isReadToALimit() {
    var failed = "E1125 13:14:15.123456 1 scraper.go:149] \"Failed to scrape node\" ";
    var tooLong = failed + "node=\"a\" err=\"" + "x".repeat(1_000_000) + "\"\n";
    var error = "y".repeat(3_000);

    assertThat(LogReader.scrapes(tooLong + failed + "err=\"" + error + "\" node=\"a\""))
        .extracting(Scrape::error)
        .containsExactly(error);
    assertThat(LogReader.errors("E1125 x] \"" + "\\\"".repeat(500_000) + "\"")).isEmpty();
  }

  /** Else the same complaint would be another one with each round of scrapes. */
  @Test
  void whatTimeItIsDoesNotMatter() {
    var line =
        "E1125 13:14:15.123456 1 scraper.go:149] \"Failed to scrape node\" err=\"Get: tls: failed"
            + " to verify certificate: x509: certificate has expired or is not yet valid: current"
            + " time %s is after 2020-01-02T00:00:00Z\" node=\"node-1\"";

    assertThat(LogReader.scrapes(line.formatted("2026-11-25T13:14:15Z")))
        .isEqualTo(LogReader.scrapes(line.formatted("2026-11-25T13:14:30Z")))
        .extracting(Scrape::error)
        .containsExactly(
            "Get: tls: failed to verify certificate: x509: certificate has expired or is not yet"
                + " valid: current time now is after 2020-01-02T00:00:00Z");
  }

  @Test
  void whatElseIsComplainedOf() {
    assertThat(
            LogReader.errors(
                """
                I1125 13:14:15.123456       1 serving.go:1] "Generated self-signed cert" path="/tmp"
                E1125 13:14:15.123456       1 authentication.go:73] "Unable to authenticate the request" err="x509: certificate signed by unknown authority"
                E1125 13:14:16.123456       1 authentication.go:73] "Unable to authenticate the request" err="x509: certificate signed by unknown authority"
                {"ts":1732540455123.4,"caller":"x.go:1","msg":"Failed to watch","err":"nodes is forbidden"}
                panic: unable to load configmap based request-header-client-ca-file: timed out
                """))
        .isEqualTo(
            List.of(
                "Unable to authenticate the request: x509: certificate signed by unknown authority",
                "nodes is forbidden",
                "unable to load configmap based request-header-client-ca-file: timed out"));
  }

  @Test
  void anEmptyLogSaysNothing() {
    assertThat(LogReader.scrapes("")).isEmpty();
    assertThat(LogReader.errors("")).isEmpty();
  }

  /** In what spec.audit records, a caller chooses how its program is called. */
  @Test
  void whatIsRecordedOfRequestsIsNoComplaint() {
    var record =
        "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Metadata\","
            + "\"userAgent\":\"unable to fully scrape metrics from node node-1: x, unable to"
            + " fully\"}";
    assertThat(LogReader.scrapes(record)).isEmpty();
    assertThat(LogReader.errors(record)).isEmpty();
  }
}
