package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class WritePaceTest {
  private static final long APART = 100;
  private static final long NOW = 1_000;

  private final WritePace pace = new WritePace(APART, NOW);

  @Test
  void theFirstWriteWakesAtOnceAndThoseBehindItTogether() {
    assertThat(pace.isToWake(false, true, NOW)).isTrue();
    assertThat(pace.isToWake(false, true, NOW + 30)).isFalse();
    assertThat(pace.untilDue(NOW + 30)).contains(Duration.ofNanos(70));
    assertThat(pace.isToWake(false, true, NOW + 60)).isFalse();
    assertThat(pace.isToWake(false, true, NOW + 100)).isTrue();
    assertThat(pace.untilDue(NOW + 100)).isEmpty();
  }

  @Test
  void aWriteAfterAWhileWithoutWakesAtOnce() {
    assertThat(pace.isToWake(false, true, NOW)).isTrue();
    assertThat(pace.isToWake(false, false, NOW + 120)).isFalse();
    assertThat(pace.untilDue(NOW + 120)).isEmpty();
    assertThat(pace.isToWake(false, true, NOW + 130)).isTrue();
  }

  @Test
  void whatNeedsALookWaitsForNothing() {
    assertThat(pace.isToWake(false, true, NOW)).isTrue();
    assertThat(pace.isToWake(true, true, NOW + 10)).isTrue();
    assertThat(pace.isToWake(true, false, NOW + 11)).isTrue();
  }

  @Test
  void whatWasKeptIsToldEvenIfNothingFollows() {
    assertThat(pace.isToWake(false, true, NOW)).isTrue();
    assertThat(pace.isToWake(false, true, NOW + 20)).isFalse();
    assertThat(pace.untilDue(NOW + 150)).contains(Duration.ZERO);
    assertThat(pace.isToWake(false, true, NOW + 150)).isTrue();
  }
}
