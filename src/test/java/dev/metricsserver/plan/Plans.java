package dev.metricsserver.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.plan.Decision.Planned;
import dev.metricsserver.plan.Decision.Refused;
import java.time.Instant;

/** Plans for tests, from specs as users write them. */
public final class Plans {

  /** The time at which tests plan. */
  public static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

  private static final YAMLMapper YAML = new YAMLMapper();

  private Plans() {}

  /** A spec in YAML; a field that does not exist fails the test. */
  public static MetricsServerConfigSpec spec(String yaml) {
    try {
      return YAML.readValue(yaml, MetricsServerConfigSpec.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** The decision about a spec. */
  public static Decision decide(String spec, SampleCluster cluster) {
    return Planner.plan(spec(spec), cluster.facts(), NOW);
  }

  /** The plan for a spec that can be carried out. */
  public static MetricsServerPlan plan(String spec, SampleCluster cluster) {
    var decision = decide(spec, cluster);
    assertThat(decision).isInstanceOf(Planned.class);
    return ((Planned) decision).plan();
  }

  /** The plan for a spec that can be carried out in a cluster of two nodes. */
  public static MetricsServerPlan plan(String spec) {
    return plan(spec, SampleCluster.ofNodes(2));
  }

  /** Why a spec cannot be carried out. */
  public static Refused refusal(String spec, SampleCluster cluster) {
    var decision = decide(spec, cluster);
    assertThat(decision).isInstanceOf(Refused.class);
    return (Refused) decision;
  }
}
