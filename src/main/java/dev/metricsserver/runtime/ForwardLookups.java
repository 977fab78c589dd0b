package dev.metricsserver.runtime;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.util.stream.Stream;

/**
 * Resolves names as Java does, and never addresses. The JDK's HTTPS server asks for the name of
 * each client before it answers (JDK 25, {@code sun.net.httpserver.SSLStreams}); where DNS is
 * silent a scrape would take seconds. An address without a name stands for itself.
 *
 * <p>Java loads this class by {@code META-INF/services}.
 */
public final class ForwardLookups extends InetAddressResolverProvider {

  @Override
  public InetAddressResolver get(Configuration configuration) {
    var builtin = configuration.builtinResolver();
    return new InetAddressResolver() {
      @Override
      public Stream<InetAddress> lookupByName(String host, LookupPolicy policy)
          throws UnknownHostException {
        return builtin.lookupByName(host, policy);
      }

      @Override
      public String lookupByAddress(byte[] address) throws UnknownHostException {
        throw new UnknownHostException("reverse lookups are off");
      }
    };
  }

  @Override
  public String name() {
    return "forward lookups only";
  }
}
