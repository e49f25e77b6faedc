package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Both splitters against slow ones that see the whole file at once, at random chunk sizes. The
/// seed is in each failure's description.
class SplitterTest {
  private static final int ROUNDS = 3000;
  private static final int LIMIT = 120;
  private static final String TIME = "2026-11-23T04:38:02.123456789Z";

  /// What is too small stays in the reader's memory until its end.
  @Test
  void roomForCopiesGrowsInLargeSteps() {
    try (Arena arena = Arena.ofConfined()) {
      Cuts cuts = new Cuts(arena);
      assertThat(cuts.useCopy(1000).byteSize()).isEqualTo(1000);
      assertThat(cuts.useCopy(1001).byteSize()).isEqualTo(2000);
      assertThat(cuts.useCopy(2000).byteSize()).isEqualTo(2000);
    }
  }

  @Test
  void linesAreCutAsByThePlainOracle() {
    long first = System.nanoTime();
    for (int i = 0; i < ROUNDS; i++) {
      Random random = new Random(first + i);
      byte[] file = randomBytes(random);
      assertThat(split(new LineSplitter(), file, random))
          .as("seed %s", first + i)
          .isEqualTo(plainLines(file));
    }
  }

  @Test
  void containerLinesAreJoinedAsByThePlainOracle() {
    long first = System.nanoTime();
    for (int i = 0; i < ROUNDS; i++) {
      Random random = new Random(first + i);
      byte[] file = randomContainerLog(random, false);
      assertThat(split(ContainerSplitter.ofLines(), file, random))
          .as("seed %s", first + i)
          .isEqualTo(plainContainerRecords(file));
    }
  }

  @Test
  void interleavedContainerLinesAreJoinedAndNoneIsLost() {
    long first = System.nanoTime();
    for (int i = 0; i < ROUNDS; i++) {
      Random random = new Random(first + i);
      byte[] file = randomContainerLog(random, true);
      List<String> records = split(ContainerSplitter.ofLines(), file, random);
      assertThat(sortedLines(records))
          .as("seed %s", first + i)
          .isEqualTo(sortedLines(List.of(text(file))));
      for (String record : records) {
        long streams =
            record.lines().map(line -> line.charAt(TIME.length() + 4)).distinct().count();
        assertThat(streams).as("streams in %s, seed %s", record, first + i).isOne();
      }
    }
  }

  @Test
  void twoInterleavedCallsAreTwoRecordsInTheOrderOfTheirEnds() {
    String log =
        TIME
            + " stdout P a1\n"
            + TIME
            + " stderr P b1\n"
            + TIME
            + " stdout F a2\n"
            + TIME
            + " stderr F b2\n";
    assertThat(split(ContainerSplitter.ofLines(), bytes(log), new Random(1), 1 << 20))
        .containsExactly(
            TIME + " stdout P a1\n" + TIME + " stdout F a2\n",
            TIME + " stderr P b1\n" + TIME + " stderr F b2\n");
  }

  @Test
  void nothingIsTakenWhileACallIsOpen() {
    String log = TIME + " stdout P a1\n";
    try (Arena arena = Arena.ofConfined()) {
      Cuts cuts = new Cuts(arena);
      MemorySegment data = MemorySegment.ofArray(bytes(log));
      cuts.reset(data, 1 << 20);
      ContainerSplitter.ofLines().split(data, log.length(), false, cuts);
      assertThat(cuts.taken()).isZero();
      cuts.reset(data, 1 << 20);
      ContainerSplitter.ofLines().split(data, log.length(), true, cuts);
      assertThat(cuts.taken()).isEqualTo(log.length());
      assertThat(cuts.count()).isOne();
    }
  }

  @Test
  void anUnusualTimeIsFoundByItsSpace() {
    String log = "2026-11-23T04:38:02.1Z stdout P a\n2026-11-23T04:38:02.12+01:00 stdout F b\n";
    assertThat(split(ContainerSplitter.ofLines(), bytes(log), new Random(1), 1 << 20))
        .containsExactly(log);
  }

  private static List<String> split(Splitter splitter, byte[] file, Random random) {
    return split(splitter, file, random, LIMIT);
  }

  private static List<String> split(Splitter splitter, byte[] file, Random random, int limit) {
    return PiecewiseReading.records(splitter, file, limit, () -> 1 + random.nextInt(2 * LIMIT))
        .stream()
        .map(SplitterTest::text)
        .toList();
  }

  private static List<String> plainLines(byte[] file) {
    List<String> records = new ArrayList<>();
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (byte b : file) {
      if (b != '\n' && line.size() == LIMIT) {
        records.add(text(line.toByteArray()));
        line.reset();
      }
      line.write(b);
      if (b == '\n') {
        records.add(text(line.toByteArray()));
        line.reset();
      }
    }
    if (line.size() > 0) {
      records.add(text(line.toByteArray()));
    }
    return records;
  }

  /// Without interleaving: joins until an F, or until the next line would exceed the limit.
  private static List<String> plainContainerRecords(byte[] file) {
    List<String> records = new ArrayList<>();
    StringBuilder open = new StringBuilder();
    for (String line : text(file).split("(?<=\n)", -1)) {
      if (line.isEmpty()) {
        continue;
      }
      if (!line.endsWith("\n")) {
        flush(open, records);
        records.add(line);
        continue;
      }
      if (open.length() + line.length() > LIMIT) {
        flush(open, records);
      }
      open.append(line);
      if (line.charAt(TIME.length() + 8) == 'F') {
        flush(open, records);
      }
    }
    flush(open, records);
    return records;
  }

  private static void flush(StringBuilder open, List<String> records) {
    if (!open.isEmpty()) {
      records.add(open.toString());
      open.setLength(0);
    }
  }

  private static byte[] randomBytes(Random random) {
    byte[] file = new byte[random.nextInt(1200)];
    int kind = random.nextInt(3);
    for (int i = 0; i < file.length; i++) {
      file[i] =
          switch (kind) {
            case 0 -> (byte) random.nextInt(256);
            case 1 -> (byte) (random.nextInt(5) == 0 ? '\n' : '\n' + 1 - 2 * random.nextInt(2));
            default -> (byte) (random.nextInt(100) == 0 ? '\n' : 'x');
          };
    }
    return file;
  }

  private static byte[] randomContainerLog(Random random, boolean interleaved) {
    StringBuilder log = new StringBuilder();
    boolean stderr = false;
    boolean open = false;
    int lines = random.nextInt(30);
    for (int i = 0; i < lines; i++) {
      if (interleaved || !open) {
        stderr = random.nextBoolean();
      }
      open = random.nextInt(3) == 0;
      log.append(TIME)
          .append(stderr ? " stderr " : " stdout ")
          .append(open ? 'P' : 'F')
          .append(' ')
          .append("y".repeat(random.nextInt(40)))
          .append(i)
          .append('\n');
    }
    return bytes(log.toString());
  }

  private static List<String> sortedLines(List<String> records) {
    return records.stream().flatMap(String::lines).sorted().toList();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
