package dev.purser.lake;

import java.time.Duration;

/// What one query may take. Memory has one limit for all, see [LakeConfig#memory].
///
/// @param rows the answer ends after these, and says so
/// @param time the query is cancelled after this
public record QueryLimits(long rows, Duration time) {
  public static final QueryLimits DEFAULT = new QueryLimits(100_000, Duration.ofSeconds(60));

  public QueryLimits {
    if (rows < 1 || time.isNegative() || time.isZero()) {
      throw new IllegalArgumentException("limits of a query: " + rows + " rows, " + time);
    }
  }
}
