package dev.metricsserver.reading;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import dev.metricsserver.model.CertificateRequest;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The parts of certificate requests, and how much of a hostile one is kept. */
class CertificateRequestReaderTest {

  @Test
  void usualRequest_isReadCompletely() throws IOException {
    var request =
        read(
            """
            {"metadata":{"name":"csr-1","uid":"u","resourceVersion":"7",
             "creationTimestamp":"2026-01-01T00:00:00Z","managedFields":[{"manager":"kubelet"}]},
             "spec":{"signerName":"kubernetes.io/kubelet-serving","username":"system:node:node-1",
             "groups":["system:nodes","system:authenticated"],"usages":["server auth"],
             "expirationSeconds":600,"request":"aGVsbG8=","extra":{"a":["b"]}},"status":{}}
            """);
    assertThat(request.name()).isEqualTo("csr-1");
    assertThat(request.node()).isEqualTo("node-1");
    assertThat(request.created()).isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
    assertThat(request.groups()).containsExactly("system:nodes", "system:authenticated");
    assertThat(request.usages()).containsExactly("server auth");
    assertThat(request.lifetime()).contains(Duration.ofMinutes(10));
    assertThat(request.request()).isEqualTo("aGVsbG8=");
    assertThat(request.decision()).isEmpty();
  }

  @Test
  void signerFailsAfterApproval_isRefused() throws IOException {
    var request =
        read(
            """
            {"metadata":{"name":"csr-1"},"status":{"conditions":[
             {"type":"Approved","message":"a"},{"type":"Failed","message":"b"}]}}
            """);
    assertThat(request.isRefused()).isTrue();
    assertThat(request.decision()).contains(new CertificateRequest.Decision("Failed", "b"));
  }

  @Test
  void issuedCertificate_isADecision() throws IOException {
    assertThat(read("{\"status\":{\"certificate\":\"abc\"}}").decision()).isPresent();
    assertThat(read("{\"status\":{\"certificate\":\"\"}}").decision()).isEmpty();
  }

  @Test
  void partsOfAMegabyte_areCutOrDropped() throws IOException {
    var large = "x".repeat(1_700_000);
    var request =
        read(
            """
            {"metadata":{"name":"%1$s","uid":"u"},"spec":{"username":"%1$s","groups":["%1$s"],
             "request":"%1$s"},"status":{"conditions":[{"type":"%1$s","message":"%1$s"}]}}
            """
                .formatted(large));
    assertThat(request.request()).isEmpty();
    assertThat(request.name()).hasSizeLessThan(400);
    assertThat(request.user()).hasSizeLessThan(400);
    assertThat(request.groups()).singleElement().satisfies(g -> assertThat(g).hasSizeLessThan(400));
    assertThat(request.decision().orElseThrow().message()).hasSizeLessThan(2_000);
  }

  @Test
  void otherTypes_areIgnored() throws IOException {
    assertThat(
            read("{\"metadata\":{\"name\":[1,{\"a\":2}]},\"spec\":7,\"status\":{\"conditions\":{}}}")
                .name())
        .isEmpty();
  }

  private static CertificateRequest read(String text) throws IOException {
    try (var json = new JsonFactory().createParser(text)) {
      json.nextToken();
      return CertificateRequestReader.read(json).object();
    }
  }
}
