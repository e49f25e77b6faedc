package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class OpenRecordTest {
  private static final long LIMIT = 1_000_000;

  private final OpenRecord record = new OpenRecord();

  @Test
  void waitsFromTheLastLineOn() {
    assertThat(record.isComplete(10, 5_000_000, LIMIT)).isFalse();
    assertThat(record.isComplete(20, 5_900_000, LIMIT)).isFalse();
    assertThat(record.isComplete(20, 6_899_999, LIMIT)).isFalse();
    assertThat(record.isComplete(20, 6_900_000, LIMIT)).isTrue();
  }

  @Test
  void asksForOneLookAtATime() {
    assertThat(record.isComplete(10, 5_000_000, LIMIT)).isFalse();
    assertThat(record.nextLook(5_000_000, LIMIT)).isEqualTo(Duration.ofSeconds(1));
    assertThat(record.isComplete(20, 5_900_500, LIMIT)).isFalse();
    assertThat(record.nextLook(5_900_500, LIMIT)).isZero();
    assertThat(record.isComplete(20, 6_000_000, LIMIT)).isFalse();
    assertThat(record.nextLook(6_000_000, LIMIT)).isEqualTo(Duration.ofMillis(901));
  }

  @Test
  void aClockThatIsSetBackMakesItWaitOnceMoreAtMost() {
    assertThat(record.isComplete(10, 5_000_000_000L, LIMIT)).isFalse();
    assertThat(record.nextLook(5_000_000_000L, LIMIT)).isEqualTo(Duration.ofSeconds(1));
    assertThat(record.isComplete(10, 1_000_000, LIMIT)).isFalse();
    assertThat(record.nextLook(1_000_000, LIMIT)).isEqualTo(Duration.ofSeconds(1));
    assertThat(record.isComplete(10, 2_000_000, LIMIT)).isTrue();
  }
}
