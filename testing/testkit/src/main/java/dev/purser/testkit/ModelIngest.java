package dev.purser.testkit;

import dev.purser.core.frame.BatchHead;
import dev.purser.core.frame.Frame;
import dev.purser.core.frame.FrameFormatException;
import dev.purser.core.ingest.Ingest;
import dev.purser.core.ingest.Reply;
import dev.purser.core.record.StreamState;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/// A hub that keeps positions in memory and forgets the records: for tests of what stands before a
/// hub. Held to [IngestContract] like the real one. Thread-safe.
public final class ModelIngest implements Ingest {
  private final Map<String, StreamState> states = new HashMap<>();
  private final Map<String, UUID> agents = new HashMap<>();
  private final Map<String, String> reports = new HashMap<>();
  private UUID start = UUID.randomUUID();
  private boolean full;
  private long frames;

  /// Whether it refuses frames for lack of room.
  public synchronized void full(boolean full) {
    this.full = full;
  }

  /// Starts anew, with nothing but these positions.
  public synchronized void restart(Map<String, StreamState> held) {
    start = UUID.randomUUID();
    states.clear();
    states.putAll(held);
  }

  /// The last report of an agent; empty before the first.
  public synchronized String reported(String agentId) {
    return reports.getOrDefault(agentId, "");
  }

  /// How many frames it took.
  public synchronized long frames() {
    return frames;
  }

  @Override
  public synchronized Map<String, StreamState> streams(String agentId) {
    UUID agent = UUID.fromString(agentId);
    Map<String, StreamState> found = new HashMap<>();
    for (Map.Entry<String, StreamState> entry : states.entrySet()) {
      if (agent.equals(agents.get(entry.getKey()))) {
        found.put(entry.getKey(), entry.getValue());
      }
    }
    return found;
  }

  @Override
  public synchronized Reply append(ByteBuffer bytes) {
    Frame frame;
    try {
      frame = Frame.parse(bytes);
    } catch (FrameFormatException e) {
      return new Reply.Rejected(String.valueOf(e.getMessage()));
    }
    Map<String, StreamState> after = new HashMap<>();
    for (BatchHead batch : frame.heads()) {
      String id = batch.stream().id();
      if (!batch.continues(after.getOrDefault(id, state(id)))) {
        return conflict(frame);
      }
      after.put(id, batch.after());
    }
    if (full) {
      return new Reply.Busy("full");
    }
    states.putAll(after);
    after.keySet().forEach(id -> agents.put(id, frame.agent()));
    frames++;
    return new Reply.Accepted(frames, 0);
  }

  @Override
  public synchronized UUID report(String agentId, byte[] statusJson) {
    reports.put(agentId, new String(statusJson, StandardCharsets.UTF_8));
    return start;
  }

  @Override
  public void close() {}

  private Reply conflict(Frame frame) {
    Map<String, StreamState> held = new HashMap<>();
    for (BatchHead batch : frame.heads()) {
      held.put(batch.stream().id(), state(batch.stream().id()));
    }
    return new Reply.Conflict(held);
  }

  private StreamState state(String id) {
    return states.getOrDefault(id, StreamState.NEW);
  }
}
