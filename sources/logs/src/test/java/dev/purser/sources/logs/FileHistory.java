package dev.purser.sources.logs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/// A log file and all that can happen to it, at random; and what a reader must make of it.
///
/// A life is the bytes between creation or truncation and the next truncation or the deletion. Its
/// first line names it.
final class FileHistory {
  private static final int KEPT_ROTATIONS = 3;
  private static final Duration IDLE = SteppedSource.IDLE;

  private final Path directory;
  private final Path log;
  private final Random random;
  private final SteppedSource.Clock clock;
  private final List<Life> lives = new ArrayList<>();
  private final Map<Path, Life> files = new HashMap<>();
  private final Map<Path, byte[]> rests = new HashMap<>();
  private int line;
  private @Nullable Path copying;
  private @Nullable Path compressing;
  private final Map<Path, Integer> inodes = new HashMap<>();
  private final Predicate<Life> isDigested;
  private int lastInode;

  /// What was written in one life of a file.
  static final class Life {
    final int number;
    final ByteArrayOutputStream content = new ByteArrayOutputStream();

    /// Whether it may have lost bytes: deleted, or truncated without a copy.
    boolean mayMiss;

    /// Whether it was truncated without a copy.
    boolean truncated;

    /// Whether its bytes now stand in a copy.
    boolean copied;

    /// The file that it was written to, whatever its name.
    int inode;

    /// Whether it is no longer written: rotated, deleted or truncated.
    boolean left;

    /// Whether the source had it open when it was deleted, and was not killed since.
    boolean heldOpen;

    /// How much of it the source had open, deleted, when it ended in good order.
    int kept;

    /// Who still writes to it though it is deleted, and until when its reader waits for that.
    @Nullable FileChannel writer;

    Instant writtenUntil = Instant.MIN;

    /// Whether a look at the directory came after its creation.
    boolean seen;

    Life(int number) {
      this.number = number;
    }
  }

  /// @param isDigested whether the hub has a life to its end, or nothing of it
  FileHistory(
      Path directory, Random random, SteppedSource.Clock clock, Predicate<Life> isDigested) {
    this.isDigested = isDigested;
    this.directory = directory;
    this.log = directory.resolve("app.log");
    this.random = random;
    this.clock = clock;
  }

  List<Life> lives() {
    return lives;
  }

  /// The source looked at the directory.
  void looked() {
    files.values().forEach(life -> life.seen = true);
  }

  /// Nobody writes any more.
  void close() throws IOException {
    for (Life life : lives) {
      if (life.writer != null) {
        life.writer.close();
      }
    }
  }

  /// The source was killed.
  void crashed() {
    for (Life life : lives) {
      life.heldOpen = false;
      life.seen = false;
    }
  }

  /// The source ended in good order: it kept what it had open, unless a compressed file may hold
  /// the same.
  void ended() {
    boolean compressed = false;
    for (int i = 1; i <= KEPT_ROTATIONS; i++) {
      compressed |= Files.exists(compressed(rotated(i)));
    }
    for (Life life : lives) {
      life.seen = false;
      if (life.heldOpen && !compressed) {
        life.kept = life.content.size();
      }
      life.heldOpen = false;
    }
  }

  /// Does something to the file.
  ///
  /// @return what it was, for the protocol
  String act() throws IOException {
    if (copying != null) {
      return finishCopy();
    }
    if (compressing != null) {
      return finishCompression(compressing);
    }
    int choice = random.nextInt(120);
    if (choice >= 110) {
      return writeToDeleted();
    } else if (choice >= 100) {
      return compress(rotated(1 + random.nextInt(KEPT_ROTATIONS)));
    } else if (choice < 60) {
      return write(log);
    } else if (choice < 66) {
      Path rotated = rotated(1);
      return isRenamed(rotated) ? write(rotated) : write(log);
    } else if (choice < 78) {
      return rename();
    } else if (choice < 88) {
      return beginCopy();
    } else if (choice < 93) {
      return truncate();
    } else if (choice < 97) {
      return delete(log);
    }
    return delete(lying(1 + random.nextInt(KEPT_ROTATIONS)));
  }

