package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Step.Manual;
import dev.metricsserver.diagnosis.Step.NodeConfiguration;
import dev.metricsserver.diagnosis.Step.None;
import dev.metricsserver.diagnosis.Step.SetField;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How to resolve a finding.
 *
 * @param steps in this order; at least one
 * @param alternatives other ways, each complete
 */
public record Remedy(List<Step> steps, List<Remedy> alternatives) {

  /** Copies both lists. */
  public Remedy {
    steps = List.copyOf(steps);
    alternatives = List.copyOf(alternatives);
  }

  /** One way of these steps. */
  public static Remedy of(Step... steps) {
    return new Remedy(List.of(steps), List.of());
  }

  /** One way of these steps. */
  static Remedy of(List<? extends Step> steps) {
    return new Remedy(List.copyOf(steps), List.of());
  }

  /** A step that only a person can take. */
  public static Remedy manual(String text) {
    return of(new Manual(text));
  }

  /** No step is needed. */
  public static Remedy none(String why) {
    return of(new None(why));
  }

  /** The same with more steps at the end of the first way. */
  Remedy then(Step... more) {
    return new Remedy(Stream.concat(steps.stream(), Stream.of(more)).toList(), alternatives);
  }

  /** The same with a step at the end of the first way that only a person can take. */
  Remedy then(String manual) {
    return then(new Manual(manual));
  }

  /** The same with the steps of another remedy at the end of the first way. */
  Remedy then(Remedy other) {
    return new Remedy(
        Stream.concat(steps.stream(), other.steps().stream()).toList(),
        Stream.concat(alternatives.stream(), other.alternatives().stream()).toList());
  }

  /** The same with another way. */
  public Remedy or(Step... way) {
    return or(of(way));
  }

  /** The same with another way that only a person can take. */
  Remedy or(String manual) {
    return or(manual(manual));
  }

  /** The same with the ways of another remedy. */
  Remedy or(Remedy other) {
    return new Remedy(
        steps,
        Stream.concat(
                alternatives.stream(),
                Stream.concat(
                    Stream.of(new Remedy(other.steps(), List.of())), other.alternatives().stream()))
            .toList());
  }

  /** The first steps that {@code doctor --fix} can carry out; alternatives are never chosen. */
  public List<Step> executable() {
    return steps.stream().takeWhile(Step::executable).toList();
  }

  /** The change of nodes' configuration, where it is one of the steps. */
  public Optional<NodeConfiguration> nodeConfiguration() {
    return steps.stream()
        .filter(NodeConfiguration.class::isInstance)
        .map(NodeConfiguration.class::cast)
        .findFirst();
  }

  /** The steps before the change of nodes' configuration. */
  public Remedy beforeNodeConfiguration() {
    return of(steps.stream().takeWhile(step -> !(step instanceof NodeConfiguration)).toList());
  }

  /** The same for a paused operator: a changed field takes effect only when it is resumed. */
  Remedy unpaused() {
    return new Remedy(unpaused(steps), alternatives.stream().map(Remedy::unpaused).toList());
  }

  private static List<Step> unpaused(List<Step> steps) {
    var last = steps.reversed().stream().filter(Step::changesSpec).findFirst();
    if (last.isEmpty()
        || steps.stream()
            .anyMatch(step -> step instanceof SetField field && field.path().equals("paused"))) {
      return steps;
    }
    var resumed = new ArrayList<>(steps);
    resumed.add(
        steps.lastIndexOf(last.get()) + 1,
        new SetField("paused", false, "no change takes effect while it is true"));
    return resumed;
  }
}
