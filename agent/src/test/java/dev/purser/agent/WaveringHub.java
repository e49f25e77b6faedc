package dev.purser.agent;

import dev.purser.core.frame.Frame;
import dev.purser.core.frame.FrameFormatException;
import dev.purser.core.ingest.Ingest;
import dev.purser.core.ingest.Reply;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Records;
import dev.purser.core.record.StreamState;
import dev.purser.testkit.ModelIngest;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// A hub behind a bad connection, which keeps the records that it took.
final class WaveringHub implements Ingest {
  /// What becomes of a call.
  enum Fate {
    GOES_WELL,
    REQUEST_IS_LOST,
    ANSWER_IS_LOST,
    NO_ROOM
  }

  private final ModelIngest hub = new ModelIngest();
  private final Map<String, List<String>> records = new ConcurrentHashMap<>();
  private final Supplier<Fate> fates;

  /// @param fates of the calls, one after the other
  WaveringHub(Supplier<Fate> fates) {
    this.fates = fates;
  }

  /// The records of a stream in the order in which they were taken.
  List<String> records(String streamId) {
    return records.getOrDefault(streamId, List.of());
  }

  @Override
  public Map<String, StreamState> streams(String agentId) throws IOException {
    if (fates.get() == Fate.REQUEST_IS_LOST) {
      throw new IOException("lost");
    }
    return hub.streams(agentId);
  }

  @Override
  public Reply append(ByteBuffer frame) throws IOException {
    Fate fate = fates.get();
    if (fate == Fate.REQUEST_IS_LOST) {
      throw new IOException("the request is lost");
    }
    if (fate == Fate.NO_ROOM) {
      return new Reply.Busy("full");
    }
    Reply reply = take(frame);
    if (fate == Fate.ANSWER_IS_LOST) {
      throw new IOException("the answer is lost");
    }
    return reply;
  }

  @Override
  public UUID report(String agentId, byte[] statusJson) {
    return hub.report(agentId, statusJson);
  }

  @Override
  public void close() {}

  private synchronized Reply take(ByteBuffer frame) {
    Reply reply = hub.append(frame.duplicate());
    if (reply instanceof Reply.Accepted) {
      keep(frame);
    }
    return reply;
  }

  private void keep(ByteBuffer frame) {
    try {
      for (RecordBatch batch : Frame.parse(frame).batches()) {
        List<String> kept = records.computeIfAbsent(batch.stream().id(), id -> new ArrayList<>());
        if (batch.payload() instanceof Records slab) {
          for (int i = 0; i < slab.count(); i++) {
            byte[] bytes =
                slab.data()
                    .asSlice(slab.start(i), slab.end(i) - slab.start(i))
                    .toArray(ValueLayout.JAVA_BYTE);
            kept.add(new String(bytes, StandardCharsets.UTF_8).strip());
          }
        }
      }
    } catch (FrameFormatException e) {
      throw new IllegalStateException(e);
    }
  }
}
