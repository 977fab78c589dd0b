package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.LabelSelector;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeSelectorTest {

  /** node-1 has {@code pool=system} and {@code rank=3}, node-2 has neither. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                             | true  | true
          pool=system                    | true  | false
          pool==system                   | true  | false
          pool == system                 | true  | false
          pool=batch                     | false | false
          pool!=system                   | false | true
          pool != batch                  | true  | true
          pool in (batch, system)        | true  | false
          pool in(system)                | true  | false
          pool in (batch)                | false | false
          pool notin (batch,system)      | false | true
          pool notin (batch)             | true  | true
          pool                           | true  | false
          !pool                          | false | true
          ! pool                         | false | true
          rank>2                         | true  | false
          rank > 3                       | false | false
          rank<4                         | true  | false
          pool<4                         | false | false
          pool in (batch,system),rank=3  | true  | false
          pool,!rank                     | false | false
          kubernetes.io/hostname=node-2  | false | true
          pool=                          | false | false
          pool in system                 | true  | true
          """)
  void itSelectsAsKubernetesDoes(String words, boolean first, boolean second) {
    var selector = NodeSelector.parse(words);

    assertThat(
            selector.selects(
                SampleNode.number(1).label("pool", "system").label("rank", "3").facts()))
        .isEqualTo(first);
    assertThat(
            selector.selects(
                SampleNode.number(2).label("kubernetes.io/hostname", "node-2").facts()))
        .isEqualTo(second);
  }

  @Test
  void labelsAreOneOfItsForms() {
    assertThat(NodeSelector.of(new LabelSelector(Map.of("pool", "system"), null)))
        .isEqualTo(NodeSelector.parse("pool=system"));
  }
}
