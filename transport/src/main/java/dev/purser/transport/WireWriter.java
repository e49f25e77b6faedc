package dev.purser.transport;

import dev.purser.core.ingest.Reply;
import dev.purser.core.record.StreamState;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;

/// Writes replies, stream maps and starts as docs/formats/transport.md says. One use.
final class WireWriter {
  static final int VERSION = 1;
  static final int ACCEPTED = 1;
  static final int CONFLICT = 2;
  static final int BUSY = 3;
  static final int REJECTED = 4;
  static final int STREAM_MAP = 16;
  static final int START = 17;
  static final int FLAG_ENDED = 1;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);

  private WireWriter() {}

  static byte[] reply(Reply reply) {
    WireWriter writer = new WireWriter();
    try {
      switch (reply) {
        case Reply.Accepted accepted -> {
          writer.head(ACCEPTED);
          writer.out.writeLong(accepted.durable());
          writer.out.writeLong(accepted.committed());
        }
        case Reply.Conflict conflict -> {
          writer.head(CONFLICT);
          writer.entries(conflict.held());
        }
        case Reply.Busy busy -> {
          writer.head(BUSY);
          writer.text(cut(busy.reason()));
        }
        case Reply.Rejected rejected -> {
          writer.head(REJECTED);
          writer.text(cut(rejected.reason()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return writer.bytes.toByteArray();
  }

  /// @throws IllegalStateException when there are more streams than an answer may hold
  static byte[] streams(Map<String, StreamState> streams) {
    WireWriter writer = new WireWriter();
    try {
      writer.head(STREAM_MAP);
      writer.entries(streams);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return writer.bytes.toByteArray();
  }

  static byte[] start(UUID start) {
    WireWriter writer = new WireWriter();
    try {
      writer.head(START);
      writer.out.writeLong(start.getMostSignificantBits());
      writer.out.writeLong(start.getLeastSignificantBits());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return writer.bytes.toByteArray();
  }

  private void head(int kind) throws IOException {
    out.writeByte(VERSION);
    out.writeByte(kind);
  }

  private void entries(Map<String, StreamState> streams) throws IOException {
    if (streams.size() > Limits.MAX_STREAMS) {
      throw new IllegalStateException(
          "an agent with " + streams.size() + " streams; at most " + Limits.MAX_STREAMS);
    }
    out.writeInt(streams.size());
    for (Map.Entry<String, StreamState> entry : streams.entrySet()) {
      StreamState state = entry.getValue();
      text(entry.getKey());
      text(state.position().token());
      out.writeLong(state.nextSeq());
      out.writeByte(state.ended() ? FLAG_ENDED : 0);
    }
  }

  private void text(String text) throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.writeShort(utf8.length);
    out.write(utf8);
  }

  private static String cut(String reason) {
    return reason.length() <= Limits.MAX_REASON_CHARS
        ? reason
        : reason.substring(0, Limits.MAX_REASON_CHARS);
  }
}