  /// Ends a copy or a compression that is under way, so that nothing is left in the middle.
  void settle() throws IOException {
    if (copying != null) {
      finishCopy();
    }
    if (compressing != null) {
      finishCompression(compressing);
    }
  }

  private String write(Path file) throws IOException {
    Life life = files.get(file);
    if (life == null) {
      life = begin(file);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] rest = rests.remove(file);
    if (rest != null) {
      bytes.writeBytes(rest);
    }
    int lines = random.nextInt(5);
    for (int i = 0; i < lines; i++) {
      bytes.writeBytes(nextLine(life));
    }
    if (random.nextInt(3) == 0) {
      byte[] cut = nextLine(life);
      int at = random.nextInt(cut.length);
      bytes.write(cut, 0, at);
      rests.put(file, java.util.Arrays.copyOfRange(cut, at, cut.length));
    }
    append(file, bytes.toByteArray());
    life.content.writeBytes(bytes.toByteArray());
    return "write " + bytes.size() + " to " + file.getFileName() + " life " + life.number;
  }

  /// Writes to a file that has no name any more, as long as its reader must expect that.
  private String writeToDeleted() throws IOException {
    for (Life life : lives) {
      FileChannel writer = life.writer;
      if (writer != null && life.heldOpen && clock.now().isBefore(life.writtenUntil)) {
        byte[] bytes = nextLine(life);
        writer.write(ByteBuffer.wrap(bytes));
        life.content.writeBytes(bytes);
        life.writtenUntil = clock.now().plus(IDLE);
        return "write " + bytes.length + " to deleted life " + life.number;
      }
    }
    return write(log);
  }

  /// Whether a file was renamed, so that its writer may still write to it.
  private boolean isRenamed(Path file) {
    Life life = files.get(file);
    return life != null && !life.copied;
  }

