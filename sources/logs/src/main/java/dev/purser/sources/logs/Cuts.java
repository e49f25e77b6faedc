package dev.purser.sources.logs;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// What a [Splitter] found: where records end, and how far it came. Owned by one reader thread, and
/// reused.
public final class Cuts {
  private static final int MAX_RECORDS = 1 << 16;

  private final int[] ends = new int[MAX_RECORDS];
  private final Arena arena;
  private MemorySegment data = MemorySegment.NULL;
  private MemorySegment copy = MemorySegment.NULL;
  private int[] lineEnds = {};
  private int count;
  private int taken;
  private int openEnd;
  private boolean copied;
  private int maxRecordBytes;

  Cuts(Arena arena) {
    this.arena = arena;
  }

  void reset(MemorySegment data, int maxRecordBytes) {
    this.data = data;
    this.maxRecordBytes = maxRecordBytes;
    count = 0;
    taken = 0;
    openEnd = 0;
    copied = false;
  }

  /// Content of more bytes than this (line end not counted) is cut into pieces of this size.
  public int maxRecordBytes() {
    return maxRecordBytes;
  }

  /// Ends of the records so far, for [LineFeeds]; valid up to [#count].
  public int[] ends() {
    return ends;
  }

  public int count() {
    return count;
  }

  /// Drops the records behind the first `count`, or accepts ends that were written into [#ends]
  /// directly.
  public void setCount(int count) {
    this.count = count;
  }

  public boolean isFull() {
    return count == ends.length;
  }

  /// Adds a record that ends in front of offset `end`.
  ///
  /// @throws ArrayIndexOutOfBoundsException when [#isFull]
  public void add(int end) {
    ends[count++] = end;
  }

  /// How many bytes of the input the records take.
  public int taken() {
    return taken;
  }

  public void take(int bytes) {
    taken = bytes;
  }

  /// Up to where the lines reach that are complete and belong to a record that is not, as lines to
  /// come may belong to it; 0 if there is none.
  public int openEnd() {
    return openEnd;
  }

  public void leaveOpen(int end) {
    openEnd = end;
  }

  /// Room for ends of lines while [#ends] is in use; as large.
  int[] lineEnds() {
    if (lineEnds.length == 0) {
      lineEnds = new int[MAX_RECORDS];
    }
    return lineEnds;
  }

  /// The bytes that the ends refer to: the input, unless [#useCopy] was called.
  public MemorySegment data() {
    return data;
  }

  /// Whether [#useCopy] was called.
  boolean isCopied() {
    return copied;
  }

  /// For records whose bytes do not lie one after the other: from here on the ends refer to the
  /// segment that is returned, which the splitter fills.
  ///
  /// @param bytes least size
  public MemorySegment useCopy(int bytes) {
    if (copy.byteSize() < bytes) {
      // Twice as large at least: those before stay in the arena.
      copy = arena.allocate(Math.max(bytes, 2 * copy.byteSize()), Long.BYTES);
    }
    data = copy;
    copied = true;
    return copy;
  }
}
