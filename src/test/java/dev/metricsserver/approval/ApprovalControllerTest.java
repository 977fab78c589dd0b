package dev.metricsserver.approval;

import static dev.metricsserver.approval.Draft.ip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.KubeletSpec;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.mock.MockCluster;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.SampleAuthority;
import dev.metricsserver.reading.SampleServer;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Hostile requests beside a right one, against a mock API server. */
class ApprovalControllerTest {

  private static final String REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
  private static final Duration SOON = Duration.ofSeconds(20);

  private final List<String> items = new ArrayList<>();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private volatile String rejectedByAdmission = "";
  private MockCluster server;
  private SampleServer apiServer;
  private KubernetesClient client;
  private ApprovalController controller;

  @BeforeEach
  void start() throws Exception {
    server = MockCluster.withoutTls();
    server.fail(this::answer);
    apiServer = SampleServer.tls("127.0.0.1", SampleAuthority.root("ca").server("api.example.com"));
    client = server.client();
    controller = SampleController.of(client);
  }

  @AfterEach
  void stop() throws IOException {
    controller.stop();
    client.close();
    server.close();
    apiServer.close();
  }

  @Test
  void objectNameWithQuery_isNeverInAURL_andOthersAreApproved() {
    request("x?y", "node-2", "192.168.7.2", 1);
    request("x\ny", "node-3", "192.168.7.3", 2);
    request("right", "node-1", "192.168.7.1", 3);
    approve();
    await().atMost(SOON).untilAsserted(() -> assertThat(approvals()).containsExactly("right"));
    await().atMost(SOON).untilAsserted(() -> assertThat(refused()).isEqualTo(2));
    assertThat(calls).noneMatch(c -> c.contains("?y") || c.contains("%3Fy"));
    assertThat(facts().requests()).allMatch(r -> r.name().chars().allMatch(c -> c >= ' '));
  }

  @Test
  void namesInTheAPIServersCertificate_areKnown() {
    request("right", "node-1", "192.168.7.1", 1);
    approve();
    await().atMost(SOON).untilAsserted(() -> assertThat(approvals()).containsExactly("right"));
    assertThat(controller.apiServerNames()).containsExactly("api.example.com");
  }

