package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.record.Stream;
import dev.purser.core.table.Decoder;
import dev.purser.core.table.MalformedRecordException;
import dev.purser.testkit.FilledRow;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// What must hold for any file that a container runtime may have written, damaged or not.
///
/// The nested classes are targets of Jazzer: `testing/fuzz/run`. `FuzzCorpusTest` replays what it
/// found.
final class ContainerLogFuzz {
  private static final int NO_LIMIT = 1 << 20;
  private static final int SMALL_LIMIT = 64;

  private ContainerLogFuzz() {}

  /// Lines of CRI; by their content also those of json-file.
  static final class Cri {
    private Cri() {}

    public static void fuzzerTestOneInput(byte[] file) {
      check(ContainerSplitter.ofLines(), ContainerDecoder.ofLines(), file);
    }
  }

  /// Lines of Docker's json-file: each one is also tried behind the brace that makes it one.
  static final class JsonFile {
    private JsonFile() {}

    public static void fuzzerTestOneInput(byte[] file) {
      check(ContainerSplitter.ofLines(), ContainerDecoder.ofLines(), file);
      byte[] braced = new byte[file.length + 1];
      braced[0] = '{';
      System.arraycopy(file, 0, braced, 1, file.length);
      check(ContainerSplitter.ofLines(), ContainerDecoder.ofLines(), braced);
    }
  }

  /// Files of Docker's `local`.
  static final class DockerLocal {
    private DockerLocal() {}

    public static void fuzzerTestOneInput(byte[] file) {
      check(ContainerSplitter.ofDockerLocal(), ContainerDecoder.ofDockerLocal(), file);
    }
  }

  static void check(Splitter splitter, Decoder decoder, byte[] file) {
    Random random = new Random(Arrays.hashCode(file));
    List<byte[]> whole =
        PiecewiseReading.records(splitter, file, NO_LIMIT, () -> Math.max(1, file.length));
    List<byte[]> pieces =
        PiecewiseReading.records(splitter, file, NO_LIMIT, () -> 1 + random.nextInt(100));
    assertThat(pieces).hasSameSizeAs(whole);
    for (int i = 0; i < whole.size(); i++) {
      assertThat(pieces.get(i)).isEqualTo(whole.get(i));
    }
    List<byte[]> cut =
        PiecewiseReading.records(splitter, file, SMALL_LIMIT, () -> 1 + random.nextInt(200));
    for (byte[] record : cut) {
      assertThat(record).hasSizeBetween(1, SMALL_LIMIT + 1);
    }
    assertThat(counts(whole)).isEqualTo(counts(List.of(file)));
    assertThat(counts(cut)).isEqualTo(counts(List.of(file)));
    whole.forEach(record -> decode(decoder, record));
    cut.forEach(record -> decode(decoder, record));
  }

  /// How often each byte occurs: that all are there once, whatever their order.
  private static int[] counts(List<byte[]> records) {
    int[] counts = new int[256];
    for (byte[] record : records) {
      for (byte b : record) {
        counts[b & 0xff]++;
      }
    }
    return counts;
  }

  private static void decode(Decoder decoder, byte[] record) {
    FilledRow row = new FilledRow(decoder.table());
    try {
      decoder.decode(
          new Stream("file/x", decoder.kind(), Map.of("file", "/x")),
          record,
          0,
          record.length,
          row);
    } catch (MalformedRecordException e) {
      assertThat(e.getMessage()).isNotEmpty();
      return;
    }
    assertThat(row.values()).containsKeys("time", "stream", "message", "partial");
    assertThat(String.valueOf(row.values().get("message")).length())
        .isLessThanOrEqualTo(record.length);
  }
}
