package dev.purser.core.ingest;

import dev.purser.core.record.StreamState;
import java.util.Map;

/// The hub's answer to a frame.
public sealed interface Reply {
  /// It is on disk.
  ///
  /// @param durable offset in the hub's log behind the frame
  /// @param committed offset up to which all is in the lake's tables
  record Accepted(long durable, long committed) implements Reply {}

  /// A batch did not begin where its stream is. Nothing was stored.
  ///
  /// @param held where each stream of the frame is
  record Conflict(Map<String, StreamState> held) implements Reply {
    public Conflict {
      held = Map.copyOf(held);
    }
  }

  /// No room now (log or disk full, or starting). Nothing was stored; send it again later.
  record Busy(String reason) implements Reply {}

  /// The frame itself is wrong, and will be refused each time.
  record Rejected(String reason) implements Reply {}
}
