package dev.purser.core.record;

import java.lang.foreign.MemorySegment;

/// Records that lie one after the other in one slab of bytes. No object per record.
///
/// A record keeps its line terminator, so that the slab is the bytes of the file. A record without
/// one was cut at the size limit (more of it follows in the next record) or is the last of a
/// finished file.
///
/// @param readTimeMicros when the agent read them, microseconds since 1970 UTC: the `time` of
///   records that carry none
/// @param data the bytes; owned by the sender, valid only during the call
/// @param ends `ends[i]` is the offset in `data` behind record i, ascending; only the first `count`
///   are meant
public record Records(long readTimeMicros, MemorySegment data, int[] ends, int count)
    implements Payload {

  public Records {
    if (count < 0 || count > ends.length || (count > 0 && ends[count - 1] > data.byteSize())) {
      throw new IllegalArgumentException("record ends do not fit their data");
    }
  }

  /// No records: moves a position, or ends a stream.
  public static Records none(long readTimeMicros) {
    return new Records(readTimeMicros, MemorySegment.NULL, new int[0], 0);
  }

  /// Offset of the first byte of record `i`.
  public int start(int i) {
    return i == 0 ? 0 : ends[i - 1];
  }

  public int end(int i) {
    return ends[i];
  }

  /// Bytes of all records.
  public int sizeBytes() {
    return count == 0 ? 0 : ends[count - 1];
  }
}
