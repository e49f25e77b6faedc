package dev.purser.core.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.disk.LocalDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
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
      Files.write(last, java.util.Arrays.copyOf(bytes, size));
      try (SegmentLog log = open()) {
        assertThat(read(log, 0)).containsExactly("kept");
        assertThat(log.end()).isEqualTo(whole);
      }
    }
    assertThat(directory.resolve("quarantine")).doesNotExist();
  }

  @Test
  void makesDamageOfWhatWasForcedARangeAndGoesOnBehindIt() throws IOException {
    long from;
    long to;
    try (SegmentLog log = open()) {
      append(log, 1, "one");
      log.force();
      from = log.end();
      append(log, 2, "two");
      log.force();
      to = log.end();
      append(log, 3, "three");
      log.force();
    }
    flip(segments().getFirst(), from + 30);
    try (SegmentLog log = open()) {
      List<LogItem> items = items(log, 0);
      assertThat(items).hasSize(3);
      assertThat(items.get(1))
          .isEqualTo(
              new LogItem.Damage(
                  from, to, items.get(1) instanceof LogItem.Damage d ? d.timeMicros() : -1));
      assertThat(text(items.get(2))).isEqualTo("three");
    }
    assertThat(directory.resolve("quarantine").resolve(segments().getFirst().getFileName()))
        .exists();
  }

  @Test
  void survivesAnyFlippedByteAndCutAtTheEnd() throws IOException {
    Random random = new Random(3);
    List<String> written = new ArrayList<>();
    try (SegmentLog log = open()) {
      for (int i = 0; i < 100; i++) {
        written.add("entry " + i);
        append(log, i, "entry " + i);
        log.force();
      }
    }
    List<Path> all = segments();
    for (int round = 0; round < 300; round++) {
      Path hurt = all.get(random.nextInt(all.size()));
      byte[] bytes = Files.readAllBytes(hurt);
      flip(hurt, random.nextInt(bytes.length));
      try (SegmentLog log = open()) {
        List<String> got = read(log, 0);
        assertThat(written).containsSubsequence(got);
        assertThat(got.size()).isGreaterThanOrEqualTo(99);
      }
      Files.write(hurt, bytes);
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

  private SegmentLog open() throws IOException {
    return SegmentLog.open(new LocalDisk(), directory, SMALL, 0);
  }

  private static void append(SegmentLog log, long micros, String text) throws IOException {
    log.append(micros, bytes(text), () -> new byte[] {1, 2, 3});
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private List<Path> segments() throws IOException {
    return new LocalDisk()
        .list(directory).stream().filter(path -> path.toString().endsWith(".wal")).toList();
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
