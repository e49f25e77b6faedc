package dev.purser.sources.logs;

import dev.purser.core.disk.Disk;
import dev.purser.core.disk.DiskFile;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/// Keeps on disk what the hub does not have yet of deleted files: an open file outlives its name,
/// but not the agent. The format is docs/formats/spool.md.
///
/// One file for each, complete as soon as it has its name. A copy of which only the header is left
/// tells the next agent that the bytes were given up. Owned by the thread that looks; [#step] is
/// called by another, one at a time.
final class Spool {
  private static final String SUFFIX = ".spool";
  private static final String UNFINISHED = ".tmp";
  private static final String DAMAGED = ".damaged";
  private static final int BLOCK_BYTES = 256 << 10;

  /// After a failure, a full disk above all.
  private static final long RETRY_MICROS = 10_000_000;

  private final Disk disk;
  private final Path directory;
  private final Map<Incarnation, Copy> copies = new HashMap<>();
  private final Queue<Copy> due = new ConcurrentLinkedQueue<>();

  /// Of whoever calls [#step]; made with the first copy, as most agents never make one.
  private @Nullable ByteBuffer block;

  private final List<String> damages = new CopyOnWriteArrayList<>();

  /// @param directory of this spool alone; made when something is to be kept
  Spool(Disk disk, Path directory) {
    this.disk = disk;
    this.directory = directory;
  }

  /// The directory of a source, below that of all spools.
  static Path directory(Path spools, String source) {
    String name = URLEncoder.encode(source, StandardCharsets.UTF_8).replace(".", "%2E");
    return spools.resolve(name);
  }

  /// What is to be kept of a file.
  ///
  /// @param source its bytes; null when they are given up
  record Remains(SpoolHeader header, @Nullable FileChannel source) {}

  /// What an agent before this one kept.
  ///
  /// @param content null when the bytes were given up
  record Kept(Path path, SpoolHeader header, @Nullable SpooledChannel content) {}

  /// What was kept; asked once, at the start. What cannot be read is put aside and told.
  List<Kept> open() {
    List<Kept> kept = new ArrayList<>();
    try {
      for (Path path : disk.list(directory)) {
        String name = path.getFileName().toString();
        if (name.endsWith(UNFINISHED)) {
          disk.delete(path);
        } else if (name.endsWith(SUFFIX)) {
          try {
            kept.add(open(path));
          } catch (IOException e) {
            disk.rename(path, path.resolveSibling(name + DAMAGED));
            damages.add(
                path
                    + DAMAGED
                    + ": cannot be read, so what it keeps of a deleted file is not delivered: "
                    + e.getMessage());
          }
        }
      }
    } catch (IOException e) {
      damages.add(directory + ": cannot be read: " + e.getMessage());
    }
    return kept;
  }

  private Kept open(Path path) throws IOException {
    DiskFile file = disk.open(path);
    boolean used = false;
    try {
      SpoolHeader.Found found = SpoolHeader.read(file);
      long bytes = file.sizeBytes() - found.bytes();
      SpoolHeader header = found.header();
      if (bytes == 0 && header.keptBytes() > 0) {
        return new Kept(path, header, null);
      }
      if (bytes != header.keptBytes()) {
        throw new IOException("it has " + bytes + " bytes of " + header.keptBytes());
      }
      used = true;
      return new Kept(path, header, new SpooledChannel(file, header, found.bytes()));
    } finally {
      if (!used) {
        file.close();
      }
    }
  }

  /// Nothing of it is to be read any more.
  void discard(Kept kept) {
    SpooledChannel content = kept.content();
    if (content != null) {
      Newborns.close(content);
    }
    delete(kept.path());
  }

  /// Somebody reads what was kept.
  void attach(Incarnation reader, Kept kept) {
    copies.put(reader, new Copy(kept.path(), kept.header(), kept.content() != null));
  }

  /// Sees to it that a copy of a deleted file is there, or soon will be, as far as the hub does not
  /// have it; and once nobody writes to the file any more, that it is read instead of the file.
  void keep(Incarnation deleted, long nowMicros) {
    keep(deleted, nowMicros, false);
  }

  /// As [#keep(Incarnation, long)], and also of files of which the hub only lacks the end.
  void keepAtEnd(Incarnation deleted, long nowMicros) {
    keep(deleted, nowMicros, true);
  }

  private void keep(Incarnation deleted, long nowMicros, boolean atEnd) {
    Copy copy = copies.get(deleted);
    try {
      if (copy == null || copy.isToBeMadeAnew(deleted, nowMicros)) {
        Remains remains = atEnd || deleted.isUndelivered() ? deleted.remains() : null;
        if (remains != null) {
          copies.put(deleted, begin(remains));
        }
      } else if (copy.bytes() >= 0) {
        if (deleted.phase() == Incarnation.Phase.LOST) {
          copy.giveUp();
        } else if (deleted.facts().finished() && !deleted.isSpooled()) {
          readInstead(deleted, copy);
        }
      }
    } catch (IOException e) {
      deleted.report(deleted.facts().path() + ": cannot be kept: " + e.getMessage());
    }
  }

  /// Makes a copy due; [#step] makes it.
  Copy begin(Remains remains) {
    Copy copy = new Copy(directory.resolve(remains.header().file() + SUFFIX), remains);
    due.add(copy);
    return copy;
  }

