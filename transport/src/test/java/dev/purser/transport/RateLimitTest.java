package dev.purser.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  private final AtomicLong nanos = new AtomicLong(-5);
  private final RateLimit limit = new RateLimit(4, nanos::get);

  private int taken() {
    int taken = 0;
    while (limit.take()) {
      taken++;
    }
    return taken;
  }

  @Test
  void givesSoManyASecond() {
    assertThat(taken()).isEqualTo(4);
    nanos.addAndGet(Duration.ofMillis(250).toNanos());
    assertThat(taken()).isEqualTo(1);
    nanos.addAndGet(Duration.ofMillis(249).toNanos());
    assertThat(taken()).isZero();
  }

  @Test
  void savesUpNoMoreThanThoseOfASecond() {
    nanos.addAndGet(Duration.ofDays(1).toNanos());
    assertThat(taken()).isEqualTo(4);
  }
}
