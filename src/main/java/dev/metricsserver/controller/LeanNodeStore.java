package dev.metricsserver.controller;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.List;

/**
 * Keeps of a Node only what is read: its list of images alone is most of its size, 40 kB in a busy
 * cluster.
 */
final class LeanNodeStore extends BasicItemStore<Node> {

  LeanNodeStore() {
    super(Cache::metaNamespaceKeyFunc);
  }

  @Override
  public Node put(String key, Node node) {
    node.getMetadata().setManagedFields(List.of());
    if (node.getStatus() != null) {
      node.getStatus().setImages(List.of());
      node.getStatus().setVolumesInUse(List.of());
      node.getStatus().setVolumesAttached(List.of());
    }
    return super.put(key, node);
  }
}
