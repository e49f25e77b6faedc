package dev.purser.core.source;

import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.StreamState;

/// The way of one stream to the hub. Owned by one thread at a time.
public interface Lane extends AutoCloseable {
  /// Hands a batch over; its bytes are copied before this returns. Waits while the way is full:
  /// that is the back-pressure.
  ///
  /// @return false when the batch does not begin at [#state], since the hub sent the stream back;
  ///   nothing was taken, and the caller goes on from [#state]
  boolean send(RecordBatch batch) throws InterruptedException;

  /// Where the next batch must begin.
  StreamState state();

  /// Up to where the hub has the stream on disk. Any thread may ask, also behind [#close].
  StreamState durable();

  /// Forgets the lane; what was sent is delivered all the same.
  @Override
  void close();
}
