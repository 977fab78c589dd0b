package dev.metricsserver.diagnosis;

import dev.metricsserver.model.Owner;

/** Owners whose names can stand in a command. */
final class Owners {

  private Owners() {}

  /** The same owner; a name that is no plain word becomes a placeholder. */
  static Owner safe(Owner owner) {
    return new Owner(
        owner.kind(),
        owner.namespace().isEmpty() || Words.plain(owner.namespace())
            ? owner.namespace()
            : "NAMESPACE",
        owner.name().isEmpty() || Words.plain(owner.name()) ? owner.name() : "NAME",
        owner.mark());
  }
}
