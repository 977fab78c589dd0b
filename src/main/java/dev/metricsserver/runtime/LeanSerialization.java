package dev.metricsserver.runtime;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.filter.FilteringParserDelegate;
import com.fasterxml.jackson.core.filter.TokenFilter;
import com.fasterxml.jackson.core.filter.TokenFilter.Inclusion;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The client's way of reading JSON, but for nodes that are watched: thousands of them have a
 * heartbeat, and most of a Node, its images and who manages which field, is passed over unread.
 */
public final class LeanSerialization extends KubernetesSerialization {

  /** How an event starts: the API server writes an object's kind first. */
  private static final String NODE = ",\"object\":{\"kind\":\"Node\",";

  private static final int LONGEST_START = 64;

  private static final TokenFilter WITHOUT_UNREAD =
      new Without(
          Set.of(),
          Map.of(
              "object",
              new Without(
                  Set.of(),
                  Map.of(
                      "metadata",
                      new Without(Set.of("managedFields"), Map.of()),
                      "status",
                      new Without(
                          Set.of(
                              "images",
                              "volumesInUse",
                              "volumesAttached",
                              "allocatable",
                              "capacity",
                              "runtimeHandlers"),
                          Map.of())))));

  private final ObjectMapper mapper;

  /** Reads any object. */
  public LeanSerialization() {
    this(new ObjectMapper());
  }

  /** Without a look through all jars for kinds: those that are used are known by their classes. */
  private LeanSerialization(ObjectMapper mapper) {
    super(mapper, false);
    this.mapper = mapper;
    // An object of a kind that is not known is read twice: into a map, and from there.
    registerKubernetesResource(Node.class);
  }

  @Override
  public <T> T unmarshal(String text, Class<T> type) {
    if (type != WatchEvent.class
        || !text.substring(0, Math.min(text.length(), LONGEST_START)).contains(NODE)) {
      return super.unmarshal(text, type);
    }
    try (JsonParser parser =
        new FilteringParserDelegate(
            mapper.createParser(text), WITHOUT_UNREAD, Inclusion.INCLUDE_ALL_AND_PATH, true)) {
      return mapper.readValue(parser, type);
    } catch (IOException e) {
      throw KubernetesClientException.launderThrowable(e);
    }
  }

  /** Everything but some fields. */
  private static final class Without extends TokenFilter {

    private final Map<String, TokenFilter> fields;

    Without(Set<String> unread, Map<String, TokenFilter> inner) {
      fields = new HashMap<>(inner);
      unread.forEach(field -> fields.put(field, null));
    }

    @Override
    public TokenFilter includeProperty(String field) {
      return fields.getOrDefault(field, TokenFilter.INCLUDE_ALL);
    }

    @Override
    public boolean includeEmptyObject(boolean contentsFiltered) {
      return true;
    }
  }
}
