package dev.purser.core.record;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;

/// The time unit of records: microseconds since 1970 UTC.
public final class EpochMicros {
  private EpochMicros() {}

  public static long now(InstantSource clock) {
    return of(clock.instant());
  }

  /// Rounded towards 1970.
  public static long of(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }
}
