package dev.purser.sources.events;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// How long to wait before the next attempt: twice as long after each failure, up to a limit, and
/// each time between half of it and all of it, so that many clients do not come back at once.
final class Backoff {
  private final Duration first;
  private final Duration most;
  private final RandomGenerator random;
  private int failures;

  Backoff(Duration first, Duration most, RandomGenerator random) {
    this.first = first;
    this.most = most;
    this.random = random;
  }

  void succeeded() {
    failures = 0;
  }

  Duration failed() {
    long limit = Math.min(most.toMillis(), first.toMillis() << Math.min(failures, 20));
    failures++;
    return Duration.ofMillis(limit - random.nextLong(limit / 2 + 1));
  }
}