  private void readInstead(Incarnation deleted, Copy copy) throws IOException {
    if (!deleted.lock().tryLock()) {
      return;
    }
    try {
      if (deleted.phase() == Incarnation.Phase.READING && deleted.size() == copy.header.size()) {
        SpooledChannel content = open(copy.path).content();
        if (content != null) {
          deleted.readFrom(content);
        }
      }
    } finally {
      deleted.lock().unlock();
    }
  }

  /// How much of the disk the copy of a file takes.
  long bytes(Incarnation deleted) {
    Copy copy = copies.get(deleted);
    return copy == null ? 0 : Math.max(0, copy.bytes());
  }

  /// Deletes the copies that nobody needs any more.
  void tidy() {
    copies
        .entrySet()
        .removeIf(each -> {
          boolean needed =
              switch (each.getKey().phase()) {
                case HELD, READING, TRUNCATED, LOST, FINISHED, CLOSING, ENDING -> true;
                case RESTING, SKIPPED, DONE -> false;
              };
          if (!needed) {
            each.getValue().release();
          }
          return !needed;
        });
  }

  /// The file of a copy that was read has its name again.
  void release(Incarnation reader) {
    Copy copy = copies.remove(reader);
    if (copy != null) {
      copy.release();
    }
  }

  boolean hasWork() {
    return !due.isEmpty();
  }

  /// Makes one copy.
  ///
  /// @return whether there is more to do
  boolean step() {
    Copy copy = due.poll();
    if (copy != null) {
      copy.make();
    }
    return !due.isEmpty();
  }

  /// What is wrong, one line each.
  List<String> problems() {
    List<String> problems = new ArrayList<>(damages);
    copies.values().stream()
        .flatMap(copy -> copy.problem().stream())
        .limit(1)
        .forEach(problems::add);
    return problems;
  }

  private ByteBuffer block() {
    ByteBuffer made = block;
    if (made == null) {
      made = ByteBuffer.allocateDirect(BLOCK_BYTES);
      block = made;
    }
    return made;
  }

  private void delete(Path file) {
    try {
      disk.delete(file);
    } catch (IOException e) {
      damages.add(file + ": cannot be deleted: " + e.getMessage());
    }
  }

  /// One file in the directory.
  final class Copy {
    private final Path path;
    private final SpoolHeader header;
    private @Nullable FileChannel source;

    /// How many of the bytes are on disk; -1 before it is complete.
    private long bytes = -1;

    private boolean released;
    private boolean failed;
    private @Nullable String problem;
    private long sinceMicros;

    Copy(Path path, Remains remains) {
      this.path = path;
      this.header = remains.header();
      this.source = remains.source();
    }

    /// One that is there.
    Copy(Path path, SpoolHeader header, boolean hasBytes) {
      this.path = path;
      this.header = header;
      this.bytes = hasBytes ? header.keptBytes() : 0;
    }

    synchronized long bytes() {
      return bytes;
    }

    synchronized List<String> problem() {
      return problem == null ? List.of() : List.of(problem);
    }

    /// Whether it could not be made and it is time to try once more, or the file, which nobody
    /// writes to any more, grew since.
    synchronized boolean isToBeMadeAnew(Incarnation deleted, long nowMicros) throws IOException {
      if (failed && problem == null) {
        return true; // The file was closed meanwhile: given up, or read to its end.
      }
      if (failed) {
        if (sinceMicros == 0) {
          sinceMicros = nowMicros;
        }
        return nowMicros - sinceMicros >= RETRY_MICROS;
      }
      return bytes >= 0
          && deleted.phase() == Incarnation.Phase.READING
          && deleted.facts().finished()
          && deleted.size() > header.size();
    }

    void make() {
      Path unfinished = path.resolveSibling(path.getFileName() + UNFINISHED);
      try {
        disk.createDirectories(directory);
        try (DiskFile target = disk.open(unfinished)) {
          write(target);
          disk.step("spool.written");
          target.force();
        }
        disk.step("spool.forced");
        synchronized (this) {
          if (released) {
            disk.delete(unfinished);
            return;
          }
          disk.rename(unfinished, path);
          disk.step("spool.renamed");
          disk.forceDirectory(directory);
          disk.step("spool.complete");
          bytes = source == null ? 0 : header.keptBytes();
          source = null;
        }
      } catch (ClosedChannelException e) {
        fail(unfinished, null);
      } catch (IOException e) {
        fail(
            unfinished,
            directory
                + ": what the hub does not have of deleted files cannot be kept, and is lost if"
                + " the agent ends: "
                + e.getMessage());
      }
    }

    private void write(DiskFile target) throws IOException {
      target.truncate(0);
      ByteBuffer bytes = header.toBytes();
      long at = bytes.remaining();
      target.write(bytes, 0);
      FileChannel from = source;
      if (from == null) {
        return;
      }
      ByteBuffer block = block();
      for (long position = header.from(); position < header.size(); ) {
        block.clear().limit((int) Math.min(BLOCK_BYTES, header.size() - position));
        int read = from.read(block, position);
        if (read <= 0) {
          throw new IOException("the file became shorter");
        }
        target.write(block.flip(), at);
        position += read;
        at += read;
      }
    }

    private synchronized void fail(Path unfinished, @Nullable String why) {
      failed = true;
      problem = why;
      delete(unfinished);
    }

    /// Its bytes are not delivered any more; what is left says so.
    synchronized void giveUp() throws IOException {
      if (bytes > 0) {
        try (DiskFile file = disk.open(path)) {
          file.truncate(SpoolHeader.read(file).bytes());
          file.force();
        }
        bytes = 0;
      }
    }

    synchronized void release() {
      released = true;
      if (bytes >= 0) {
        delete(path);
      }
    }
  }
}
