package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceRangesTest {

  @ParameterizedTest
  @CsvSource({
    "10.96.0.1,        10.96.0.0/12",
    "10.43.0.1,        10.43.0.0/16",
    "10.0.0.1,         10.0.0.0/12",
    "172.20.0.1,       172.20.0.0/14",
    "192.168.128.1,    192.168.128.0/17",
    "34.118.224.1,     34.118.224.0/19",
    "fd00:10:96::1,    fd00:10:96::/64",
    "fd00:1:2:3:4::1,  fd00:1:2:3:4::/78"
  })
  void isTheLargestThatCanBe(String service, String range) {
    assertThat(ServiceRanges.around(service)).isEqualTo(range);
  }
}
