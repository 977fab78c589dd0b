package dev.metricsserver.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLocksProvider;

/**
 * A test class that needs a whole cluster for itself, see {@link LocalCluster}. Classes that name
 * the same cluster run one after the other, and beside all others.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ResourceLock(providers = EndToEndTest.Clusters.class)
@ExtendWith(EndToEndTest.Skipped.class)
public @interface EndToEndTest {

  /**
   * Returns which of the clusters the class runs on, from 1. When fewer run, several numbers mean
   * the same one. The numbers are chosen so that each cluster is busy for about as long as the
   * others; target/test-times.tsv has the figures.
   */
  int cluster();

  /** The clusters that {@code deploy/local/test-cluster} has started for this run of the tests. */
  final class Clusters implements ResourceLocksProvider {

    private static final Path NAMES = Path.of("target/local/test-clusters");

    @Override
    public Set<Lock> provideForClass(Class<?> test) {
      return Set.of(new Lock("cluster " + nameFor(test)));
    }

    /** Their names; none when a developer has started a cluster by {@code deploy/local/up}. */
    static List<String> started() {
      try {
        return Files.exists(NAMES) ? Files.readAllLines(NAMES) : List.of();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /**
     * The name of the cluster on which a class runs: by default the one in the environment variable
     * LOCAL_CLUSTER, as for the commands in {@code deploy/local}.
     */
    static String nameFor(Class<?> test) {
      var annotation = test.getAnnotation(EndToEndTest.class);
      var names = started();
      return annotation == null || names.isEmpty()
          ? System.getenv().getOrDefault("LOCAL_CLUSTER", "default")
          : names.get((annotation.cluster() - 1) % names.size());
    }
  }

  /** Skips end-to-end tests by {@code -DskipE2E}. */
  final class Skipped implements ExecutionCondition {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      return Boolean.getBoolean("skipE2E")
          ? ConditionEvaluationResult.disabled("because of -DskipE2E")
          : ConditionEvaluationResult.enabled("end-to-end tests are not skipped");
    }
  }
}
