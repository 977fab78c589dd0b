package dev.metricsserver.cli.cluster;

import dev.metricsserver.cli.common.ApiErrors;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.model.DiagnosticData.Unread.Source;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;

/** Reads with the rights of the user, and notes what these do not cover. */
public final class BestEffortReader {

  private final Map<String, Unread> unread = new ConcurrentSkipListMap<>();

  /**
   * What is read, or something else when the API server refuses it.
   *
   * @param what is read, in the plural
   * @throws KubernetesClientException when the API server does not answer
   */
  public <T> T read(String what, Supplier<T> read, T otherwise) {
    return read(Source.Other, what, read, otherwise);
  }

  /**
   * The same for evidence that matters for the remedy.
   *
   * @param source what it is about
   */
  public <T> T read(Source source, String what, Supplier<T> read, T otherwise) {
    try {
      return read.get();
    } catch (KubernetesClientException e) {
      if (e.getStatus() == null) {
        throw e;
      }
      note(source, what, e);
      return otherwise;
    }
  }

  /** Notes something that could not be read. */
  public void note(String what, KubernetesClientException e) {
    note(Source.Other, what, e);
  }

  private void note(Source source, String what, KubernetesClientException e) {
    var forbidden = e.getCode() == HttpURLConnection.HTTP_FORBIDDEN;
    note(new Unread(source, what, forbidden, ApiErrors.sentence(e)));
  }

  /** Notes something that could not be read. */
  public void note(Unread what) {
    unread.put(what.what(), what);
  }

  /** What could not be read so far, by what it is. */
  public List<Unread> unread() {
    return List.copyOf(unread.values());
  }
}
