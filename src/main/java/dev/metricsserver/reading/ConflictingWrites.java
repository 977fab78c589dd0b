package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigSpec.ConflictPolicy;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.ObjectReference;
import dev.metricsserver.model.ConflictingWrite;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Timestamps;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds changes of adopted objects by other field managers. */
final class ConflictingWrites {

  private ConflictingWrites() {}

  /**
   * Those that the status records and those that the objects show, in order of time. Recorded ones
   * count for one generation of the spec: changing the spec resets the count.
   */
  static List<ConflictingWrite> read(MetricsServerConfig config, Stream<HasMetadata> objects) {
    if (config.getSpec().conflictPolicy() != ConflictPolicy.Adopt) {
      return List.of();
    }
    var recorded =
        Optional.ofNullable(config.getStatus())
            .filter(s -> config.getMetadata().getGeneration().equals(s.observedGeneration()))
            .map(MetricsServerConfigStatus::conflictingWrites)
            .orElse(List.of());
    return ConflictingWrite.merge(
        recorded.stream()
            .flatMap(w ->
                Timestamps.parse(w.time())
                    .map(at -> new ConflictingWrite(object(w.objectRef()), w.manager(), at))
                    .stream())
            .toList(),
        objects.flatMap(o -> ConflictingWrite.of(o, Names.MANAGED_BY, config).stream()).toList());
  }

  private static ObjectName object(ObjectReference reference) {
    return new ObjectName(
        reference.kind(), requireNonNullElse(reference.namespace(), ""), reference.name());
  }
}
