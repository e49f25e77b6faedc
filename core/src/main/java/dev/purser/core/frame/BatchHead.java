package dev.purser.core.frame;

import dev.purser.core.record.Gap;
import dev.purser.core.record.Position;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import org.jspecify.annotations.Nullable;

/// A batch without its records: enough to compare positions.
///
/// @param gap what it carries if it carries no records
/// @param lineFeeds whether the ends of its records are its line feeds
public record BatchHead(
    Stream stream,
    long firstSeq,
    Position from,
    Position to,
    boolean ended,
    long readTimeMicros,
    int count,
    int sizeBytes,
    boolean lineFeeds,
    @Nullable Gap gap) {

  /// The stream's state once the batch is accepted.
  public StreamState after() {
    return new StreamState(to, firstSeq + count, ended);
  }

  /// Whether the batch continues from `state`.
  public boolean continues(StreamState state) {
    return state.nextSeq() == firstSeq && state.position().equals(from) && !state.ended();
  }
}
