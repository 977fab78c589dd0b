package dev.metricsserver.cli.importer;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The key of a ConfigMap or Secret that a file in a container comes from.
 *
 * @param volume the volume's name in the pod
 * @param secret whether it is a Secret
 * @param name the object's
 */
public record MountedFile(String volume, boolean secret, String name, String key) {

  /** Finds the origin of a file by the container's mounts; empty where it is no such object. */
  public static Optional<MountedFile> of(String file, PodSpec pod, Container container) {
    return container.getVolumeMounts().stream()
        .filter(mount -> within(file, mount.getMountPath()))
        .max(Comparator.comparingInt(mount -> mount.getMountPath().length()))
        .flatMap(mount -> volume(pod, mount).flatMap(volume -> of(file, mount, volume)));
  }

  private static boolean within(String file, String directory) {
    return file.equals(directory) || file.startsWith(directory.replaceAll("/*$", "") + "/");
  }

  private static Optional<Volume> volume(PodSpec pod, VolumeMount mount) {
    return pod.getVolumes().stream().filter(v -> v.getName().equals(mount.getName())).findFirst();
  }

  private static Optional<MountedFile> of(String file, VolumeMount mount, Volume volume) {
    var below = file.substring(mount.getMountPath().length()).replaceAll("^/+", "");
    var sub = requireNonNullElse(mount.getSubPath(), "");
    var path = sub.isEmpty() || below.isEmpty() ? sub + below : sub + "/" + below;
    if (volume.getConfigMap() != null) {
      var source = volume.getConfigMap();
      return key(source.getItems(), path)
          .map(key -> new MountedFile(volume.getName(), false, source.getName(), key));
    }
    return Optional.ofNullable(volume.getSecret())
        .flatMap(source ->
            key(source.getItems(), path)
                .map(key -> new MountedFile(volume.getName(), true, source.getSecretName(), key)));
  }

  /** Without items each key is a file of its name. */
  private static Optional<String> key(List<KeyToPath> items, String path) {
    return requireNonNullElse(items, List.<KeyToPath>of()).isEmpty()
        ? Optional.of(path)
        : items.stream()
            .filter(item -> item.getPath().equals(path))
            .map(KeyToPath::getKey)
            .findFirst();
  }
}
