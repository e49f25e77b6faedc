package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/// Gives a file to a splitter as [Incarnation] does: chunks that begin where the last ended, larger
/// where nothing was taken.
final class PiecewiseReading {
  /// How much more than the limit a second attempt shows.
  private static final int MARGIN = 400;

  private PiecewiseReading() {}

  /// The records of a file.
  ///
  /// @param chunk sizes of the chunks, one after the other; positive
  static List<byte[]> records(Splitter splitter, byte[] file, int limit, IntSupplier chunk) {
    List<byte[]> records = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      Cuts cuts = new Cuts(arena);
      MemorySegment data = arena.allocate(file.length + 8L);
      int position = 0;
      while (position < file.length) {
        int rest = file.length - position;
        int length = Math.min(rest, chunk.getAsInt());
        MemorySegment.copy(file, position, data, ValueLayout.JAVA_BYTE, 0, rest);
        split(splitter, data, length, false, limit, cuts);
        if (cuts.taken() == 0 && length < rest) {
          length = Math.min(rest, limit + MARGIN);
          split(splitter, data, length, false, limit, cuts);
        }
        if (cuts.taken() == 0 && length == rest) {
          split(splitter, data, length, true, limit, cuts);
        }
        assertThat(cuts.taken()).as("taken of %s at %s", length, position).isPositive();
        int start = 0;
        for (int i = 0; i < cuts.count(); i++) {
          int end = cuts.ends()[i];
          records.add(cuts.data().asSlice(start, end - start).toArray(ValueLayout.JAVA_BYTE));
          start = end;
        }
        assertThat(start).as("bytes in records at %s", position).isEqualTo(cuts.taken());
        position += cuts.taken();
      }
    }
    return records;
  }

  private static void split(
      Splitter splitter, MemorySegment data, int length, boolean finished, int limit, Cuts cuts) {
    cuts.reset(data, limit);
    splitter.split(data, length, finished, cuts);
    assertThat(cuts.taken()).as("taken of %s", length).isBetween(0, length);
    if (length > limit) {
      assertThat(cuts.taken()).as("taken of %s, more than the limit", length).isPositive();
    }
  }
}
