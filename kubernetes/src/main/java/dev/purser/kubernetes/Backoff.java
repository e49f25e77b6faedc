package dev.purser.kubernetes;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// How long to wait before the next attempt: twice as long after each failure, up to a limit, and
/// each time between half of it and all of it, so that many clients do not come back at once.
public final class Backoff {
  private final Duration first;
  private final Duration most;
  private final RandomGenerator random;
  private int failures;

  /// Waiting between attempts.
  public interface Pause {
    void sleep(Duration time) throws InterruptedException;
  }

  public Backoff(Duration first, Duration most, RandomGenerator random) {
    this.first = first;
    this.most = most;
    this.random = random;
  }

  public void succeeded() {
    failures = 0;
  }

  public Duration failed() {
    long limit = Math.min(most.toMillis(), first.toMillis() << Math.min(failures, 20));
    failures++;
    return Duration.ofMillis(limit - random.nextLong(limit / 2 + 1));
  }
}
