package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/// Gives a file to a splitter as an [Incarnation] does: the bytes behind the last record again,
/// with more behind.
final class Feed {
  private final Splitter splitter;
  private final byte[] file;
  private final int maxRecordBytes;

  Feed(Splitter splitter, byte[] file, int maxRecordBytes) {
    this.splitter = splitter;
    this.file = file;
    this.maxRecordBytes = maxRecordBytes;
  }

  static List<String> whole(Splitter splitter, String text) {
    byte[] file = bytes(text);
    return new Feed(splitter, file, 1 << 20).records(length -> file.length);
  }

  /// Byte for byte.
  static List<String> dripping(Splitter splitter, String text) {
    return new Feed(splitter, bytes(text), 1 << 20).records(length -> length + 1);
  }

  /// @param grow gives the next size of the file
  List<String> records(IntUnaryOperator grow) {
    List<String> records = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      Cuts cuts = new Cuts(arena);
      MemorySegment data = arena.allocate(file.length + 8L);
      int position = 0;
      int size = 0;
      while (position < file.length) {
        MemorySegment.copy(file, position, data, ValueLayout.JAVA_BYTE, 0, size - position);
        cuts.reset(data, maxRecordBytes);
        splitter.split(data, size - position, false, cuts);
        if (cuts.taken() == 0 && size == file.length) {
          cuts.reset(data, maxRecordBytes);
          splitter.split(data, size - position, true, cuts);
          assertThat(cuts.taken()).as("taken of the rest at %s", position).isPositive();
        }
        if (cuts.taken() == 0) {
          assertThat(size - position)
              .as("size of what is left at %s", position)
              .isLessThanOrEqualTo(maxRecordBytes);
          size = Math.min(file.length, Math.max(size + 1, grow.applyAsInt(size)));
        }
        take(cuts, records);
        position += cuts.taken();
      }
    }
    return records;
  }

  /// The records of what is in `cuts`.
  static void take(Cuts cuts, List<String> records) {
    int start = 0;
    for (int i = 0; i < cuts.count(); i++) {
      int end = cuts.ends()[i];
      assertThat(end).as("end of record %s", i).isGreaterThan(start);
      byte[] record = cuts.data().asSlice(start, end - start).toArray(ValueLayout.JAVA_BYTE);
      records.add(new String(record, StandardCharsets.UTF_8));
      start = end;
    }
    assertThat(start).as("bytes of the records").isEqualTo(cuts.taken());
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
