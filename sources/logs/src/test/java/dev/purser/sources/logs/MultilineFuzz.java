package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.config.DataSize;
import dev.purser.core.record.Stream;
import dev.purser.core.table.Decoder;
import dev.purser.core.table.MalformedRecordException;
import dev.purser.sources.logs.multiline.Language;
import dev.purser.sources.logs.multiline.Multiline;
import dev.purser.testkit.FilledRow;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What must hold where lines are joined, whatever the lines are.
///
/// A target of Jazzer: `testing/fuzz/run`. `FuzzCorpusTest` replays what it found. The first byte
/// of an input says of which languages the traces are, in its lower bits (none: of all), and by
/// [#CONTAINERS] or [#DOCKER_LOCAL] whether the lines are those of containers; the file is behind
/// it.
final class MultilineFuzz {
  private static final int CONTAINERS = 0x40;
  private static final int DOCKER_LOCAL = 0x80;
  private static final int NO_LIMIT = 1 << 20;
  private static final int SMALL_LIMIT = 64;
  private static final DataSize SMALL_RECORDS = new DataSize(1 << 10);

  /// The line end of a record, and the one that the record in front of it left to it.
  private static final int LINE_ENDS = 2;

  private MultilineFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] file = Arrays.copyOfRange(input, 1, input.length);
    List<Language> languages = languages(input[0]);
    if ((input[0] & DOCKER_LOCAL) != 0) {
      check(
          JoiningSplitter::ofDockerLocal,
          ContainerSplitter.ofDockerLocal(),
          ContainerDecoder.ofDockerLocal(),
          languages,
          file);
    } else if ((input[0] & CONTAINERS) == 0) {
      check(JoiningSplitter::ofLines, new LineSplitter(), new LineDecoder(), languages, file);
    } else {
      check(
          JoiningSplitter::ofContainers,
          ContainerSplitter.ofLines(),
          ContainerDecoder.ofLines(),
          languages,
          file);
    }
  }

  private static List<Language> languages(int chosen) {
    List<Language> all = List.of(Language.values());
    List<Language> some =
        IntStream.range(0, all.size())
            .filter(i -> (chosen >> i & 1) != 0)
            .mapToObj(all::get)
            .toList();
    return some.isEmpty() ? all : some;
  }

  private static void check(
      Function<Multiline, Splitter> joining,
      Splitter lines,
      Decoder decoder,
      List<Language> languages,
      byte[] file) {
    Random random = new Random(Arrays.hashCode(file));
    IntSupplier pieces = () -> 1 + random.nextInt(200);
    Splitter splitter = joining.apply(multiline(languages, Multiline.DEFAULT_MAX_BYTES));
    List<byte[]> whole = whole(splitter, file);
    isTheFile(whole, lines, file);
    areEqual(PiecewiseReading.records(splitter, file, NO_LIMIT, pieces), whole);
    hasEachLine(decoder, whole, whole(lines, file));

    Splitter small = joining.apply(multiline(languages, SMALL_RECORDS));
    List<byte[]> cut = whole(small, file);
    isTheFile(cut, lines, file);
    areEqual(PiecewiseReading.records(small, file, NO_LIMIT, pieces), cut);
    isAtMostALineOrTheLimit(cut, whole(lines, file));

    List<byte[]> tight = PiecewiseReading.records(splitter, file, SMALL_LIMIT, pieces);
    isTheFile(tight, lines, file);
    for (byte[] record : tight) {
      assertThat(record).hasSizeBetween(1, SMALL_LIMIT + LINE_ENDS);
      decode(decoder, record);
    }
    isTheFile(
        PiecewiseReading.records(new Pausing(splitter, random), file, NO_LIMIT, pieces),
        lines,
        file);
    for (byte[] record : cut) {
      decode(decoder, record);
    }
  }

  private static Multiline multiline(List<Language> languages, DataSize maxBytes) {
    return new Multiline(List.copyOf(languages), Multiline.DEFAULT_TIMEOUT, maxBytes);
  }

  private static List<byte[]> whole(Splitter splitter, byte[] file) {
    return PiecewiseReading.records(splitter, file, NO_LIMIT, () -> file.length);
  }

  /// Lines of containers may be moved, those of plain files may not.
  private static void isTheFile(List<byte[]> records, Splitter lines, byte[] file) {
    byte[] all = concatenated(records);
    byte[] expected = file.clone();
    if (!(lines instanceof LineSplitter)) {
      Arrays.sort(all);
      Arrays.sort(expected);
    }
    assertThat(all).isEqualTo(expected);
  }

  private static byte[] concatenated(List<byte[]> records) {
    byte[] all = new byte[records.stream().mapToInt(record -> record.length).sum()];
    int to = 0;
    for (byte[] record : records) {
      System.arraycopy(record, 0, all, to, record.length);
      to += record.length;
    }
    return all;
  }

  private static void areEqual(List<byte[]> records, List<byte[]> expected) {
    assertThat(records).hasSameSizeAs(expected);
    for (int i = 0; i < records.size(); i++) {
      assertThat(records.get(i)).isEqualTo(expected.get(i));
    }
  }

  /// No record is larger than the limit, but for a line that is by itself.
  private static void isAtMostALineOrTheLimit(List<byte[]> records, List<byte[]> lines) {
    int longest = lines.stream().mapToInt(line -> line.length).max().orElse(0);
    long limit = Math.max(longest, SMALL_RECORDS.bytes());
    for (byte[] record : records) {
      assertThat(record.length).isLessThanOrEqualTo((int) limit + 1);
    }
  }

  /// What was joined tells of each stream the text that its lines tell one by one, in their order.
  /// A line that does not decode may stand alone, or take with it what it was joined to.
  private static void hasEachLine(Decoder decoder, List<byte[]> joined, List<byte[]> lines) {
    for (byte[] record : joined) {
      boolean isLine = lines.stream().anyMatch(line -> Arrays.equals(line, record));
      if (!isLine && decode(decoder, record).isEmpty()) {
        return;
      }
    }
    assertThat(texts(decoder, joined)).isEqualTo(texts(decoder, lines));
  }

  /// The lines that are not empty, of each stream; whether one ends with `\r\n` does not count, as
  /// a record of a plain file keeps that between its lines.
  private static Map<String, List<String>> texts(Decoder decoder, List<byte[]> records) {
    return records.stream()
        .flatMap(record -> decode(decoder, record).stream())
        .collect(
            Collectors.groupingBy(
                row -> String.valueOf(row.get("stream")),
                Collectors.flatMapping(
                    row ->
                        Arrays.stream(String.valueOf(row.get("message")).split("\r?\n", -1))
                            .filter(line -> !line.isEmpty()),
                    Collectors.toList())));
  }

  private static Optional<Map<String, Object>> decode(Decoder decoder, byte[] record) {
    FilledRow row = new FilledRow(decoder.table());
    try {
      decoder.decode(
          new Stream("file/x", decoder.kind(), Map.of("file", "/x")),
          record,
          0,
          record.length,
          row);
      return Optional.of(row.values());
    } catch (MalformedRecordException e) {
      assertThat(e.getMessage()).isNotEmpty();
      return Optional.empty();
    }
  }

  /// A file to which nothing is added for a while, now and then.
  private record Pausing(Splitter splitter, Random random) implements Splitter {

    @Override
    public void split(MemorySegment data, int length, boolean finished, Cuts cuts) {
      if (finished || random.nextBoolean()) {
        splitter.split(data, length, finished, cuts);
      } else {
        splitter.splitAfterPause(data, length, cuts);
      }
    }
  }
}
