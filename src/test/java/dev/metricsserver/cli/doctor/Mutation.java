package dev.metricsserver.cli.doctor;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Changes strings of a record, and of the records, lists, sets, maps and optional values in it. The
 * strings are numbered in the order of the components, from 0 on; equal strings have one number, so
 * that a name stays the same everywhere.
 */
final class Mutation {

  private final Map<String, Integer> numbers = new LinkedHashMap<>();
  private final Set<Integer> chosen;
  private final UnaryOperator<String> change;

  private Mutation(Collection<Integer> chosen, UnaryOperator<String> change) {
    this.chosen = new HashSet<>(chosen);
    this.change = change;
  }

  /** How many different strings a record has. */
  static int strings(Record record) {
    var counting = new Mutation(List.of(), UnaryOperator.identity());
    counting.changed(record);
    return counting.numbers.size();
  }

  /** The numbers of all strings of a record. */
  static List<Integer> all(Record record) {
    return IntStream.range(0, strings(record)).boxed().toList();
  }

  /** A copy with some strings changed. A part that rejects the change stays as it is. */
  @SuppressWarnings("unchecked")
  static <R extends Record> R of(
      R record, Collection<Integer> chosen, UnaryOperator<String> change) {
    return (R) new Mutation(chosen, change).changed(record);
  }

  private Object changed(Object value) {
    return switch (value) {
      case null -> null;
      case String text ->
          chosen.contains(numbers.computeIfAbsent(text, _ -> numbers.size()))
              ? change.apply(text)
              : text;
      case Optional<?> optional -> optional.map(this::changed);
      case List<?> list -> list.stream().map(this::changed).toList();
      case Set<?> set -> {
        var copy = new LinkedHashSet<Object>();
        set.forEach(element -> copy.add(changed(element)));
        yield copy;
      }
      case Map<?, ?> map -> {
        var copy = new LinkedHashMap<Object, Object>();
        map.forEach((key, element) -> copy.put(changed(key), changed(element)));
        yield copy;
      }
      case Record record -> copy(record);
      default -> value;
    };
  }

  private Record copy(Record record) {
    var components = record.getClass().getRecordComponents();
    var values = Arrays.stream(components).map(c -> changed(value(record, c))).toArray();
    try {
      var constructor =
          record
              .getClass()
              .getDeclaredConstructor(
                  Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      return record;
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  private static Object value(Record record, RecordComponent component) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }
}
