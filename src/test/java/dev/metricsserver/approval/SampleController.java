package dev.metricsserver.approval;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** A controller of certificate requests in a cluster in which no Node claims an address. */
final class SampleController {

  private SampleController() {}

  /** Returns a controller that is not started. */
  static ApprovalController of(KubernetesClient client) {
    var controller =
        new ApprovalController(
            client,
            InstantSource.system(),
            new ClusterContext.Nodes(_ -> List.of(), _ -> List.of()),
            _ -> Optional.empty(),
            () -> {});
    controller.setEventHandler(_ -> {});
    return controller;
  }
}
