package dev.metricsserver.runtime;

import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Who may read the metrics: whoever the API server knows by its token and lets {@code get} the
 * non-resource URL {@code /metrics}. What it said is remembered shortly, by a digest of the token.
 */
final class MetricsAuthorizer {

  /** What the API server said. */
  enum Answer {
    /** It does not know the token. */
    Unknown,
    /** It knows whose it is, and they may not. */
    Forbidden,
    /** They may. */
    Allowed
  }

  private record Remembered(Answer answer, Instant until) {}

  private static final Duration WHILE_ALLOWED = Duration.ofMinutes(1);
  private static final Duration WHILE_REFUSED = Duration.ofSeconds(10);
  private static final int MOST = 64;

  private final KubernetesClient client;
  private final InstantSource clock;
  private final Map<String, Remembered> remembered =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Remembered> eldest) {
          return size() > MOST;
        }
      };

  MetricsAuthorizer(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  /**
   * Whether the owner of a token may read the metrics.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException when the API server cannot be
   *     asked
   */
  synchronized Answer ask(String token) {
    var now = clock.instant();
    var key = digest(token);
    var last = remembered.get(key);
    if (last != null && now.isBefore(last.until())) {
      return last.answer();
    }
    var answer = review(token);
    remembered.remove(key);
    remembered.put(
        key,
        new Remembered(answer, now.plus(answer == Answer.Allowed ? WHILE_ALLOWED : WHILE_REFUSED)));
    return answer;
  }

  private Answer review(String token) {
    var status =
        client
            .tokenReviews()
            .create(new TokenReviewBuilder().withNewSpec().withToken(token).endSpec().build())
            .getStatus();
    if (!Boolean.TRUE.equals(status.getAuthenticated())) {
      return Answer.Unknown;
    }
    return allowed(status) ? Answer.Allowed : Answer.Forbidden;
  }

  private boolean allowed(TokenReviewStatus status) {
    var user = status.getUser();
    return client
        .authorization()
        .v1()
        .subjectAccessReview()
        .create(
            new SubjectAccessReviewBuilder()
                .withNewSpec()
                .withUser(user.getUsername())
                .withUid(user.getUid())
                .withGroups(user.getGroups())
                .withExtra(user.getExtra())
                .withNewNonResourceAttributes(MetricsEndpoint.PATH, "get")
                .endSpec()
                .build())
        .getStatus()
        .getAllowed();
  }

  private static String digest(String token) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
