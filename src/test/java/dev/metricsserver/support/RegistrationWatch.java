package dev.metricsserver.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.APIServiceSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Every state of the registration of the metrics API, as a watch has it. */
public final class RegistrationWatch implements Watcher<APIService>, AutoCloseable {

  private final List<APIServiceSpec> seen = new CopyOnWriteArrayList<>();
  private final Watch watch;

  public RegistrationWatch(KubernetesClient client) {
    watch = client.apiServices().withName("v1beta1.metrics.k8s.io").watch(this);
  }

  @Override
  public void eventReceived(Action action, APIService service) {
    seen.add(service.getSpec());
  }

  @Override
  public void onClose(WatcherException cause) {}

  /** Whether the API servers were always told whom to trust. */
  public void neverUnverified() {
    assertThat(seen).isNotEmpty().allMatch(RegistrationWatch::verified);
  }

  /** Whether they were told whom to trust in the end, and from then on. */
  public void neverUnverifiedAgain() {
    assertThat(seen.stream().dropWhile(spec -> !verified(spec)))
        .isNotEmpty()
        .allMatch(RegistrationWatch::verified);
  }

  private static boolean verified(APIServiceSpec spec) {
    return spec.getInsecureSkipTLSVerify() == null
        && spec.getCaBundle() != null
        && !spec.getCaBundle().isEmpty();
  }

  @Override
  public void close() {
    watch.close();
  }
}
