package dev.metricsserver.events;

import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.InstantSource;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes Events about cluster-scoped objects, which belong to the namespace {@code default}. */
public final class EventWriter {

  private static final Logger log = LoggerFactory.getLogger(EventWriter.class);

  /** The API server accepts at most this many characters. */
  private static final int MAX_MESSAGE = 1024;

  private final KubernetesClient client;
  private final InstantSource clock;

  /** A writer that takes the time of Events from a clock. */
  public EventWriter(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  /** The type of an Event. */
  public enum Type {
    /** Information only. */
    Normal,
    /** An administrator should look at it. */
    Warning
  }

  /**
   * Writes an Event. A failure is logged: no operation depends on an Event.
   *
   * @param name the Event's name, so that each is written once by all replicas; empty for a
   *     generated name
   * @param about the object
   * @param message cut to the length that the API server accepts
   */
  public void write(
      Optional<String> name, ObjectReference about, Type type, String reason, String message) {
    var time = clock.instant().toString();
    var metadata = new ObjectMetaBuilder().withNamespace("default");
    name.ifPresentOrElse(
        metadata::withName, () -> metadata.withGenerateName(about.getName() + "."));
    try {
      client
          .resource(
              new EventBuilder()
                  .withMetadata(metadata.build())
                  .withType(type.name())
                  .withReason(reason)
                  .withMessage(shortened(message))
                  .withFirstTimestamp(time)
                  .withLastTimestamp(time)
                  .withCount(1)
                  .withNewSource()
                  .withComponent(Names.MANAGED_BY)
                  .endSource()
                  .withInvolvedObject(about)
                  .build())
          .create();
    } catch (KubernetesClientException e) {
      if (name.isEmpty() || e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        log.warn("The Event {} could not be written: {}", reason, e.getMessage());
      }
    }
  }

  private static String shortened(String message) {
    return message.length() <= MAX_MESSAGE
        ? message
        : message.substring(0, MAX_MESSAGE - 3) + "...";
  }
}
