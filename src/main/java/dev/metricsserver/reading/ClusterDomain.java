package dev.metricsserver.reading;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The cluster's DNS domain, which the API server does not know but every pod is told. */
public final class ClusterDomain {

  private static final String USUAL = "cluster.local";
  private static final Pattern WHITE_SPACE = Pattern.compile("\\s+");
  private static final String SERVICES = "svc.";

  private ClusterDomain() {}

  /**
   * The domains that this process can be in, the usual one always among them.
   *
   * @param resolverConfiguration such as {@code /etc/resolv.conf}
   */
  public static Set<String> read(Path resolverConfiguration) {
    if (!Files.isReadable(resolverConfiguration)) {
      return Set.of(USUAL);
    }
    try (Stream<String> lines = Files.lines(resolverConfiguration)) {
      return Stream.concat(
              Stream.of(USUAL),
              lines
                  .filter(line -> line.startsWith("search"))
                  .flatMap(WHITE_SPACE::splitAsStream)
                  .filter(domain -> domain.startsWith(SERVICES))
                  .map(domain -> domain.substring(SERVICES.length()))
                  .map(domain ->
                      domain.endsWith(".") ? domain.substring(0, domain.length() - 1) : domain)
                  .filter(domain -> !domain.isEmpty()))
          .collect(Collectors.toUnmodifiableSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
