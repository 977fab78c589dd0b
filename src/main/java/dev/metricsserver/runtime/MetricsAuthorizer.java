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
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Decides which clients may read the metrics: those whose token the API server authenticates and
 * authorizes to {@code get} the non-resource URL {@code /metrics}. Answers are cached by a digest
 * of the token.
 *
 * <p>At most four reviews run at a time: three of new tokens, one of tokens that were allowed
 * before. So a flood of invalid tokens neither burdens the API server nor delays Prometheus.
 */
final class MetricsAuthorizer {

  /** The API server's answer. */
  enum Answer {
    /** The token is not valid. */
    Unknown,
    /** The token is valid, and its user has no right to read the metrics. */
    Forbidden,
    /** The user may read the metrics. */
    Allowed,
    /** Not reviewed, because too many other reviews are running. */
    Busy
  }

  private record Cached(Answer answer, Instant until) {}

  private static final Duration ALLOWED_FOR = Duration.ofMinutes(1);
  private static final Duration REFUSED_FOR = Duration.ofSeconds(10);
  private static final int CACHE_SIZE = 64;
  private static final int NEW_TOKENS = 3;
  private static final Duration TURN = Duration.ofSeconds(3);

  private final Function<String, Answer> review;
  private final InstantSource clock;
  private final Semaphore newTokens = new Semaphore(NEW_TOKENS, true);
  private final Semaphore allowedTokens = new Semaphore(1, true);

  /** Two caches, so that refused tokens do not displace allowed ones. */
  private final Map<String, Cached> allowed = cache();

  private final Map<String, Cached> refused = cache();

  MetricsAuthorizer(KubernetesClient client, InstantSource clock) {
    this(token -> review(client, token), clock);
  }

  /** Reviews tokens by a function, which may block. */
  MetricsAuthorizer(Function<String, Answer> review, InstantSource clock) {
    this.review = review;
    this.clock = clock;
  }

  /**
   * Returns whether the owner of a token may read the metrics.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException when the API server does not
   *     answer
   */
  Answer ask(String token) {
    var key = digest(token);
    return cached(key).orElseGet(() -> reviewInTurn(key, token));
  }

  private Answer reviewInTurn(String key, String token) {
    var turn = allowed.containsKey(key) ? allowedTokens : newTokens;
    try {
      if (!turn.tryAcquire(TURN.toMillis(), TimeUnit.MILLISECONDS)) {
        return Answer.Busy;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Answer.Busy;
    }
    try {
      // Another request may have asked for the same token in the meantime.
      return cached(key).orElseGet(() -> store(key, review.apply(token)));
    } finally {
      turn.release();
    }
  }

  private Optional<Answer> cached(String key) {
    var now = clock.instant();
    return Stream.of(allowed, refused)
        .map(cache -> cache.get(key))
        .filter(entry -> entry != null && now.isBefore(entry.until()))
        .map(Cached::answer)
        .findFirst();
  }

  private Answer store(String key, Answer answer) {
    var isAllowed = answer == Answer.Allowed;
    (isAllowed ? refused : allowed).remove(key);
    (isAllowed ? allowed : refused)
        .put(key, new Cached(answer, clock.instant().plus(isAllowed ? ALLOWED_FOR : REFUSED_FOR)));
    return answer;
  }

  private static Map<String, Cached> cache() {
    return Collections.synchronizedMap(
        new LinkedHashMap<>() {
          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Cached> eldest) {
            return size() > CACHE_SIZE;
          }
        });
  }

  private static Answer review(KubernetesClient client, String token) {
    var status =
        client
            .tokenReviews()
            .create(new TokenReviewBuilder().withNewSpec().withToken(token).endSpec().build())
            .getStatus();
    if (!Boolean.TRUE.equals(status.getAuthenticated())) {
      return Answer.Unknown;
    }
    return isAllowed(client, status) ? Answer.Allowed : Answer.Forbidden;
  }

  private static boolean isAllowed(KubernetesClient client, TokenReviewStatus status) {
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
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
