package dev.purser.transport;

import dev.purser.core.ingest.Reply;
import dev.purser.core.record.Position;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/// Reads replies, stream maps and starts. The bytes are not trusted: whatever breaks
/// docs/formats/transport.md is [Malformed].
final class WireReader {
  private static final int MAX_ID_UTF8_BYTES = 3 * Stream.MAX_ID_BYTES;
  private static final int MAX_REASON_UTF8_BYTES = 3 * Limits.MAX_REASON_CHARS;

  /// An entry with an id of one byte and an empty position.
  private static final int MIN_ENTRY_BYTES = 2 + 1 + 2 + 8 + 1;

  private final ByteBuffer in;
  private final CharsetDecoder utf8 =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);

  private WireReader(byte[] bytes) {
    this.in = ByteBuffer.wrap(bytes);
  }

  static Reply reply(byte[] bytes) throws Malformed {
    WireReader reader = new WireReader(bytes);
    int kind = reader.kind();
    Reply reply =
        switch (kind) {
          case WireWriter.ACCEPTED -> new Reply.Accepted(reader.natural(), reader.natural());
          case WireWriter.CONFLICT -> new Reply.Conflict(reader.entries());
          case WireWriter.BUSY -> new Reply.Busy(reader.text("reason", MAX_REASON_UTF8_BYTES));
          case WireWriter.REJECTED ->
              new Reply.Rejected(reader.text("reason", MAX_REASON_UTF8_BYTES));
          default -> throw new Malformed("no reply has kind " + kind);
        };
    reader.end();
    return reply;
  }

  static Map<String, StreamState> streams(byte[] bytes) throws Malformed {
    WireReader reader = new WireReader(bytes);
    int kind = reader.kind();
    if (kind != WireWriter.STREAM_MAP) {
      throw new Malformed("expected a stream map, found kind " + kind);
    }
    Map<String, StreamState> streams = reader.entries();
    reader.end();
    return streams;
  }

  static UUID start(byte[] bytes) throws Malformed {
    WireReader reader = new WireReader(bytes);
    int kind = reader.kind();
    if (kind != WireWriter.START) {
      throw new Malformed("expected the hub's start, found kind " + kind);
    }
    reader.need(16);
    UUID start = new UUID(reader.in.getLong(), reader.in.getLong());
    reader.end();
    return start;
  }

  private int kind() throws Malformed {
    need(2);
    int version = in.get() & 0xff;
    if (version != WireWriter.VERSION) {
      throw new Malformed(
          "wire version " + version + ", this program speaks " + WireWriter.VERSION);
    }
    return in.get() & 0xff;
  }

  private Map<String, StreamState> entries() throws Malformed {
    need(4);
    int count = in.getInt();
    if (count < 0 || count > Limits.MAX_STREAMS || count > in.remaining() / MIN_ENTRY_BYTES) {
      throw new Malformed("a map of " + Integer.toUnsignedString(count) + " streams");
    }
    Map<String, StreamState> streams = HashMap.newHashMap(count);
    for (int i = 0; i < count; i++) {
      String id = text("stream id", MAX_ID_UTF8_BYTES);
      if (id.isEmpty() || id.length() > Stream.MAX_ID_BYTES) {
        throw new Malformed("stream id of " + id.length() + " characters");
      }
      Position position = new Position(text("position", Position.MAX_BYTES));
      long nextSeq = natural();
      need(1);
      int flags = in.get();
      if ((flags & ~WireWriter.FLAG_ENDED) != 0) {
        throw new Malformed("unknown flags of a stream");
      }
      StreamState state = new StreamState(position, nextSeq, flags == WireWriter.FLAG_ENDED);
      if (streams.put(id, state) != null) {
        throw new Malformed("a stream twice");
      }
    }
    return streams;
  }

  private long natural() throws Malformed {
    need(8);
    long value = in.getLong();
    if (value < 0) {
      throw new Malformed("a negative number");
    }
    return value;
  }

  private String text(String what, int maxBytes) throws Malformed {
    need(2);
    int length = in.getShort() & 0xffff;
    if (length > maxBytes) {
      throw new Malformed(what + " of " + length + " bytes");
    }
    need(length);
    ByteBuffer bytes = in.slice(in.position(), length);
    in.position(in.position() + length);
    try {
      return utf8.decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new Malformed(what + " is not UTF-8");
    }
  }

  private void need(int bytes) throws Malformed {
    if (in.remaining() < bytes) {
      throw new Malformed("cut off at byte " + in.position());
    }
  }

  private void end() throws Malformed {
    if (in.hasRemaining()) {
      throw new Malformed(in.remaining() + " bytes too many");
    }
  }
}
