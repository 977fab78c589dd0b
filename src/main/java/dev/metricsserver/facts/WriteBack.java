package dev.metricsserver.facts;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A change of an object that the operator had taken over, by somebody else.
 *
 * @param object as kind/namespace/name, or kind/name
 * @param manager the manager of the fields, as the API server knows them
 * @param at when, to the second
 */
public record WriteBack(String object, String manager, Instant at) {

  /** Whoever takes an object over leaves no fields to others, so these were written since. */
  public static Optional<WriteBack> of(HasMetadata object, String operator) {
    return ManagedFields.applied(object, operator)
        ? ManagedFields.rivals(object, operator).stream()
            .filter(entry -> entry.getTime() != null)
            .max(Comparator.comparing(ManagedFieldsEntry::getTime))
            .flatMap(entry ->
                Timestamps.parse(entry.getTime())
                    .map(at ->
                        new WriteBack(
                            Foreign.name(object),
                            requireNonNullElse(entry.getManager(), "somebody"),
                            at)))
        : Optional.empty();
  }

  /** Both lists, in order of time, without what is in both. */
  public static List<WriteBack> merge(List<WriteBack> noted, List<WriteBack> seen) {
    return Stream.concat(noted.stream(), seen.stream())
        .distinct()
        .sorted(Comparator.comparing(WriteBack::at).thenComparing(WriteBack::object))
        .toList();
  }
}
