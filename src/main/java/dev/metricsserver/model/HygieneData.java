package dev.metricsserver.model;

import java.util.List;
import java.util.Optional;

/**
 * Data of the hygiene checks: unused rights, ineffective protection, and further installations of
 * metrics-server.
 *
 * @param approvalAllowed whether the operator may approve certificate requests
 * @param everythingAllowed the ServiceAccounts that may do everything; the operator's without a
 *     namespace
 * @param excessRights what metrics-server's ServiceAccount may do and has no use for
 * @param openTo the address of a pod of metrics-server that a client reached although its
 *     NetworkPolicy does not admit it
 * @param others Deployments of other metrics-servers, or pods that no controller owns
 * @param budgets PodDisruptionBudgets that never let a pod of metrics-server go
 */
public record HygieneData(
    boolean approvalAllowed,
    List<ObjectName> everythingAllowed,
    List<Right> excessRights,
    Optional<String> openTo,
    List<ObjectName> others,
    List<Budget> budgets) {

  /** Nothing was looked at. */
  public static final HygieneData NONE =
      new HygieneData(false, List.of(), List.of(), Optional.empty(), List.of(), List.of());

  /**
   * A PodDisruptionBudget.
   *
   * @param wanted how many pods have to be healthy
   * @param pods how many there should be
   */
  public record Budget(String namespace, String name, int wanted, int pods) {}
}
