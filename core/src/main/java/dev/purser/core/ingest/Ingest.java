package dev.purser.core.ingest;

import dev.purser.core.record.StreamState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.UUID;

/// The hub as an agent sees it: called directly in one process, over HTTP in two. Same contract,
/// same tests.
///
/// Compare-and-set: a frame is taken only if each of its batches begins at the position that the
/// hub holds for its stream; so a repeated, lost or reordered call can neither lose nor repeat a
/// record.
public interface Ingest extends AutoCloseable {
  /// What the hub holds of each stream of an agent.
  ///
  /// @throws IOException when the hub did not answer; may be retried
  Map<String, StreamState> streams(String agentId) throws IOException, InterruptedException;

  /// Stores a frame and returns once it is on disk. An agent may have several calls under way; one
  /// that overtakes the call before it meets a conflict.
  ///
  /// @param frame in the format of docs/formats/frame.md; read from its position to its limit. Its
  ///   bytes stay as they are: a call that failed may still be reading them
  /// @throws IOException when it is unknown whether the frame was stored; the caller asks for
  ///   [#streams] or sends again
  Reply append(ByteBuffer frame) throws IOException, InterruptedException;

  /// Tells the hub how an agent fares: JSON, shown by `purser status`, kept in memory only.
  ///
  /// @return which start of the hub this is. Another one than before may hold less than was
  ///   acknowledged, as when its disk lost it, or when it was restored from a backup; [#streams]
  ///   tells
  UUID report(String agentId, byte[] statusJson) throws IOException, InterruptedException;

  @Override
  void close();
}
