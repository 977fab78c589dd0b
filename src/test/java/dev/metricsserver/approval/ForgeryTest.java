package dev.metricsserver.approval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.approval.ParsedRequest.Valid;
import dev.metricsserver.approval.Verdict.Approved;
import dev.metricsserver.model.CertificateRequest;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.NodeFacts.Address;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestBuilder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;

/**
 * Requests made at random from a right one: nothing that differs in a way that matters is approved.
 * A failure names the seed; {@code -Dforgery.seed=} repeats it.
 */
class ForgeryTest {

  private static final long SEED = Long.getLong("forgery.seed", System.nanoTime());
  private static final int ROUNDS = 2_000;

  private static final List<String> OWN =
      List.of("node-1", "192.168.7.1", "a.example.com", "fd00::1");

  private static final List<String> NAMES =
      List.of(
          "node-1",
          "a.example.com",
          "NODE-1",
          "A.Example.com",
          "node-2",
          "kubernetes.default.svc",
          "localhost",
          "*.example.com",
          "example.com",
          "b.a.example.com",
          "a.example.com.",
          "node-1.cluster.local",
          "a.example.comm",
          "node-2.example.com",
          "metrics-server.kube-system.svc",
          "1.2.3.4");

  private static final List<String> ADDRESSES =
      List.of(
          "192.168.7.1",
          "fd00::1",
          "fd00:0::0:1",
          "192.168.7.2",
          "10.96.0.1",
          "127.0.0.1",
          "192.168.7.100",
          "::1",
          "fd00:10:96::7",
          "fe80::1",
          "0.0.0.0",
          "192.168.7.10");

  private final Random random = new Random(SEED);

  /** One bit of the DER is flipped: what is approved all the same is what was approved before. */
  @Test
  void noBitCanBeFlipped() {
    var right = new Draft();
    var original = right.build();
    assertThat(verdict(original)).isEqualTo(new Approved());
    var der = Base64.getMimeDecoder().decode(body(original));
    IntStream.range(0, der.length * 8)
        .forEach(bit -> {
          var forged = der.clone();
          forged[bit / 8] ^= (byte) (1 << (bit % 8));
          assertThat(verdict(with(original, forged)))
              .as("bit %d of %s", bit, body(original))
              .isNotEqualTo(new Approved());
        });
  }

  @Test
  void noBytesCanBePutInOrTakenOut() {
    var original = new Draft().build();
    var der = Base64.getMimeDecoder().decode(body(original));
    for (var round = 0; round < ROUNDS; round++) {
      var bytes = new ArrayList<Byte>();
      for (var b : der) {
        bytes.add(b);
      }
      for (var times = 1 + random.nextInt(4); times > 0; times--) {
        var at = random.nextInt(bytes.size());
        switch (random.nextInt(3)) {
          case 0 -> bytes.remove(at);
          case 1 -> bytes.add(at, (byte) random.nextInt());
          default -> bytes.set(at, (byte) random.nextInt());
        }
      }
      var forged = new byte[bytes.size()];
      for (var i = 0; i < forged.length; i++) {
        forged[i] = bytes.get(i);
      }
      if (!Arrays.equals(forged, der)) {
        assertThat(verdict(with(original, forged)))
            .as("seed %d, round %d", SEED, round)
            .isNotEqualTo(new Approved());
      }
    }
  }

  /** Whatever is asked for, signed as it should be: approved are the node's own names alone. */
  @Test
  void onlyOwnNamesAreApproved() {
    var approved = 0;
    for (var round = 0; round < ROUNDS; round++) {
      var names =
          IntStream.range(0, 1 + random.nextInt(3))
              .mapToObj(
                  i -> random.nextInt(2) == 0 ? Draft.dns(one(NAMES)) : Draft.ip(one(ADDRESSES)))
              .toArray(GeneralName[]::new);
      var request = new Draft().names(names).build();
      if (verdict(request).equals(new Approved())) {
        approved++;
        var read = (Valid) RequestParser.parse(CertificateRequest.of(request));
        assertThat(read.names())
            .as("seed %d, round %d", SEED, round)
            .isSubsetOf("node-1", "a.example.com");
        assertThat(read.addresses().keySet())
            .as("seed %d, round %d", SEED, round)
            .isSubsetOf("192.168.7.1", "fd00:0:0:0:0:0:0:1");
      }
    }
    assertThat(approved).as("rounds in which something was approved").isPositive();
  }

  /** The fields beside the request, at random. */
  @Test
  void onlyANodeIsApproved() {
    for (var round = 0; round < ROUNDS; round++) {
      var draft = new Draft();
      draft.user =
          one(
              List.of(
                  "system:node:node-1", "system:node:node-2", "system:node:", "node-1", "admin"));
      draft.groups = some(List.of("system:nodes", "system:authenticated", "system:masters"));
      draft.usages =
          some(
              List.of(
                  "server auth",
                  "digital signature",
                  "key encipherment",
                  "client auth",
                  "any",
                  "cert sign"));
      draft.signer = one(List.of(CertificateRequests.SIGNER, "kubernetes.io/legacy-unknown", ""));
      draft.lifetime =
          one(Arrays.asList(null, 600, 366 * 86_400, 366 * 86_400 + 1, Integer.MAX_VALUE));
      var right =
          draft.user.equals("system:node:node-1")
              && draft.groups.containsAll(List.of("system:nodes", "system:authenticated"))
              && draft.usages.contains("server auth")
              && List.of("server auth", "digital signature", "key encipherment")
                  .containsAll(draft.usages)
              && draft.signer.equals("kubernetes.io/kubelet-serving")
              && (draft.lifetime == null || draft.lifetime <= 366 * 86_400);
      assertThat(verdict(draft.build()).equals(new Approved()))
          .as("seed %d, round %d", SEED, round)
          .isEqualTo(right);
    }
  }

  private Verdict verdict(CertificateSigningRequest request) {
    return switch (RequestParser.parse(CertificateRequest.of(request))) {
      case Verdict.Rejected rejected -> rejected;
      case Valid read when !read.node().equals("node-1") ->
          new Verdict.Deferred(Reason.of(Reason.Code.NodeMissing, read.node()));
      case Valid read ->
          ApprovalPolicy.judge(
              read,
              Optional.of(
                  ApprovalPolicyTest.node(
                      Map.of(),
                      OWN.stream().map(a -> new Address("InternalIP", a)).toArray(Address[]::new))),
              ApprovalPolicyTest.context());
    };
  }

  private <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private List<String> some(List<String> of) {
    return of.stream().filter(s -> random.nextInt(3) > 0).toList();
  }

  private static String body(CertificateSigningRequest request) {
    return new String(
            Base64.getDecoder().decode(request.getSpec().getRequest()), StandardCharsets.ISO_8859_1)
        .replaceAll("-----.*-----", "")
        .strip();
  }

  private static CertificateSigningRequest with(CertificateSigningRequest request, byte[] der) {
    var pem =
        "-----BEGIN CERTIFICATE REQUEST-----\n"
            + Base64.getEncoder().encodeToString(der)
            + "\n-----END CERTIFICATE REQUEST-----\n";
    return new CertificateSigningRequestBuilder(request)
        .editSpec()
        .withRequest(Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.ISO_8859_1)))
        .endSpec()
        .build();
  }
}