  @Test
  void certificateOfAPIServerUnseen_approvesNothingUntilANameIsRemembered() throws IOException {
    apiServer.close();
    request("right", "node-1", "192.168.7.1", 1);
    approve();
    await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(facts().requests())
                .singleElement()
                .satisfies(r -> assertThat(r.reason()).contains("API servers")));
    assertThat(approvals()).isEmpty();
    controller.approve(
        Set.of(new Endpoint("127.0.0.1", apiServer.port())),
        List.of("api.example.com"),
        Limits.NONE);
    await().atMost(SOON).untilAsserted(() -> assertThat(approvals()).containsExactly("right"));
  }

  @Test
  void requestOutsideOfTheLimits_isApprovedWhenTheLimitsChange() {
    request("right", "node-1", "192.168.7.1", 1);
    controller.start();
    approve(Limits.of(new KubeletSpec.Approval(null, List.of("10.0.0.0/8"), List.of(), List.of())));
    await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(facts().requests())
                .singleElement()
                .satisfies(r -> assertThat(r.reason()).contains("allowedCIDRs")));
    assertThat(approvals()).isEmpty();

    approve(Limits.NONE);

    await().atMost(SOON).untilAsserted(() -> assertThat(approvals()).containsExactly("right"));
  }

  @Test
  void approvalRejectedByAdmission_stopsOnlyThatRequest() {
    rejectedByAdmission = "first";
    request("first", "node-2", "192.168.7.2", 1);
    request("right", "node-1", "192.168.7.1", 2);
    approve();
    await().atMost(SOON).untilAsserted(() -> assertThat(approvals()).contains("right"));
    assertThat(facts().forbidden()).isEmpty();
  }

  @Test
  void manyRequestsOfOneNode_areJudgedWithFewReads_andOthersAreApproved() {
    IntStream.range(0, 3_000).forEach(i -> request("hostile-" + i, "node-2", "192.168.7.99", i));
    IntStream.range(10, 110).forEach(i -> request("right-" + i, "node-" + i, "192.168.7." + i, i));
    approve();
    await().atMost(SOON).untilAsserted(() -> assertThat(approvals()).hasSize(100));
    assertThat(calls.stream().filter(c -> c.endsWith("/nodes/node-2")).count())
        .isLessThan(5 + SOON.toSeconds());
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(facts().requests()).hasSize(PendingRequests.NEWEST));
  }

  @Test
  void manyWrongRequests_makeFewEvents() {
    IntStream.range(0, 200).forEach(i -> request("wrong-" + i, "node-" + i, "127.0.0.1", i));
    approve();
    await().atMost(SOON).untilAsserted(() -> assertThat(refused()).isEqualTo(200));
    assertThat(calls.stream().filter(c -> c.startsWith("POST") && c.contains("/events")).count())
        .isBetween(1L, 30L);
  }

  @Test
  void withoutApproval_onlyRightRequestsAreAcceptable() {
    request("wrong", "node-2", "127.0.0.1", 1);
    request("early", "node-3", "192.168.7.3", 2);
    controller.start();
    await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(facts().requests())
                .extracting(CertificateRequests.Request::state)
                .containsExactly(
                    CertificateRequests.State.Refused, CertificateRequests.State.Waiting));
    assertThat(approvals()).isEmpty();
  }

  private void approve() {
    controller.start();
    approve(Limits.NONE);
  }

  private void approve(Limits limits) {
    controller.approve(Set.of(new Endpoint("127.0.0.1", apiServer.port())), List.of(), limits);
  }

  private CertificateRequests facts() {
    return controller.getSecondaryResources(new MetricsServerConfig()).iterator().next();
  }

  private int refused() {
    return facts().total();
  }

  private List<String> approvals() {
    return calls.stream()
        .filter(c -> c.startsWith("PUT " + REQUESTS) && c.endsWith("/approval"))
        .map(c -> c.substring(("PUT " + REQUESTS).length() + 1, c.length() - "/approval".length()))
        .distinct()
        .toList();
  }

  private void request(String name, String node, String address, int second) {
    var draft = new Draft().node(node).names(ip(address));
    draft.name = name;
    items.add(
        Serialization.asJson(
            new CertificateSigningRequestBuilder(draft.build())
                .editMetadata()
                .withResourceVersion("1")
                .withCreationTimestamp(Instant.EPOCH.plusSeconds(second).toString())
                .endMetadata()
                .build()));
  }

  private boolean answer(HttpServerRequest request) {
    if (request.getParam("watch") != null) {
      request.response().setChunked(true).write("");
      return true;
    }
    var path = request.path();
    calls.add(request.method() + " " + path);
    answer(request, path);
    return true;
  }

  private void answer(HttpServerRequest request, String path) {
    if (path.startsWith("/api/v1/nodes/")) {
      var node = path.substring("/api/v1/nodes/".length());
      MockCluster.answer(
          request,
          200,
          """
          {"kind":"Node","metadata":{"name":"%s","creationTimestamp":"2026-01-01T00:00:00Z"},\
          "status":{"addresses":[{"type":"InternalIP","address":"192.168.7.%s"}]}}
          """
              .formatted(node, node.substring("node-".length())));
    } else if (path.equals(REQUESTS)) {
      MockCluster.answer(
          request, 200, list("CertificateSigningRequestList", String.join(",", items)));
    } else if (path.endsWith("/servicecidrs")) {
      MockCluster.answer(
          request,
          200,
          list(
              "ServiceCIDRList",
              "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"cidrs\":[\"10.96.0.0/16\"]}}"));
    } else if (path.equals(REQUESTS + "/" + rejectedByAdmission + "/approval")) {
      MockCluster.answer(
          request,
          403,
          "{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":403,\"reason\":\"Forbidden\","
              + "\"message\":\"admission webhook denied the request\"}");
    } else {
      MockCluster.answer(request, 200, list("List", ""));
    }
  }

  private static String list(String kind, String items) {
    return "{\"kind\":\"%s\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[%s]}"
        .formatted(kind, items);
  }
}
