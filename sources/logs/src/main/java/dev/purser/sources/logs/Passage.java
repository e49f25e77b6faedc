package dev.purser.sources.logs;

import dev.purser.core.record.StreamState;

/// How far the bytes of one incarnation of a file have come, as offsets in it. What is in front of
/// its beginning was read before, by another run or as another file, and does not count.
/// Thread-safe.
final class Passage {
  private long begin;
  private long written;
  private long read;
  private long delivered;

  /// How many bytes went how far.
  record Bytes(long written, long read, long delivered) {}

  /// Nothing in front of an offset counts.
  synchronized void beginAt(long offset) {
    begin = offset;
    read = offset;
    delivered = offset;
    written = Math.max(written, offset);
  }

  /// Nothing that was written and not read counts: it is read elsewhere.
  synchronized void leaveTheRest() {
    written = read;
  }

  synchronized void writtenTo(long offset) {
    written = Math.max(written, offset);
  }

  /// Its stream is about to end, and its records reach to here.
  synchronized void endAt(long offset) {
    read = Math.max(begin, offset);
  }

  /// Its stream has come so far.
  ///
  /// @param sent what goes on behind what was read
  /// @param durable what the hub has
  synchronized void moveTo(StreamState sent, StreamState durable) {
    Bytes now = bytes(0, sent, durable);
    read = begin + now.read();
    delivered = begin + now.delivered();
    written = Math.max(written, read);
  }

  /// Where nothing of it is under way.
  ///
  /// @param writtenTo an offset up to where it may be written
  synchronized Bytes bytes(long writtenTo) {
    return new Bytes(Math.max(written, writtenTo) - begin, read - begin, delivered - begin);
  }

  /// Where it is under way: the hub may have sent it back. As [#moveTo] and [#bytes(long)].
  synchronized Bytes bytes(long writtenTo, StreamState sent, StreamState durable) {
    // The position of an end is where another stream begins.
    long readTo = sent.ended() ? read : Math.max(begin, FilePosition.offset(sent.position()));
    long deliveredTo =
        durable.ended()
            ? readTo
            : Math.clamp(FilePosition.offset(durable.position()), begin, readTo);
    long end = Math.max(readTo, Math.max(written, writtenTo));
    return new Bytes(end - begin, readTo - begin, deliveredTo - begin);
  }

  synchronized boolean isReadTo(long offset) {
    return read >= offset;
  }
}
