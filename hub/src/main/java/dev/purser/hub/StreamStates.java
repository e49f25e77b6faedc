package dev.purser.hub;

import dev.purser.core.frame.BatchHead;
import dev.purser.core.record.Position;
import dev.purser.core.record.StreamState;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// How far each stream has come, by the hub: the authority. Not thread-safe; its owner locks.
///
/// An ended stream is forgotten a day after its last batch, when hardly anybody can send it again:
/// an agent does only if its machine lost power just before it noted the end, and was off since.
final class StreamStates {
  private static final long KEEP_ENDED_MICROS = 24L * 3600 * 1_000_000;

  /// @param gaps how many gaps it has
  record Held(UUID agent, StreamState state, long gaps, long changedMicros) {}

  private final Map<String, Held> streams = new HashMap<>();

  StreamState state(String id) {
    Held held = streams.get(id);
    return held == null ? StreamState.NEW : held.state();
  }

  /// The agent that last sent the stream; null if it is unknown.
  @Nullable UUID agent(String id) {
    Held held = streams.get(id);
    return held == null ? null : held.agent();
  }

  Map<String, StreamState> of(UUID agent) {
    Map<String, StreamState> found = new HashMap<>();
    streams.forEach((id, held) -> {
      if (held.agent().equals(agent)) {
        found.put(id, held.state());
      }
    });
    return found;
  }

  /// All streams, by id.
  Map<String, Held> all() {
    return Map.copyOf(streams);
  }

  void move(UUID agent, BatchHead batch, long timeMicros) {
    Held before = streams.get(batch.stream().id());
    long gaps = (before == null ? 0 : before.gaps()) + (batch.gap() == null ? 0 : 1);
    streams.put(batch.stream().id(), new Held(agent, batch.after(), gaps, timeMicros));
  }

  /// The form of docs/formats/wal.md, without what may be forgotten.
  byte[] encode(long nowMicros) {
    streams
        .values()
        .removeIf(
            held -> held.state().ended() && held.changedMicros() < nowMicros - KEEP_ENDED_MICROS);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(streams.size());
      for (Map.Entry<String, Held> entry : streams.entrySet()) {
        Held held = entry.getValue();
        out.writeLong(held.agent().getMostSignificantBits());
        out.writeLong(held.agent().getLeastSignificantBits());
        write(out, entry.getKey());
        write(out, held.state().position().token());
        out.writeLong(held.state().nextSeq());
        out.writeByte(held.state().ended() ? 1 : 0);
        out.writeLong(held.gaps());
        out.writeLong(held.changedMicros());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /// Reads what [#encode] wrote; its CRC has been checked.
  static StreamStates decode(byte[] bytes) {
    StreamStates states = new StreamStates();
    if (bytes.length == 0) {
      return states;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int count = in.getInt();
    for (int i = 0; i < count; i++) {
      UUID agent = new UUID(in.getLong(), in.getLong());
      String id = read(in);
      Position position = new Position(read(in));
      StreamState state = new StreamState(position, in.getLong(), in.get() != 0);
      states.streams.put(id, new Held(agent, state, in.getLong(), in.getLong()));
    }
    return states;
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeShort(bytes.length);
    out.write(bytes);
  }

  private static String read(ByteBuffer in) {
    byte[] bytes = new byte[Short.toUnsignedInt(in.getShort())];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
