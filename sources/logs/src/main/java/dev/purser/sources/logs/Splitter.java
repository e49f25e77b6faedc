package dev.purser.sources.logs;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;

/// Finds where records end. Keeps no state, and is used by several threads at once.
public interface Splitter {
  /// Splits `data[0, length)`, which begins where a record begins, and puts what it finds into
  /// `cuts`: the ends of the complete records, and how many bytes they take. The bytes behind them
  /// are given again, with more behind.
  ///
  /// When `length` is more than [Cuts#maxRecordBytes], it must take something.
  ///
  /// @param finished nothing will ever follow, so that all bytes must be taken (as far as there is
  ///   room in `cuts`)
  /// @param cuts empty, and about `data`
  void split(MemorySegment data, int length, boolean finished, Cuts cuts);

  /// Whether each record ends with a line feed, unless it was cut at the limit or is a file's last.
  default boolean endsWithLineFeeds() {
    return true;
  }

  /// How long a record may stay open that is complete as far as it goes ([Cuts#openEnd]); empty for
  /// a splitter whose records say by themselves where they end.
  default Optional<Duration> timeLimit() {
    return Optional.empty();
  }

  /// As [#split], after no line came for the time limit that belongs to an open record: it is
  /// complete.
  default void splitAfterPause(MemorySegment data, int length, Cuts cuts) {
    split(data, length, false, cuts);
  }
}
