package dev.metricsserver.model;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.api.ConditionType;
import dev.metricsserver.api.MetricsServerConfig;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A change of an adopted object by another field manager.
 *
 * @param manager the manager of the fields, as the API server knows them
 * @param at when, to the second
 */
public record ConflictingWrite(ObjectName object, String manager, Instant at) {

  /**
   * Adoption leaves no fields to other managers, so theirs were written later. An object that is
   * younger than the adoption and has no field of the operator was created again.
   */
  public static Optional<ConflictingWrite> of(
      HasMetadata object, String operator, MetricsServerConfig config) {
    return ManagedFields.applied(object, operator)
        ? ManagedFields.rivals(object, operator).stream()
            .filter(entry -> entry.getTime() != null)
            .max(Comparator.comparing(ManagedFieldsEntry::getTime))
            .flatMap(entry ->
                Timestamps.parse(entry.getTime()).map(at -> by(object, entry.getManager(), at)))
        : Timestamps.parse(object.getMetadata().getCreationTimestamp())
            .filter(created -> takenOver(config).filter(created::isAfter).isPresent())
            .map(created -> by(object, creator(object), created));
  }

  private static ConflictingWrite by(HasMetadata object, String manager, Instant at) {
    return new ConflictingWrite(ObjectName.of(object), requireNonNullElse(manager, "unknown"), at);
  }

  private static String creator(HasMetadata object) {
    return object.getMetadata().getManagedFields().stream()
        .map(ManagedFieldsEntry::getManager)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /** Since when all has been taken over; none as long as this spec was not carried out. */
  private static Optional<Instant> takenOver(MetricsServerConfig config) {
    return Optional.ofNullable(config.getStatus())
        .filter(s -> config.getMetadata().getGeneration().equals(s.observedGeneration()))
        .flatMap(s -> s.condition(ConditionType.Stalled))
        .filter(stalled -> "False".equals(stalled.getStatus()))
        .flatMap(stalled -> Timestamps.parse(stalled.getLastTransitionTime()));
  }

  /** Both lists, in order of time, without what is in both. */
  public static List<ConflictingWrite> merge(
      List<ConflictingWrite> noted, List<ConflictingWrite> seen) {
    return Stream.concat(noted.stream(), seen.stream())
        .distinct()
        .sorted(
            Comparator.comparing(ConflictingWrite::at).thenComparing(w -> w.object().toString()))
        .toList();
  }
}
