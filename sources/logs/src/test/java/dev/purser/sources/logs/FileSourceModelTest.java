package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.record.Gap;
import dev.purser.core.source.Volume;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Random histories of a log file, its reader and its hub, against a model that knows what was
/// written.
///
/// Each history has a seed, printed when it fails; `-Dpurser.model.seed=<seed>` runs that one
/// alone, and `-Dpurser.model.histories=<n>` says how many are run.
class FileSourceModelTest {
  private static final int HISTORIES = Integer.getInteger("purser.model.histories", 2000);
  private static final int STEPS = 40;

  @TempDir Path temporary;
  private final Slab slab = new Slab();

  @Test
  void everyLineArrivesOnceAndInOrderOrAGapSaysThatItMayNot() throws Exception {
    Long one = Long.getLong("purser.model.seed");
    if (one != null) {
      run(one);
      return;
    }
    long first = System.nanoTime();
    System.out.println("file source model: seeds " + first + " and " + (HISTORIES - 1) + " more");
    for (int i = 0; i < HISTORIES; i++) {
      run(first + i);
    }
  }

  private void run(long seed) throws Exception {
    List<String> protocol = new ArrayList<>();
    try {
      new History(seed, Files.createDirectory(temporary.resolve(Long.toString(seed))), protocol)
          .run();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "-Dpurser.model.seed=" + seed + "\n" + String.join("\n", protocol), e);
    }
  }

  private final class History {
    private final Random random;
    private final Path directory;
    private final List<String> protocol;
    private final SteppedSource.Clock clock = new SteppedSource.Clock();
    private final RecordingOutbox outbox = new RecordingOutbox().holdBack();
    private final FileHistory file;
    private final int maxRecordBytes;
    private SteppedSource source;
    private boolean hasCrashed;
    private List<Incarnation> readable = List.of();

    History(long seed, Path directory, List<String> protocol) {
      this.random = new Random(seed);
      this.directory = directory;
      this.protocol = protocol;
      this.file = new FileHistory(directory, random, clock, this::isDigested);
      this.maxRecordBytes = random.nextInt(4) == 0 ? 16 : 4096;
      this.source = newSource();
    }

    void run() throws Exception {
      for (int i = 0; i < STEPS; i++) {
        protocol.add(step());
        checkVolume();
      }
      file.settle();
      settle();
      outbox.gaps().forEach(gap -> protocol.add(gap.toString()));
      checkVolume();
      Volume volume = volume();
      source.close();
      file.close();
      check();
      if (!hasCrashed) {
        checkVolume(volume);
      }
      clean();
    }

    private SteppedSource newSource() {
      String pattern = random.nextBoolean() ? "app.log" : "app.log*";
      return new SteppedSource(
          SteppedSource.config(From.BEGINNING, maxRecordBytes, directory.resolve(pattern)),
          LineDecoder.KIND,
          new LineSplitter(),
          new Claims(),
          outbox,
          clock,
          slab);
    }

    private String step() throws Exception {
      int choice = random.nextInt(100);
      if (choice < 45) {
        return file.act();
      } else if (choice < 60) {
        readable = random.nextInt(3) > 0 ? source.look() : source.source().look();
        file.looked();
        return "look: " + readable;
      } else if (choice < 75) {
        for (Incarnation each : readable) {
          if (random.nextInt(4) > 0) {
            source.read(each);
          }
        }
        return "read";
      } else if (choice < 85) {
        int batches = random.nextInt(4);
        outbox.deliver(batches);
        return "deliver " + batches;
      } else if (choice < 89) {
        outbox.sendBack();
        return "send back";
      } else if (choice < 96) {
        Duration time = Duration.ofMillis(random.nextInt(9000));
        clock.pass(time);
        return "pass " + time;
      }
      return end();
    }

    /// That what was written is read, waits, or is lost, at any time.
    private void checkVolume() {
      Volume volume = volume();
      assertThat(volume.lostBytes()).isNotNegative();
      assertThat(volume.unreadBytes()).isNotNegative();
      assertThat(volume.deliveredBytes()).isBetween(0L, volume.readBytes());
    }

    /// At the end, against what the hub got.
    private void checkVolume(Volume volume) {
      long delivered = outbox.texts().stream().mapToLong(String::length).sum();
      assertThat(volume.deliveredBytes()).as("delivered").isEqualTo(delivered);
      assertThat(volume.readBytes()).as("read").isEqualTo(delivered);
      long lost = 0;
      for (Gap gap : outbox.gaps()) {
        lost += gap.to().offset() - gap.from().offset();
      }
      assertThat(volume.lostBytes()).as("lost").isEqualTo(lost);
    }

    /// All of them together: a file can be found under the name of its rotation first.
    private Volume volume() {
      return source.source().volumes().stream()
          .reduce(new Volume(Map.of(), 0, 0, 0, 0, 0, 0), Volume::plus);
    }

    private boolean isDigested(FileHistory.Life life) {
      if (outbox.isOnTheWay("L" + life.number + "-")) {
        return false;
      }
      for (String id : outbox.fileStreams()) {
        List<RecordingOutbox.Delivered> delivered = outbox.delivered(id);
        if (!delivered.isEmpty()
            && delivered.getFirst().text().startsWith("L" + life.number + "-")
            && !outbox.state(id).ended()) {
          return false;
        }
      }
      return true;
    }

    /// The agent ends, in good order or not.
    private String end() throws IOException {
      boolean killed = random.nextBoolean();
      if (killed) {
        outbox.crash();
        source.kill();
        file.crashed();
      } else {
        source.look();
        file.looked();
        source.close();
        outbox.crash();
        file.ended();
      }
      source = newSource();
      readable = List.of();
      hasCrashed = true;
      return killed ? "kill" : "end";
    }

    /// Until nothing moves any more.
    private void settle() throws Exception {
      for (int i = 0; i < 12; i++) {
        source.run();
        outbox.flush();
        clock.pass(Duration.ofSeconds(3));
      }
    }

    private void check() {
      Map<Integer, String> streamOf = new HashMap<>();
      for (String id : outbox.fileStreams()) {
        List<RecordingOutbox.Delivered> delivered = outbox.delivered(id);
        long gaps = delivered.stream().filter(RecordingOutbox.Delivered::isGap).count();
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        delivered.forEach(each -> read.writeBytes(each.bytes()));
        protocol.add(id + ": " + outbox.state(id) + ", " + gaps + " gaps, " + read);
        if (read.toString(StandardCharsets.UTF_8).indexOf('-') < 0) {
          continue; // too little to tell whose it is
        }
        FileHistory.Life life = life(read.toString(StandardCharsets.UTF_8));
        assertThat(streamOf.put(life.number, id))
            .as("second stream of life %s", life.number)
            .isNull();
        checkLife(life, read.toByteArray(), gaps, outbox.isFinished(id));
        checkEnds(life, delivered);
      }
      for (FileHistory.Life life : file.lives()) {
        if (!streamOf.containsKey(life.number) && !life.mayMiss) {
          assertThat(lines(life.content.toByteArray()))
              .as("lines of unread life %s", life.number)
              .isZero();
        }
      }
    }

    /// @param finished whether what was appended later may have gone unseen with the file
    private void checkLife(FileHistory.Life life, byte[] read, long gaps, boolean finished) {
      byte[] written = life.content.toByteArray();
      assertThat(written.length).as("life %s", life.number).isGreaterThanOrEqualTo(read.length);
      assertThat(java.util.Arrays.copyOf(written, read.length))
          .as("life %s", life.number)
          .isEqualTo(read);
      byte[] unread = java.util.Arrays.copyOfRange(written, read.length, written.length);
      assertThat(gaps).as("gaps of life %s", life.number).isLessThanOrEqualTo(life.mayMiss ? 1 : 0);
      if (life.truncated) {
        assertThat(gaps).as("gaps of truncated life %s", life.number).isOne();
      }
      if (life.heldOpen && !life.truncated) {
        assertThat(gaps).as("gaps of life %s, deleted while open", life.number).isZero();
      }
      assertThat(read.length)
          .as("what was kept of life %s", life.number)
          .isGreaterThanOrEqualTo(life.truncated || finished ? 0 : life.kept);
      if (gaps == 0 && !(finished && life.mayMiss)) {
        assertThat(lines(unread)).as("unread lines of life %s", life.number).isZero();
        if (life.left) {
          assertThat(unread)
              .as("unread bytes of life %s, which is finished", life.number)
              .isEmpty();
        }
      }
    }

    private void checkEnds(FileHistory.Life life, List<RecordingOutbox.Delivered> delivered) {
      for (RecordingOutbox.Delivered each : delivered) {
        String text = each.text();
        boolean whole = text.endsWith("\n") && text.indexOf('\n') == text.length() - 1;
        boolean piece = text.indexOf('\n') < 0 && (text.length() == maxRecordBytes || life.left);
        assertThat(each.isGap() || whole || piece)
            .as("record %s of life %s", text, life.number)
            .isTrue();
      }
    }

    private FileHistory.Life life(String text) {
      int dash = text.indexOf('-');
      String number = text.substring(1, dash < 0 ? text.length() : dash);
      assertThat(number).as("first line of a stream: %s", text).matches("[0-9]+");
      return file.lives().get(Integer.parseInt(number));
    }

    private static long lines(byte[] bytes) {
      long lines = 0;
      for (byte b : bytes) {
        lines += b == '\n' ? 1 : 0;
      }
      return lines;
    }

    private void clean() throws IOException {
      try (java.nio.file.DirectoryStream<Path> left = Files.newDirectoryStream(directory)) {
        for (Path each : left) {
          if (Files.isDirectory(each)) {
            assertThat(each).as("spool").isEmptyDirectory();
          }
          Files.delete(each);
        }
      }
      Files.delete(directory);
    }
  }
}
