package dev.purser.core.record;

/// How far a stream has come. The hub's is the only authority; all others are caches of it.
///
/// @param position where the next batch must begin
/// @param nextSeq the number of its first record
/// @param ended whether nothing will follow
public record StreamState(Position position, long nextSeq, boolean ended) {
  /// A stream of which nothing is known.
  public static final StreamState NEW = new StreamState(Position.START, 0, false);

  /// Whether `batch` continues from here.
  public boolean accepts(RecordBatch batch) {
    return batch.firstSeq() == nextSeq && batch.from().equals(position) && !ended;
  }
}
