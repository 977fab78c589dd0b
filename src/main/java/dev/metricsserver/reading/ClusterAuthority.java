package dev.metricsserver.reading;

import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Pem;
import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * The cluster's CA, as a ServiceAccount gets it: what the client trusts the API server by is what
 * metrics-server trusts kubelets by.
 */
public final class ClusterAuthority {

  private final Config config;
  private FileTime modified;
  private List<X509Certificate> certificates = List.of();

  public ClusterAuthority(Config config) {
    this.config = config;
  }

  /** The certificates as they are now; as they were while their file cannot be read. */
  public synchronized List<X509Certificate> read() {
    if (config.getCaCertData() != null) {
      if (certificates.isEmpty()) {
        certificates = Certificates.parse(decoded(config.getCaCertData()));
      }
    } else if (config.getCaCertFile() != null) {
      readFile(Path.of(config.getCaCertFile()));
    }
    return certificates;
  }

  private void readFile(Path file) {
    try {
      var now = Files.getLastModifiedTime(file);
      if (!now.equals(modified)) {
        certificates = Certificates.parse(Files.readString(file));
        modified = now;
      }
    } catch (IOException e) {
      // What was read before goes on being true until it can be read again.
    }
  }

  /** A kubeconfig has it in base64; code that builds a configuration may have it in PEM. */
  private static String decoded(String data) {
    return data.contains("-----BEGIN") ? data : Pem.fromBase64(data);
  }
}
