package dev.purser.sources.logs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// Decompresses a gzip file (RFC 1952) of any number of members from its first byte on, in constant
/// memory. Checks each member's checksum and length. Reads the file by position, and leaves closing
/// it to its owner. Used by one thread at a time.
final class GzipStream implements AutoCloseable {
  private static final int INPUT_BYTES = 64 << 10;
  private static final int MAGIC = 0x1f8b;
  private static final int DEFLATE = 8;
  private static final int HEADER_CRC = 2;
  private static final int EXTRA = 4;
  private static final int NAME = 8;
  private static final int COMMENT = 16;
  private static final int RESERVED = 0xe0;

  private final FileChannel file;
  private final Inflater inflater = new Inflater(true);
  private final ByteBuffer input = ByteBuffer.allocate(INPUT_BYTES).flip();
  private final CRC32 crc = new CRC32();
  private long inputPosition;
  private long position;
  private long memberStart;
  private Stage stage = Stage.HEADER;
  private State state = State.OPEN;
  private String fault = "";

  /// What comes next in the file.
  private enum Stage {
    HEADER,
    DATA,
    TRAILER
  }

  /// How far it came.
  enum State {
    OPEN,
    /// At the file's end, behind a whole member.
    COMPLETE,
    /// The file ends within a member, maybe because it is still being written.
    CUT_OFF,
    /// What follows cannot be decompressed, or a checksum is wrong.
    DAMAGED
  }

  GzipStream(FileChannel file) {
    this.file = file;
  }

  /// How many decompressed bytes it gave.
  long position() {
    return position;
  }

  State state() {
    return state;
  }

  /// What is wrong, once it is [State#CUT_OFF] or [State#DAMAGED]; else empty.
  String fault() {
    return fault;
  }

  /// Gives the next bytes.
  ///
  /// @return how many, more than 0 as long as the state is [State#OPEN] afterwards
  int read(byte[] target, int from, int to) throws IOException {
    int at = from;
    while (state == State.OPEN && at == from) {
      try {
        switch (stage) {
          case HEADER -> beginMember();
          case DATA -> at += inflate(target, from, to);
          case TRAILER -> endMember();
        }
      } catch (Ended e) {
        state = e.state;
        fault = e.fault;
      }
    }
    return at - from;
  }

  private void beginMember() throws IOException, Ended {
    if (!fill()) {
      if (position == 0 && inputPosition == 0) {
        throw new Ended(State.CUT_OFF, "it is empty");
      }
      throw new Ended(State.COMPLETE, "");
    }
    if (inputPosition > input.remaining() && input.get(input.position()) == 0) {
      padding();
    }
    if (((next() << 8) | next()) != MAGIC) {
      throw damaged("expected the beginning of a gzip member");
    }
    int method = next();
    int flags = next();
    if (method != DEFLATE || (flags & RESERVED) != 0) {
      throw damaged("expected compression method 8 and no unknown flags");
    }
    skip(6);
    if ((flags & EXTRA) != 0) {
      skip(next() | (next() << 8));
    }
    if ((flags & NAME) != 0) {
      skipText();
    }
    if ((flags & COMMENT) != 0) {
      skipText();
    }
    if ((flags & HEADER_CRC) != 0) {
      skip(2);
    }
    inflater.reset();
    crc.reset();
    memberStart = position;
    stage = Stage.DATA;
  }

  /// Zeros up to the file's end, as tapes have them.
  private void padding() throws IOException, Ended {
    while (fill()) {
      if (input.get() != 0) {
        throw damaged("expected nothing but zeros behind the last member");
      }
    }
    throw new Ended(State.COMPLETE, "");
  }

  private int inflate(byte[] target, int from, int to) throws IOException, Ended {
    try {
      if (inflater.needsInput()) {
        if (!fill()) {
          throw cutOff();
        }
        inflater.setInput(input);
      }
      int count = inflater.inflate(target, from, to - from);
      crc.update(target, from, count);
      position += count;
      if (inflater.finished()) {
        stage = Stage.TRAILER;
      } else if (inflater.needsDictionary()) {
        throw damaged("expected no preset dictionary");
      }
      return count;
    } catch (DataFormatException e) {
      throw damaged("expected compressed data: " + e.getMessage());
    }
  }

  private void endMember() throws IOException, Ended {
    long checksum = number();
    long length = number();
    if (checksum != crc.getValue() || length != ((position - memberStart) & 0xffffffffL)) {
      throw damaged("the checksum of the bytes from " + memberStart + " on is wrong");
    }
    stage = Stage.HEADER;
  }

  private long number() throws IOException, Ended {
    return next() | (next() << 8) | (next() << 16) | ((long) next() << 24);
  }

  private void skipText() throws IOException, Ended {
    while (next() != 0) {
      // up to the zero
    }
  }

  private void skip(int count) throws IOException, Ended {
    for (int i = 0; i < count; i++) {
      next();
    }
  }

  private int next() throws IOException, Ended {
    if (!fill()) {
      throw cutOff();
    }
    return input.get() & 0xff;
  }

  private boolean fill() throws IOException {
    if (!input.hasRemaining()) {
      input.clear();
      int read = file.read(input, inputPosition);
      input.flip();
      inputPosition += Math.max(0, read);
    }
    return input.hasRemaining();
  }

  private Ended damaged(String what) {
    return new Ended(
        State.DAMAGED, what + ", in front of byte " + (inputPosition - input.remaining()));
  }

  private Ended cutOff() {
    return new Ended(State.CUT_OFF, "it ends within its compressed data");
  }

  @Override
  public void close() {
    inflater.end();
  }

  private static final class Ended extends Exception {
    private static final long serialVersionUID = 1;
    private final State state;
    private final String fault;

    Ended(State state, String fault) {
      super(fault, null, false, false);
      this.state = state;
      this.fault = fault;
    }
  }
}
