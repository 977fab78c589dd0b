package dev.metricsserver.reading;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterDomainTest {

  @TempDir private Path directory;

  @Test
  void isWhatPodsAreTold() throws IOException {
    var file =
        Files.writeString(
            directory.resolve("resolv.conf"),
            """
            nameserver 10.96.0.10
            search metrics-server-operator.svc.prod.example svc.prod.example. prod.example corp.example
            """);
    assertThat(ClusterDomain.read(file)).containsExactlyInAnyOrder("cluster.local", "prod.example");
  }

  @Test
  void read_noResolverConfiguration_isTheUsualDomain() {
    assertThat(ClusterDomain.read(directory.resolve("none"))).containsExactly("cluster.local");
  }
}
