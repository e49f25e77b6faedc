package dev.purser.sources.logs;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Writes entries as Docker's log drivers do.
final class DockerLogs {
  static final String TIME = "2026-11-23T04:38:02.123456789Z";
  static final long TIME_NANOS = 1_795_408_682_123_456_789L;

  private DockerLogs() {}

  /// A line of json-file.
  ///
  /// @param log as it stands in the JSON, with its escapes
  static String jsonLine(String log, String stream) {
    return "{\"log\":\"" + log + "\",\"stream\":\"" + stream + "\",\"time\":\"" + TIME + "\"}\n";
  }

  /// An entry of `local` that holds a whole line.
  static byte[] local(String source, String line) {
    return frame(message(source, line.getBytes(StandardCharsets.UTF_8)).toByteArray());
  }

  /// An entry of `local` that holds a piece of a line.
  static byte[] localPiece(String source, String line, int ordinal, boolean last) {
    ByteArrayOutputStream message = message(source, line.getBytes(StandardCharsets.UTF_8));
    ByteArrayOutputStream metadata = new ByteArrayOutputStream();
    if (last) {
      metadata.writeBytes(new byte[] {0x08, 1});
    }
    metadata.writeBytes(new byte[] {0x12, 4, 'a', 'b', 'c', 'd', 0x18, (byte) ordinal});
    message.writeBytes(new byte[] {0x20, 1, 0x2a, (byte) metadata.size()});
    message.writeBytes(metadata.toByteArray());
    return frame(message.toByteArray());
  }

  static byte[] frame(byte[] message) {
    return ByteBuffer.allocate(message.length + 8)
        .putInt(message.length)
        .put(message)
        .putInt(message.length)
        .array();
  }

  private static ByteArrayOutputStream message(String source, byte[] line) {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    message.write(0x0a);
    message.write(source.length());
    message.writeBytes(source.getBytes(StandardCharsets.UTF_8));
    message.write(0x10);
    varint(TIME_NANOS, message);
    if (line.length > 0) {
      message.write(0x1a);
      varint(line.length, message);
      message.writeBytes(line);
    }
    return message;
  }

  private static void varint(long value, ByteArrayOutputStream out) {
    long rest = value;
    while (rest >>> 7 != 0) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
