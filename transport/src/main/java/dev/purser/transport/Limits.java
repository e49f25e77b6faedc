package dev.purser.transport;

import dev.purser.core.frame.FrameFormat;
import java.time.Duration;

/// What the hub takes at most; docs/formats/transport.md lists them.
final class Limits {
  static final int MAX_FRAME_BYTES = FrameFormat.MAX_FRAME_BYTES;
  static final int MAX_FRAME_BYTES_IN_FLIGHT = 256 << 20;
  static final int MAX_SQL_BYTES = 1 << 20;
  static final int MAX_STATUS_BYTES = 16 << 20;

  static final int MAX_HEADER_BYTES = 16 << 10;
  static final int MAX_PROOFS_PER_SECOND = 256;
  static final int MAX_CONCURRENT_STREAMS = 64;
  static final int MAX_CONNECTIONS = 16_384;

  /// How much a peer may send ahead of what the hub has read: on one stream, and on a connection.
  static final int WINDOW_BYTES = 4 << 20;

  /// Payload of one HTTP/2 DATA frame: fewer, larger frames cost less.
  static final int MAX_DATA_FRAME_BYTES = 256 << 10;

  static final Duration BODY_DEADLINE = Duration.ofSeconds(60);
  static final Duration SLOW_READER_DEADLINE = Duration.ofSeconds(60);

  /// Longer than the longest query: the server takes a connection without frames for idle, though
  /// it serves one.
  static final Duration IDLE_CONNECTION = Duration.ofMinutes(15);

  /// Ends a peer that connects and says nothing; longer than the above, which ends the others.
  static final Duration SILENCE = Duration.ofMinutes(20);

  static final Duration DRAIN_DEADLINE = Duration.ofSeconds(5);

  static final int MAX_ANSWER_BYTES = 256 << 20;
  static final int MAX_STREAMS = 1 << 20;
  static final int MAX_REASON_CHARS = 1024;
  static final int MAX_ERROR_BYTES = 64 << 10;

  private Limits() {}
}
