package dev.metricsserver.diagnosis;

import dev.metricsserver.model.Owner;

/** Owners whose names can stand in a command. */
final class Owners {

  private Owners() {}

  /** The same owner; a name that is no plain word becomes a placeholder. */
  static Owner safe(Owner owner) {
    return new Owner(
        owner.kind(),
        owner.namespace().isEmpty() ? "" : Words.plainOr("NAMESPACE", owner.namespace()),
        owner.name().isEmpty() ? "" : Words.plainOr("NAME", owner.name()),
        owner.mark());
  }
}
