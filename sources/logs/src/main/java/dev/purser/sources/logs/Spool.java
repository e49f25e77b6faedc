package dev.purser.sources.logs;

import dev.purser.core.disk.Disk;
import dev.purser.core.disk.DiskFile;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Keeps on disk what the hub does not take of deleted files: an open file outlives its name, but
/// not the agent. The format is docs/formats/spool.md.
///
/// One file for each, complete as soon as it has its name. A copy of which only the header is left
/// tells the next agent that the bytes were given up. Owned by the thread that looks, which only
/// says what is to be; [#step] does it, on another thread, one at a time.
final class Spool {
  /// After a failure, a full disk above all.
  private static final long RETRY_MICROS = 10_000_000;

  private static final String DAMAGED = ".damaged";

  private final Disk disk;
  private final Optional<Path> directory;
  private final Map<Incarnation, SpoolCopy> copies = new HashMap<>();
  private final Queue<SpoolCopy> due = new ConcurrentLinkedQueue<>();
  private final Set<String> faults = new ConcurrentSkipListSet<>();
  private final List<Path> damaged = new ArrayList<>();

  /// @param directory of this spool alone, made when something is to be kept; empty if nothing is
  Spool(Disk disk, Optional<Path> directory) {
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
  record Remains(SpoolHeader header, @Nullable FileChannel source) {
    /// How much of the disk that takes.
    long bytes() {
      return source == null ? 0 : header.keptBytes();
    }
  }

  /// What an agent before this one kept.
  ///
  /// @param content null when the bytes were given up
  /// @param whole whether nobody wrote to the file any more when it was kept
  record Kept(Path path, SpoolHeader header, @Nullable SpooledChannel content, boolean whole) {}

  /// What was kept; asked once, at the start. What makes no sense is put aside; that, and what
  /// cannot be read now, is told.
  List<Kept> open() {
    if (directory.isEmpty()) {
      return List.of();
    }
    Map<Path, Kept> kept = new LinkedHashMap<>();
    try {
      for (Path path : disk.list(directory.get())) {
        open(path).ifPresent(each -> kept.merge(SpoolCopy.name(each), each, this::later));
      }
    } catch (IOException e) {
      faults.add(directory.get() + ": cannot be read: " + e.getMessage());
    }
    return List.copyOf(kept.values());
  }

  /// Of two copies of one file, of which the later was to take the place of the other.
  private Kept later(Kept one, Kept other) {
    boolean isFirst = one.header().size() > other.header().size();
    Kept later = isFirst ? one : other;
    Kept earlier = isFirst ? other : one;
    if (earlier.content() != null) {
      Newborns.close(earlier.content());
    }
    try {
      disk.delete(earlier.path());
    } catch (IOException e) {
      faults.add(earlier.path() + ": cannot be deleted: " + e.getMessage());
    }
    return later;
  }

  private Optional<Kept> open(Path path) {
    String name = path.getFileName().toString();
    try {
      if (name.endsWith(DAMAGED)) {
        faults.add(path + ": is damaged; what it kept of a deleted file was not delivered");
      } else if (name.endsWith(SpoolCopy.UNFINISHED)) {
        disk.delete(path);
      } else if (name.endsWith(SpoolCopy.WHOLE) || name.endsWith(SpoolCopy.OPEN)) {
        return Optional.of(read(path));
      }
    } catch (SpoolHeader.Malformed e) {
      putAside(path, e);
    } catch (IOException e) {
      faults.add(
          path
              + ": cannot be read, so what it keeps of a deleted file waits for another start: "
              + e.getMessage());
    }
    return Optional.empty();
  }

  private void putAside(Path path, SpoolHeader.Malformed why) {
    Path aside = path.resolveSibling(path.getFileName() + DAMAGED);
    try {
      disk.rename(path, aside);
      damaged.add(aside);
    } catch (IOException e) {
      aside = path;
    }
    faults.add(
        aside
            + ": is damaged; what it kept of a deleted file is not delivered: "
            + why.getMessage());
  }

  /// Those that [#open] put aside.
  List<Path> damaged() {
    return List.copyOf(damaged);
  }

  private Kept read(Path path) throws IOException {
    boolean whole = path.toString().endsWith(SpoolCopy.WHOLE);
    DiskFile file = disk.open(path);
    boolean used = false;
    try {
      SpoolHeader.Found found = SpoolHeader.read(file);
      long bytes = file.sizeBytes() - found.bytes();
      SpoolHeader header = found.header();
      if (bytes == 0 && header.keptBytes() > 0) {
        return new Kept(path, header, null, whole);
      }
      if (bytes != header.keptBytes()) {
        throw new SpoolHeader.Malformed("it has " + bytes + " bytes of " + header.keptBytes());
      }
      used = true;
      return new Kept(path, header, new SpooledChannel(file, header, found.bytes()), whole);
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
    release(SpoolCopy.of(disk, kept));
  }

  /// Somebody reads what was kept.
  void attach(Incarnation reader, Kept kept) {
    copies.put(reader, SpoolCopy.of(disk, kept));
  }

  /// Sees to it that a copy of a deleted file is there, or soon will be, as far as the hub does not
  /// have it; and once nobody writes to the file any more, that it is read instead of the file.
  ///
  /// @param room how many bytes the copy may take
  void keep(Incarnation deleted, long nowMicros, long room) {
    SpoolCopy copy = copies.get(deleted);
    try {
      if (copy == null || copy.isToBeTriedAgain(nowMicros, RETRY_MICROS)) {
        if (deleted.isUndelivered()) {
          begin(deleted, room);
        }
      } else if (copy.isComplete()) {
        goOn(deleted, copy, room);
      }
    } catch (IOException e) {
      deleted.report(deleted.facts().path() + ": cannot be kept: " + e.getMessage());
    }
  }

  private void goOn(Incarnation deleted, SpoolCopy copy, long room) throws IOException {
    if (deleted.phase() == Incarnation.Phase.LOST) {
      giveUp(deleted);
    } else if (deleted.facts().finished() && !deleted.isSpooled()) {
      if (deleted.size() > copy.header().size()) {
        begin(deleted, room + copy.bytes());
      } else if (copy.isWhole()) {
        readInstead(deleted, copy);
      } else {
        become(copy, SpoolCopy.Wanted.WHOLE);
      }
    }
  }

  /// Keeps it even where the hub only lacks its end: this agent ends.
  void keepAtEnd(Incarnation deleted) {
    SpoolCopy copy = copies.get(deleted);
    try {
      if (copy == null
          || !copy.isComplete()
          || (!deleted.isSpooled() && deleted.size() > copy.header().size())) {
        begin(deleted, Long.MAX_VALUE);
      }
    } catch (IOException e) {
      deleted.report(deleted.facts().path() + ": cannot be kept: " + e.getMessage());
    }
  }

  /// Its bytes are not delivered any more: of its copy only the header stays, which says so.
  void giveUp(Incarnation deleted) {
    SpoolCopy copy = copies.get(deleted);
    if (copy != null) {
      become(copy, SpoolCopy.Wanted.GIVEN_UP);
    }
  }

  private void begin(Incarnation deleted, long room) throws IOException {
    if (deleted.undeliveredBytes() > room) {
      return; // To find out all that is to be kept costs more, and most look in vain.
    }
    Remains remains = deleted.remains();
    if (remains != null && directory.isPresent() && remains.bytes() <= room) {
      SpoolCopy before = copies.get(deleted);
      Path path = before != null ? before.path() : free(directory.get(), remains.header());
      boolean whole = deleted.facts().finished() || remains.source() == null;
      begin(deleted, new SpoolCopy(disk, path, remains, whole));
    }
  }

  /// Makes a copy due; [#step] makes it.
  void begin(Incarnation deleted, SpoolCopy copy) {
    copies.put(deleted, copy);
    due.add(copy);
  }

  /// A name that no other copy has: of one file there may be two, of before and after a truncation.
  private Path free(Path directory, SpoolHeader header) {
    Set<Path> taken =
        copies.values().stream().map(SpoolCopy::path).collect(Collectors.toUnmodifiableSet());
    Path path = directory.resolve(header.file().toString());
    for (int i = 1; taken.contains(path); i++) {
      path = directory.resolve(header.file() + "." + i);
    }
    return path;
  }

  private void readInstead(Incarnation deleted, SpoolCopy copy) throws IOException {
    if (!deleted.lock().tryLock()) {
      return;
    }
    try {
      if (deleted.phase() == Incarnation.Phase.READING && deleted.size() == copy.header().size()) {
        SpooledChannel content = read(copy.file()).content();
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
    SpoolCopy copy = copies.get(deleted);
    return copy == null ? 0 : copy.bytes();
  }

  /// Deletes the copies that nobody needs any more: the hub has all that they hold.
  void tidy() {
    for (Map.Entry<Incarnation, SpoolCopy> each : Map.copyOf(copies).entrySet()) {
      Incarnation of = each.getKey();
      boolean isNeeded =
          switch (of.phase()) {
            case READING -> of.isSpooled() || of.delivered() <= each.getValue().header().size();
            case HELD, TRUNCATED, LOST, FINISHED, CLOSING, ENDING -> true;
            case RESTING, SKIPPED, DONE -> false;
          };
      if (!isNeeded) {
        release(of);
      }
    }
  }

  /// Deletes the copy of a file.
  void release(Incarnation of) {
    SpoolCopy copy = copies.remove(of);
    if (copy != null) {
      release(copy);
    }
  }

  private void release(SpoolCopy copy) {
    become(copy, SpoolCopy.Wanted.GONE);
  }

  private void become(SpoolCopy copy, SpoolCopy.Wanted next) {
    if (copy.become(next)) {
      due.add(copy);
    }
  }

  boolean hasWork() {
    return !due.isEmpty();
  }

  /// Makes one copy, or deletes one.
  ///
  /// @return whether there is more to do
  boolean step() {
    SpoolCopy copy = due.poll();
    if (copy != null) {
      copy.settle().ifPresent(faults::add);
    }
    return !due.isEmpty();
  }

  /// What is wrong, one line each.
  List<String> problems() {
    List<String> problems = new ArrayList<>(faults);
    copies.values().stream()
        .flatMap(copy -> copy.problem().stream())
        .limit(1)
        .forEach(problems::add);
    return problems;
  }
}
