package dev.metricsserver.support;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLocksProvider;

/**
 * A test class that uses an API server, see {@link TestCluster}, or that starts other programs.
 * {@code -Dit.lanes=N} says how many of them run side by side.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ResourceLock(providers = IntegrationTest.Lanes.class)
public @interface IntegrationTest {

  /** Distributes the classes over the lanes in turn. */
  final class Lanes implements ResourceLocksProvider {

    private static final int LANES = Integer.getInteger("it.lanes", 2);
    private static final Map<Class<?>, Integer> LANE = new ConcurrentHashMap<>();
    private static final AtomicInteger NEXT = new AtomicInteger();

    @Override
    public Set<Lock> provideForClass(Class<?> test) {
      var lane = LANE.computeIfAbsent(test, _ -> NEXT.getAndIncrement() % LANES);
      return Set.of(new Lock("lane " + lane));
    }
  }
}
