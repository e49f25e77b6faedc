package dev.purser.core.record;

/// What every source emits: consecutive records of one stream, and from which position to which
/// they reach.
///
/// A batch is a view: whoever gets it must be done with its bytes when the call returns.
///
/// @param firstSeq number of its first record in the stream, counted from 0
/// @param from the position that the hub must hold for the batch to be accepted
/// @param to the position that the hub holds afterwards
/// @param ended whether nothing will follow in this stream; the hub may then forget it
public record RecordBatch(
    Stream stream, long firstSeq, Position from, Position to, Payload payload, boolean ended) {

  public RecordBatch {
    if (firstSeq < 0) {
      throw new IllegalArgumentException("firstSeq " + firstSeq);
    }
  }

  /// How many sequence numbers it takes.
  public int count() {
    return payload.count();
  }

  /// The stream's state once this batch is accepted.
  public StreamState after() {
    return new StreamState(to, firstSeq + count(), ended);
  }
}
