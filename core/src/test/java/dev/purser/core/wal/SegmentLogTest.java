package dev.purser.core.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.disk.LocalDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentLogTest {
  private static final SegmentLog.Limits SMALL = new SegmentLog.Limits(1_000, 100_000);

  @TempDir Path directory;

  @Test
  void givesBackWhatWasForcedInOrderOverManySegments() throws IOException {
    List<String> written = new ArrayList<>();
    try (SegmentLog log = open()) {
      for (int i = 0; i < 200; i++) {
        String text = "entry " + i + "x".repeat(i);
        written.add(text);
        append(log, 1_000 + i, text);
      }
      log.force();
      assertThat(read(log, 0)).isEqualTo(written);
    }
    assertThat(segments()).hasSizeGreaterThan(5);
    try (SegmentLog log = open()) {
      assertThat(read(log, 0)).isEqualTo(written);
      append(log, 0, "later");
      log.force();
      assertThat(read(log, 0)).hasSize(201).endsWith("later");
    }
  }

  @Test
  void showsNothingBeforeItIsForced() throws IOException {
    try (SegmentLog log = open()) {
      append(log, 1, "a");
      assertThat(read(log, 0)).isEmpty();
      log.force();
      assertThat(read(log, 0)).containsExactly("a");
    }
  }

  @Test
  void givesEachEntryALaterIngestTimeThanTheOneBefore() throws IOException {
    try (SegmentLog log = open()) {
      append(log, 500, "a");
    }
    try (SegmentLog log = open()) {
      append(log, 400, "b");
      log.force();
      assertThat(items(log, 0))
          .extracting(item -> ((LogItem.Entry) item).timeMicros())
          .containsExactly(500L, 501L);
      assertThat(log.lastMicros()).isEqualTo(501);
    }
  }

  @Test
  void cutsATornTailAtEveryLength() throws IOException {
    long whole;
    try (SegmentLog log = open()) {
      append(log, 1, "kept");
      log.force();
      whole = log.end();
      append(log, 2, "torn entry");
    }
    Path last = segments().getLast();
    byte[] bytes = Files.readAllBytes(last);
    for (int size = (int) whole; size < bytes.length; size++) {
      Files.write(last, Arrays.copyOf(bytes, size));
      try (SegmentLog log = open()) {
        assertThat(read(log, 0)).containsExactly("kept");
        assertThat(log.end()).isEqualTo(whole);
      }
    }
    assertThat(directory.resolve("quarantine")).doesNotExist();
  }

  @Test
  void makesDamageOfWhatWasForcedARangeAndGoesOnBehindIt() throws IOException {
    List<Long> offsets = write("one", "two", "three");
    flip(segments().getFirst(), offsets.get(1) + 30);
    try (SegmentLog log = open()) {
      List<LogItem> items = items(log, 0);
      assertThat(items).hasSize(3);
      assertThat(ranges(items)).containsExactly(offsets.get(1) + "-" + offsets.get(2));
      assertThat(text(items.get(2))).isEqualTo("three");
    }
  }

  @Test
  void keepsACopyOfEachDamagedRangeOnce() throws IOException {
    List<Long> offsets = write("one", "two", "three", "four");
    Path segment = segments().getFirst();
    for (int hurt : List.of(0, 2)) {
      flip(segment, offsets.get(hurt) + 30);
      for (int reader = 0; reader < 2; reader++) {
        try (SegmentLog log = open()) {
          assertThat(items(log, 0)).filteredOn(LogItem.Damage.class::isInstance).isNotEmpty();
          assertThat(items(log, 0)).hasSize(4).noneMatch(item -> isDamage(item, false));
        }
      }
    }
    assertThat(quarantined())
        .containsExactly(
            range(segment, offsets.get(0), offsets.get(1)),
            range(segment, offsets.get(2), offsets.get(3)));
  }

  @Test
  void readsOnWhereNoCopyCanBeKept() throws IOException {
    List<Long> offsets = write("one", "two", "three");
    flip(segments().getFirst(), offsets.get(1) + 30);
    Path inTheWay = Files.createFile(directory.resolve("quarantine"));
    try (SegmentLog log = open()) {
      assertThat(read(log, 0)).containsExactly("one", "three");
      assertThat(items(log, 0)).anyMatch(item -> isDamage(item, false));
      Files.delete(inTheWay);
      assertThat(items(log, 0)).anyMatch(item -> isDamage(item, true));
      assertThat(quarantined()).hasSize(1);
    }
  }

  @Test
  void keepsNoMoreCopiesThanHaveRoom() throws IOException {
    String[] texts = new String[40];
    Arrays.setAll(texts, i -> "x".repeat(300) + i);
    List<Long> offsets = write(texts);
    for (int i = 0; i < texts.length; i += 2) {
      flip(at(offsets.get(i)), offsets.get(i) - base(at(offsets.get(i))) + 40);
    }
    try (SegmentLog log = open()) {
      assertThat(read(log, 0)).hasSize(texts.length / 2);
      assertThat(items(log, 0)).anyMatch(item -> isDamage(item, false));
    }
    long held = quarantined().stream().mapToLong(copy -> copy.length).sum();
    assertThat(held).isBetween(1_000L, 4 * SMALL.segmentBytes());
  }

  @Test
  void aLastEntryThatIsThereWholeAndDoesNotCheckOutIsDamageNotATornTail() throws IOException {
    List<Long> offsets = write("one", "two");
    Path segment = segments().getFirst();
    flip(segment, offsets.get(1) + 30);
    byte[] copy = range(segment, offsets.get(1), offsets.get(2));
    for (int start = 0; start < 2; start++) {
      try (SegmentLog log = open()) {
        assertThat(log.end()).isEqualTo(offsets.get(2));
        assertThat(read(log, 0)).containsExactly("one");
        assertThat(ranges(items(log, 0))).containsExactly(offsets.get(1) + "-" + offsets.get(2));
      }
    }
    assertThat(quarantined()).containsExactly(copy);
    try (SegmentLog log = open()) {
      append(log, 0, "three");
      log.force();
    }
    try (SegmentLog log = open()) {
      assertThat(read(log, 0)).containsExactly("one", "three");
      assertThat(ranges(items(log, 0))).containsExactly(offsets.get(1) + "-" + offsets.get(2));
      List<Long> times = items(log, 0).stream().map(SegmentLogTest::micros).toList();
      assertThat(times.get(2)).isGreaterThan(times.get(1) + 1);
    }
    assertThat(quarantined()).containsExactly(copy);
  }

  @Test
  void entriesThatWereForcedTogetherWithADamagedOneDoNotOutliveIt() throws IOException {
    long from;
    long to;
    try (SegmentLog log = open()) {
      append(log, 1, "one");
      log.force();
      from = log.end();
      append(log, 2, "two");
      append(log, 3, "three");
      log.force();
      to = log.end();
    }
    Path segment = segments().getFirst();
    flip(segment, from + 30);
    byte[] copy = range(segment, from, to);
    for (int start = 0; start < 2; start++) {
      try (SegmentLog log = open()) {
        assertThat(read(log, 0)).containsExactly("one");
        assertThat(ranges(items(log, 0))).containsExactly(from + "-" + to);
        assertThat(log.end()).isEqualTo(to);
      }
    }
    assertThat(quarantined()).contains(copy);
  }

  /// Replayed with `-Dpurser.seed=<seed>`.
  @Test
  void whateverIsDamagedIsReadOrToldOfAndTheLogGoesOn() throws IOException {
    long seed = Long.getLong("purser.seed", System.nanoTime());
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    String[] texts = new String[100];
    Arrays.setAll(texts, i -> "entry " + i + "x".repeat(i));
    List<Long> offsets = write(texts);
    List<Path> all = segments();
    for (int round = 0; round < 300; round++) {
      Path hurt = all.get(random.nextInt(all.size()));
      byte[] bytes = Files.readAllBytes(hurt);
      int place = random.nextInt(bytes.length);
      flip(hurt, place);
      String last = "last of round " + round;
      String what = "seed %d round %d: %s at %d".formatted(seed, round, hurt.getFileName(), place);
      int lastSize = offsets.getLast().intValue() - offsets.get(99).intValue();
      boolean looksTorn =
          hurt.equals(all.getLast())
              && bytes.length - place <= lastSize - Integer.BYTES
              && bytes.length - place > lastSize - 2 * Integer.BYTES;
      for (int start = 0; start < 2; start++) {
        try (SegmentLog log = open()) {
          List<LogItem> items = items(log, 0);
          List<String> got = read(log, 0);
          got.remove(last);
          assertThat(Arrays.asList(texts)).as(what).containsSubsequence(got);
          for (int i = 0; i < texts.length; i++) {
            long offset = offsets.get(i);
            boolean told =
                items.stream()
                    .anyMatch(item ->
                        isDamage(item, true) && item.offset() <= offset && offset < item.next());
            assertThat(got.contains(texts[i]) || told || (looksTorn && i == 99)).as(what).isTrue();
          }
          assertThat(got.size()).as(what).isGreaterThanOrEqualTo(99);
          if (start == 0) {
            append(log, 0, last);
            log.force();
          } else {
            assertThat(read(log, 0)).as(what).endsWith(last);
          }
        }
      }
      segments().stream().skip(all.size()).forEach(SegmentLogTest::delete);
      quarantinedPaths().forEach(SegmentLogTest::delete);
      Files.write(hurt, bytes);
      if (!hurt.equals(all.getLast())) {
        cutTo(all.getLast(), offsets.getLast());
      }
    }
  }

  @Test
  void refusesWhenFullAndGoesOnWhenReleased() throws IOException {
    try (SegmentLog log =
        SegmentLog.open(new LocalDisk(), directory, new SegmentLog.Limits(1_000, 5_000), 0)) {
      int taken = 0;
      try {
        while (true) {
          append(log, taken, "x".repeat(100));
          taken++;
        }
      } catch (LogFullException e) {
        assertThat(e).hasMessageContaining("full");
      }
      log.force();
      assertThat(read(log, 0)).hasSize(taken);
      log.release(log.end());
      append(log, 0, "again");
      log.force();
      assertThat(read(log, 0)).endsWith("again");
      assertThat(segments()).hasSizeLessThan(3);
    }
  }

  @Test
  void saysWhichSegmentIsMissing() throws IOException {
    try (SegmentLog log = open()) {
      for (int i = 0; i < 100; i++) {
        append(log, i, "x".repeat(100));
      }
      log.force();
    }
    Files.delete(segments().get(2));
    assertThatThrownBy(this::open).hasMessageContaining("missing").hasMessageContaining(".wal");
  }

  @Test
  void givesTheNewestHead() throws IOException {
    try (SegmentLog log = open()) {
      for (int i = 0; i < 30; i++) {
        String head = "head " + i;
        log.append(i, bytes("x".repeat(100)), () -> head.getBytes(StandardCharsets.UTF_8));
      }
      String head = new String(log.newestHead().head(), StandardCharsets.UTF_8);
      assertThat(head).matches("head \\d+");
      log.force();
      assertThat(items(log, log.newestHead().offset())).isNotEmpty();
    }
  }

  @Test
  void aHeadThatIsKeptApartCountsWhereItIsTheNewest() throws IOException {
    List<Long> offsets = write("one", "two");
    try (SegmentLog log = open()) {
      log.keep(new SegmentLog.Head(new byte[] {7}, offsets.get(1)));
    }
    flip(segments().getFirst(), offsets.get(0) + 30);
    try (SegmentLog log = open()) {
      assertThat(log.newestHead().head()).containsExactly(7);
      assertThat(read(log, log.newestHead().offset())).containsExactly("two");
      for (int i = 0; i < 20; i++) {
        append(log, i, "x".repeat(100));
      }
      assertThat(log.newestHead().head()).containsExactly(1, 2, 3);
      log.keep(new SegmentLog.Head(new byte[] {9}, log.end()));
      assertThat(log.newestHead().head()).containsExactly(9);
      flip(directory.resolve("head"), 32);
      assertThat(log.newestHead().head()).containsExactly(1, 2, 3);
    }
  }

  /// As when the log was restored from an older backup than the head.
  @Test
  void aHeadOfAnotherHistoryCountsNeverAgain() throws IOException {
    write("one");
    try (SegmentLog log = open()) {
      log.keep(new SegmentLog.Head(new byte[] {7}, log.end() + 1));
    }
    try (SegmentLog log = open()) {
      append(log, 5, "more than that");
      assertThat(log.newestHead().head()).isNotEqualTo(new byte[] {7});
    }
    try (SegmentLog log = open()) {
      assertThat(log.newestHead().head()).isNotEqualTo(new byte[] {7});
    }
  }

  /// @return where each entry begins, and where the last ends
  private List<Long> write(String... texts) throws IOException {
    List<Long> offsets = new ArrayList<>();
    try (SegmentLog log = open()) {
      for (int i = 0; i < texts.length; i++) {
        long end = append(log, i + 1, texts[i]);
        offsets.add(end - Segment.ENTRY_HEADER_BYTES - texts[i].length());
        log.force();
      }
      offsets.add(log.end());
    }
    return offsets;
  }

  private SegmentLog open() throws IOException {
    return SegmentLog.open(new LocalDisk(), directory, SMALL, 0);
  }

  private static long append(SegmentLog log, long micros, String text) throws IOException {
    return log.append(micros, bytes(text), () -> new byte[] {1, 2, 3});
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private List<Path> segments() throws IOException {
    return new LocalDisk()
        .list(directory).stream().filter(path -> path.toString().endsWith(".wal")).toList();
  }

  /// The segment that holds an offset.
  private Path at(long offset) throws IOException {
    Path found = segments().getFirst();
    for (Path segment : segments()) {
      if (base(segment) <= offset) {
        found = segment;
      }
    }
    return found;
  }

  private static long base(Path segment) {
    return Segment.baseOf(segment).orElseThrow();
  }

  private List<Path> quarantinedPaths() throws IOException {
    return new LocalDisk().list(directory.resolve("quarantine"));
  }

  private List<byte[]> quarantined() throws IOException {
    List<byte[]> copies = new ArrayList<>();
    for (Path copy : quarantinedPaths()) {
      copies.add(Files.readAllBytes(copy));
    }
    return copies;
  }

  /// Bytes of a segment, by offsets in the log.
  private static byte[] range(Path segment, long from, long to) throws IOException {
    return Arrays.copyOfRange(
        Files.readAllBytes(segment), (int) (from - base(segment)), (int) (to - base(segment)));
  }

  private static boolean isDamage(LogItem item, boolean kept) {
    return item instanceof LogItem.Damage damage && damage.isKept() == kept;
  }

  private static List<String> ranges(List<LogItem> items) {
    return items.stream()
        .filter(LogItem.Damage.class::isInstance)
        .map(item -> item.offset() + "-" + item.next())
        .toList();
  }

  private static long micros(LogItem item) {
    return switch (item) {
      case LogItem.Entry entry -> entry.timeMicros();
      case LogItem.Damage damage -> damage.timeMicros();
    };
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void cutTo(Path segment, long offset) throws IOException {
    try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
      channel.truncate(offset - base(segment));
    }
  }

  private static List<LogItem> items(SegmentLog log, long from) throws IOException {
    List<LogItem> items = new ArrayList<>();
    long at = from;
    for (Optional<LogItem> item = log.read(at); item.isPresent(); item = log.read(at)) {
      items.add(item.get());
      at = item.get().next();
    }
    return items;
  }

  private static List<String> read(SegmentLog log, long from) throws IOException {
    List<String> texts = new ArrayList<>();
    for (LogItem item : items(log, from)) {
      if (item instanceof LogItem.Entry) {
        texts.add(text(item));
      }
    }
    return texts;
  }

  private static String text(LogItem item) {
    return StandardCharsets.UTF_8.decode(((LogItem.Entry) item).payload().duplicate()).toString();
  }

  private static void flip(Path file, long offset) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, offset);
      one.put(0, (byte) (one.get(0) ^ 0x55)).flip();
      channel.write(one, offset);
    }
  }
}