  private byte[] nextLine(Life life) {
    String text = "L" + life.number + "-" + line++ + " " + "x".repeat(random.nextInt(40)) + "\n";
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private Life begin(Path file) {
    Life life = new Life(lives.size());
    lives.add(life);
    files.put(file, life);
    life.inode = inodes.computeIfAbsent(file, f -> ++lastInode);
    return life;
  }

  private String rename() throws IOException {
    if (!Files.exists(log) || !mayDelete(lying(KEPT_ROTATIONS))) {
      return write(log);
    }
    shift();
    move(log, rotated(1));
    Life life = files.remove(log);
    if (life != null) {
      life.left = true;
      files.put(rotated(1), life);
    }
    return "rename";
  }

  private void shift() throws IOException {
    delete(lying(KEPT_ROTATIONS));
    for (int i = KEPT_ROTATIONS - 1; i >= 1; i--) {
      Path from = lying(i);
      if (Files.exists(from)) {
        Path to = isCompressed(from) ? compressed(rotated(i + 1)) : rotated(i + 1);
        move(from, to);
        Life life = files.remove(from);
        if (life != null) {
          files.put(to, life);
        }
      }
    }
  }

  private String compress(Path file) throws IOException {
    if (!Files.exists(file) || !mayDelete(file)) {
      return write(log);
    }
    byte[] whole = gzip(Files.readAllBytes(file));
    Files.write(compressed(file), java.util.Arrays.copyOf(whole, random.nextInt(whole.length)));
    compressing = file;
    return random.nextBoolean()
        ? finishCompression(file)
        : "compress some of " + file.getFileName();
  }

  /// As gzip does: the original goes when the whole of it is written, and its time is kept.
  private String finishCompression(Path file) throws IOException {
    if (!mayDelete(file)) {
      return "no end of the compression of " + file.getFileName();
    }
    compressing = null;
    Path target = compressed(file);
    Files.write(target, gzip(Files.readAllBytes(file)));
    Files.setLastModifiedTime(target, Files.getLastModifiedTime(file));
    Files.delete(file);
    Integer inode = inodes.remove(file);
    if (inode != null) {
      inodes.put(target, inode);
    }
    rests.remove(file);
    Life life = files.remove(file);
    if (life != null) {
      files.put(target, life);
    }
    return "compress " + file.getFileName();
  }

  private String beginCopy() throws IOException {
    if (!files.containsKey(log) || !mayDelete(lying(KEPT_ROTATIONS))) {
      return write(log);
    }
    shift();
    byte[] content = Files.readAllBytes(log);
    append(rotated(1), java.util.Arrays.copyOf(content, random.nextInt(content.length + 1)));
    copying = rotated(1);
    if (random.nextBoolean()) {
      return finishCopy();
    }
    return "copy some";
  }

  private String finishCopy() throws IOException {
    byte[] content = Files.readAllBytes(log);
    int copied = (int) Files.size(rotated(1));
    append(rotated(1), java.util.Arrays.copyOfRange(content, copied, content.length));
    copying = null;
    Life life = java.util.Objects.requireNonNull(files.remove(log));
    life.left = true;
    life.copied = true;
    files.put(rotated(1), life);
    return "copytruncate, " + empty();
  }

  private String truncate() throws IOException {
    Life life = files.get(log);
    if (life == null) {
      return write(log);
    }
    files.remove(log);
    life.left = true;
    life.mayMiss = true;
    life.truncated = true;
    return "truncate, " + empty();
  }

  /// Makes the log empty, and mostly writes to it at once.
  private String empty() throws IOException {
    Files.write(log, new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
    Files.setLastModifiedTime(log, FileTime.from(clock.now()));
    rests.remove(log);
    return random.nextInt(3) == 0 ? "nothing" : write(log);
  }

  private void move(Path from, Path to) throws IOException {
    Files.move(from, to);
    Integer inode = inodes.remove(from);
    if (inode != null) {
      inodes.put(to, inode);
    }
    byte[] rest = rests.remove(from);
    if (rest != null) {
      rests.put(to, rest);
    }
  }

  /// Not a file whose copy the reader does not know yet as such: without its original nobody can.
  private boolean mayDelete(Path file) {
    Integer inode = inodes.get(file);
    return inode == null
        || lives.stream().noneMatch(l -> l.inode == inode && l.copied && !isDigested.test(l));
  }

  private String delete(Path file) throws IOException {
    if (!mayDelete(file)) {
      return "no delete of " + file.getFileName();
    }
    inodes.remove(file);
    byte[] rest = rests.remove(file);
    Life life = files.remove(file);
    if (life != null && rest == null && !life.copied && !isCompressed(file)) {
      life.writer = FileChannel.open(file, StandardOpenOption.APPEND);
      life.writtenUntil = clock.now().plus(IDLE);
    }
    if (Files.deleteIfExists(file) && life != null) {
      life.left = true;
      life.mayMiss = true;
      life.heldOpen = life.seen && !life.copied && !isCompressed(file);
    }
    return "delete " + file.getFileName();
  }

  private Path rotated(int number) {
    return directory.resolve("app.log." + number);
  }

  /// What lies in the place of a rotation, compressed or not.
  private Path lying(int number) {
    Path compressed = compressed(rotated(number));
    return Files.exists(compressed) ? compressed : rotated(number);
  }

  private static Path compressed(Path file) {
    return Path.of(file + ".gz");
  }

  private static boolean isCompressed(Path file) {
    return file.toString().endsWith(".gz");
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private void append(Path file, byte[] bytes) throws IOException {
    Files.write(file, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    Files.setLastModifiedTime(file, FileTime.from(clock.now()));
  }
}
