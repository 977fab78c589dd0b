package dev.metricsserver.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The requests that an API server logged.
 *
 * @param start the byte at which the log of this test starts; an API server serves several tests
 * @param since the time at which this test starts: a watch of the previous test may end later
 */
public record AuditLog(Path file, long start, Instant since) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> READS = Set.of("get", "list", "watch");
  private static final String OPERATOR =
      "system:serviceaccount:metrics-server-operator:metrics-server-operator";

  /** How RBAC says that it was one of the roles that the operator is installed with. */
  private static final String ROLES_BOUND = "Binding \"metrics-server-operator";

  /** The whole log. */
  public AuditLog(Path file) {
    this(file, 0, Instant.MIN);
  }

  /** The log from now on. */
  AuditLog fromNow() {
    return new AuditLog(file, end(), Instant.now());
  }

  /** One request, and when it was answered. */
  public record Request(
      String user,
      String verb,
      String resource,
      String name,
      int code,
      String uri,
      Instant answered) {

    private static Request of(JsonNode event) {
      var object = event.path("objectRef");
      var subresource = object.path("subresource").asText();
      return new Request(
          event.at("/user/username").asText(),
          event.get("verb").asText(),
          object.path("resource").asText() + (subresource.isEmpty() ? "" : "/" + subresource),
          object.path("name").asText(),
          event.at("/responseStatus/code").asInt(),
          event.get("requestURI").asText(),
          Instant.parse(event.get("stageTimestamp").asText()));
    }

    public boolean isOperators() {
      return OPERATOR.equals(user);
    }

    public boolean isWrite() {
      return !READS.contains(verb);
    }

    /** Of the object, where it was posted to the path of its kind or written by a subresource. */
    public String path() {
      var path = URI.create(uri).getPath();
      var object = "/" + name;
      return path.contains(object)
          ? path.substring(0, path.indexOf(object)) + object
          : path + object;
    }

    @Override
    public String toString() {
      return verb + " " + resource + "/" + name + " -> " + code;
    }
  }

  /**
   * The operator's requests so far, in order; its Lease and the reviews of its own rights aside.
   */
  public List<Request> operatorRequests() {
    return requests(0)
        .filter(Request::isOperators)
        .filter(r -> !r.resource().equals("leases"))
        .filter(r -> !r.resource().equals("selfsubjectrulesreviews"))
        .toList();
  }

  /** Where the log ends now. */
  public long end() {
    return file.toFile().length();
  }

  /** The requests of all clients from there on, in order. */
  public Stream<Request> requests(long from) {
    return events(from).map(Request::of);
  }

  /** Every right that the operator's requests needed, and that its own roles gave or lacked. */
  public Stream<RightsUsed.Use> rightsUsed() {
    return events(0)
        .filter(event -> OPERATOR.equals(event.at("/user/username").asText()))
        .filter(event -> event.has("objectRef"))
        .flatMap(AuditLog::rightsUsed)
        .distinct();
  }

  private static Stream<RightsUsed.Use> rightsUsed(JsonNode event) {
    var annotations = event.path("annotations");
    var allowed = annotations.path("authorization.k8s.io/decision").asText().equals("allow");
    if (allowed
        && !annotations.path("authorization.k8s.io/reason").asText().contains(ROLES_BOUND)) {
      return Stream.empty();
    }
    var object = event.get("objectRef");
    var subresource = object.path("subresource").asText();
    var resource =
        Right.named(
            object.path("resource").asText() + (subresource.isEmpty() ? "" : "/" + subresource),
            object.path("apiGroup").asText());
    var verb = event.get("verb").asText();
    // An apply that creates its object needs the right to do that as well.
    var created = verb.equals("patch") && event.at("/responseStatus/code").asInt() == 201;
    return (created ? Stream.of(verb, "create") : Stream.of(verb))
        .map(v ->
            new Right(object.path("namespace").asText(), v, resource, object.path("name").asText()))
        .map(right -> new RightsUsed.Use(right, allowed));
  }

  /**
   * What the operator wrote from there on: its Lease, Events and reviews are not meant, nor what
   * was refused.
   */
  public Stream<Request> objectsWritten(long from) {
    return requests(from)
        .filter(Request::isOperators)
        .filter(Request::isWrite)
        .filter(r -> r.code() < 300)
        .filter(r -> !Set.of("leases", "events").contains(r.resource()))
        .filter(r -> !r.resource().endsWith("reviews"));
  }

  public List<Request> operatorWrites() {
    return operatorRequests().stream().filter(Request::isWrite).toList();
  }

  /**
   * Whether it is the annotation that makes the API server look again, which is merged and not
   * applied.
   */
  public static boolean isLookAgain(Request request) {
    return request.resource().equals("apiservices") && !request.uri().contains("fieldManager=");
  }

  /** Every whole line; the API server may be, or have been, in the middle of writing one. */
  private Stream<JsonNode> events(long from) {
    try (var log = FileChannel.open(file)) {
      var first = Math.max(from, start);
      var before = Math.max(0, first - 1);
      var bytes = ByteBuffer.allocate(Math.toIntExact(log.size() - before));
      log.read(bytes, before);
      var text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
      var begin = first == 0 ? 0 : text.indexOf('\n') + 1;
      var end = text.lastIndexOf('\n') + 1;
      return text.substring(begin, Math.max(begin, end))
          .lines()
          .map(AuditLog::parse)
          .filter(this::isOfThisTest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean isOfThisTest(JsonNode event) {
    return since.equals(Instant.MIN)
        || !Instant.parse(event.get("requestReceivedTimestamp").asText()).isBefore(since);
  }

  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
