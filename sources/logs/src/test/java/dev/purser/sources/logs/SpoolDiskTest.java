package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.disk.Disk;
import dev.purser.core.disk.DiskFile;
import dev.purser.core.disk.LocalDisk;
import dev.purser.testkit.CrashError;
import dev.purser.testkit.FailingDisk;
import dev.purser.testkit.PowerLossDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// The spool on a disk that fails, loses power, or gives back other bytes.
class SpoolDiskTest {
  private static final String CONTENT = "the first line\nthe second line\n";

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "spool.written, false",
    "spool.forced, false",
    "spool.renamed, false",
    "spool.complete, true"
  })
  void aPowerLossLeavesAWholeCopyOrNone(String step, boolean isThere) throws Exception {
    for (int seed = 0; seed < 50; seed++) {
      Path root = Files.createDirectory(directory.resolve("disk-" + seed));
      PowerLossDisk disk =
          new PowerLossDisk(
              root,
              path -> false,
              name -> {
                if (name.equals(step)) {
                  throw new CrashError(name);
                }
              });
      Path spool = root.resolve("spool");
      assertThatThrownBy(() -> keep(disk, spool, header(15))).isInstanceOf(CrashError.class);
      disk.powerLoss(new Random(seed));

      Spool next = new Spool(new LocalDisk(), Optional.of(spool));
      List<Spool.Kept> kept = next.open();
      assertThat(next.problems()).as("seed %s", seed).isEmpty();
      if (isThere) {
        assertThat(kept).hasSize(1);
      }
      for (Spool.Kept each : kept) {
        assertThat(text(each, 15)).isEqualTo(CONTENT.substring(15));
        next.discard(each);
        assertThat(next.step()).isFalse();
      }
      assertThat(Files.exists(spool) ? new LocalDisk().list(spool) : List.of()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFullOrBrokenDiskIsToldAndLeavesNothing(FailingDisk.Operation operation) throws Exception {
    FailingDisk disk = new FailingDisk();
    disk.fail(operation);
    Path spool = directory.resolve("spool");
    Path original = Files.writeString(directory.resolve("original"), CONTENT);
    try (FileChannel source = FileChannel.open(original)) {
      SpoolCopy copy =
          new SpoolCopy(disk, spool.resolve("1-2-3"), new Spool.Remains(header(0), source), true);
      assertThat(copy.settle()).isEmpty();
      assertThat(copy.isComplete()).isFalse();
      assertThat(copy.bytes()).isZero();
      assertThat(copy.problem())
          .get()
          .asString()
          .contains(spool.toString(), "lost if the agent ends");
    }
    assertThat(new LocalDisk().list(spool)).isEmpty();
  }

  @Test
  void theFirstBytesAreThereTooAndThoseBetweenAreRefused() throws Exception {
    Spool spool = keep(new LocalDisk(), directory.resolve("spool"), header(15, 4));
    Spool.Kept kept = spool.open().getFirst();
    try (SpooledChannel content = content(kept)) {
      assertThat(content.size()).isEqualTo(CONTENT.length());
      ByteBuffer head = ByteBuffer.allocate(100);
      assertThat(content.read(head, 1)).isEqualTo(3);
      assertThat(text(kept, 15)).isEqualTo(CONTENT.substring(15));
      assertThat(content.read(head, CONTENT.length())).isEqualTo(-1);
      assertThatThrownBy(() -> content.read(head, 4)).isInstanceOf(IOException.class);
    }
  }

  /// Any byte changed, any length: either it is refused, or it says what was written.
  @Test
  void aDamagedHeaderIsRefused() throws Exception {
    LocalDisk disk = new LocalDisk();
    SpoolHeader header = header(15, 4);
    ByteBuffer written = header.toBytes();
    Path file = directory.resolve("header");
    for (int i = 0; i < written.limit(); i++) {
      byte[] changed = new byte[written.limit()];
      written.get(0, changed);
      changed[i] ^= (byte) (1 << i % 8);
      assertRefused(disk, Files.write(file, changed));
      assertRefused(disk, Files.write(file, java.util.Arrays.copyOf(changed, i)));
    }
    byte[] whole = new byte[written.limit()];
    written.get(0, whole);
    try (DiskFile found = disk.open(Files.write(file, whole))) {
      SpoolHeader read = SpoolHeader.read(found).header();
      assertThat(read).usingRecursiveComparison().isEqualTo(header);
    }
  }

  private static void assertRefused(Disk disk, Path file) throws IOException {
    try (DiskFile found = disk.open(file)) {
      assertThatThrownBy(() -> SpoolHeader.read(found)).isInstanceOf(IOException.class);
    }
  }

  private Spool keep(Disk disk, Path directory, SpoolHeader header) throws IOException {
    Path original = Files.writeString(this.directory.resolve("original"), CONTENT);
    try (FileChannel source = FileChannel.open(original)) {
      SpoolCopy copy =
          new SpoolCopy(disk, directory.resolve("1-2-3"), new Spool.Remains(header, source), true);
      assertThat(copy.settle()).isEmpty();
    }
    return new Spool(disk, Optional.of(directory));
  }

  private static String text(Spool.Kept kept, int from) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(CONTENT.length());
    SpooledChannel content = content(kept);
    while (content.read(bytes, from + bytes.position()) > 0) {
      // until the end
    }
    return StandardCharsets.US_ASCII.decode(bytes.flip()).toString();
  }

  private static SpooledChannel content(Spool.Kept kept) {
    return java.util.Objects.requireNonNull(kept.content());
  }

  private static SpoolHeader header(long from) {
    return header(from, 0);
  }

  private static SpoolHeader header(long from, int head) {
    return new SpoolHeader(
        new FileId(1, 2, 3),
        Path.of("/var/log/pods/a_b_c/d/0.log"),
        "file/a/1-2-3/4-5",
        CONTENT.length(),
        from,
        from,
        from,
        CONTENT.substring(0, head).getBytes(StandardCharsets.US_ASCII),
        Optional.of(new Plan.Memo("lines", "java", Map.of("node", "n1", "pod", "b"))));
  }
}
