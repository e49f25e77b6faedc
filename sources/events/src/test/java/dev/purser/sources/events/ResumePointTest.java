package dev.purser.sources.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.record.Position;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResumePointTest {
  @ParameterizedTest
  @CsvSource({
    "1234, 1234, -1",
    "1234<1000, 1234, 1000",
    "1234<, 1234, 0",
    "0<1000, 0, 1000",
    "'', 0, 0"
  })
  void standsInAPosition(String token, long delivered, long lostAt) {
    ResumePoint point = new ResumePoint(delivered, lostAt);
    assertThat(ResumePoint.parse(new Position(token))).isEqualTo(point);
    assertThat(point.position()).isEqualTo(new Position(token));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "-1", "1<x", "<", "1<2<3", "1<-2", " 1", "99999999999999999999"})
  void refusesOtherPositions(String token) {
    assertThatThrownBy(() -> ResumePoint.parse(new Position(token)))
        .isInstanceOf(NumberFormatException.class);
  }

  @Test
  void neverGoesBack() {
    assertThat(new ResumePoint(10, ResumePoint.NO_LIST).delivered(7).delivered()).isEqualTo(10);
    assertThat(new ResumePoint(10, ResumePoint.NO_LIST).delivered(12).delivered()).isEqualTo(12);
  }

  @Test
  void remembersWhereAWatchWasLost() {
    ResumePoint lost = new ResumePoint(10, ResumePoint.NO_LIST).lost();
    assertThat(lost).isEqualTo(new ResumePoint(10, 10));
    assertThat(lost.delivered(15).lost()).isEqualTo(new ResumePoint(15, 10));
  }
}
