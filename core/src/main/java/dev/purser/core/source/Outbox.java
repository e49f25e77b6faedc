package dev.purser.core.source;

import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import java.util.Map;

/// Where sources put their batches. Thread-safe.
public interface Outbox {
  /// The identity of this agent: first part of the ids of its streams.
  String agentId();

  /// All streams of this agent that the hub knows, by id, as of the start or of when it was last
  /// asked for all: then it is another map. It may have less than it had. Who has no lane for a
  /// stream must look here; lanes are sent back.
  Map<String, StreamState> known();

  /// Opens the way for one stream. One lane for each stream at a time.
  ///
  /// @param wake called, from any thread and without a lock held, when the stream must be read
  ///   again from [Lane#state], as the hub did not hold what was thought
  Lane open(Stream stream, StreamState start, Runnable wake);

  /// Waits until everything sent so far is durable in the hub.
  void flush() throws InterruptedException;
}
