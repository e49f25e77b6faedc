package dev.purser.core.wal;

import dev.purser.core.disk.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An append-only log of entries in segment files, as specified in docs/formats/wal.md.
///
/// One thread at a time appends (the caller's lock); another forces; any number read what is
/// durable. Full means [LogFullException], never eviction. An error of force is for good: what is
/// on disk is then unknown, and each later call fails with it.
public final class SegmentLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SegmentLog.class);

  /// @param segmentBytes a segment is closed when it is larger
  /// @param maxBytes entries are refused when all segments together are larger
  public record Limits(long segmentBytes, long maxBytes) {}

  /// Tells the head of a new segment: state that a reader of this segment alone needs.
  public interface HeadWriter {
    byte[] head();
  }

  /// The first segment of a log knows of no streams: a file that is larger was once complete.
  private static final long LARGEST_FIRST_HEADER = 1024;

  private static final int QUARANTINE_SEGMENTS = 4;

  private final Disk disk;
  private final Path directory;
  private final Limits limits;
  private final UUID id;
  private final Quarantine quarantine;
  private final KeptHead keptHead;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private final TreeMap<Long, Segment> segments = new TreeMap<>();
  private Segment current;
  private long end;
  private long durable;
  private long lastMicros;
  private @Nullable IOException broken;
  private boolean closed;

  private SegmentLog(
      Disk disk,
      Path directory,
      Limits limits,
      UUID id,
      Quarantine quarantine,
      List<Segment> found,
      long lastMicros)
      throws IOException {
    this.disk = disk;
    this.directory = directory;
    this.limits = limits;
    this.id = id;
    this.quarantine = quarantine;
    this.keptHead = new KeptHead(disk, directory);
    for (Segment segment : found) {
      segments.put(segment.base(), segment);
    }
    this.current = found.getLast();
    this.end = current.end();
    this.durable = end;
    this.lastMicros = lastMicros;
  }

  /// Opens the log in a directory, or creates it there. Cuts a torn tail; an end that is damaged
  /// stays, as [LogItem.Damage].
  ///
  /// @throws IOException when the directory holds segments of two logs, or with a hole between them
  public static SegmentLog open(Disk disk, Path directory, Limits limits, long nowMicros)
      throws IOException {
    disk.createDirectories(directory);
    List<Segment> found = new ArrayList<>();
    for (Path path : disk.list(directory)) {
      Optional<Long> base = Segment.baseOf(path);
      if (base.isPresent()) {
        found.add(Segment.open(disk, path, base.get()));
      }
    }
    dropUnfinished(disk, directory, found);
    Quarantine quarantine =
        new Quarantine(
            disk, directory.resolve("quarantine"), QUARANTINE_SEGMENTS * limits.segmentBytes());
    if (found.isEmpty()) {
      UUID id = UUID.randomUUID();
      found.add(Segment.create(disk, directory, id, 0, nowMicros, new byte[0]));
      return new SegmentLog(disk, directory, limits, id, quarantine, found, nowMicros);
    }
    UUID id = identify(directory, found);
    long last = settleTail(found.getLast(), quarantine);
    // What a process that died had written but not forced may still be in the page cache only.
    found.getLast().force();
    disk.forceDirectory(directory);
    SegmentLog log =
        new SegmentLog(disk, directory, limits, id, quarantine, found, Math.max(last, 0));
    log.keptHead.forgetBehind(id, log.end);
    return log;
  }

  public UUID id() {
    return id;
  }

  /// Offset behind the last entry.
  public long end() {
    return locked(() -> end);
  }

  /// Up to here the log is on disk.
  public long durable() {
    return locked(() -> durable);
  }

  /// Offset of the oldest byte still held.
  public long start() {
    return locked(segments::firstKey);
  }

  public long sizeBytes() {
    return locked(() -> end - segments.firstKey());
  }

  public long maxBytes() {
    return limits.maxBytes();
  }

  /// The newest valid head, and where entries begin behind it. The state at the end is the head
  /// moved on by them.
  public Head newestHead() {
    Optional<Head> kept = keptHead.read(id);
    return locked(() -> {
      Head ofSegment = newestOfSegments();
      return kept.filter(head -> head.offset() > ofSegment.offset()).orElse(ofSegment);
    });
  }

  /// Keeps a head apart from the segments: damage of the entries before it does not reach the state
  /// then. What is damaged counts as there, so it must be safe elsewhere.
  public void keep(Head head) throws IOException {
    keptHead.write(id, head);
  }

  /// @param offset of the first entry behind it
  public record Head(byte[] head, long offset) {}

  /// Ingest time of the newest entry; of an empty log, when its segment was made.
  public long lastMicros() {
    return locked(() -> lastMicros);
  }

  /// Appends an entry. It is not durable before [#force].
  ///
  /// @param nowMicros the hub's clock; the entry's ingest time is later where that of the entry
  ///   before is not earlier: it tells entries apart
  /// @return the offset behind it
  /// @throws LogFullException when there is no room; nothing was written
  public long append(long nowMicros, ByteBuffer payload, HeadWriter heads) throws IOException {
    failIfBroken();
    int size = Segment.ENTRY_HEADER_BYTES + payload.remaining();
    if (end + size - start() > limits.maxBytes()) {
      throw new LogFullException(
          "write-ahead log is full: "
              + sizeBytes()
              + " of "
              + limits.maxBytes()
              + " bytes in "
              + directory);
    }
    long time = Math.max(nowMicros, lastMicros() + 1);
    if (end - current.base() > limits.segmentBytes()) {
      roll(time, heads.head());
    }
    ByteBuffer header = Segment.entryHeader(time, durable(), payload);
    try {
      current.write(header, end);
      disk.step("append");
      current.write(payload.duplicate(), end + Segment.ENTRY_HEADER_BYTES);
    } catch (IOException e) {
      undo(e);
      throw new LogFullException("cannot write to " + current.path() + ": " + e.getMessage(), e);
    }
    disk.step("appended");
    return locked(() -> {
      lastMicros = time;
      end += size;
      moved.signalAll();
      return end;
    });
  }

  /// Forces all that was appended before the call.
  ///
  /// @throws IOException when the disk refused; the log is broken from then on
  public long force() throws IOException {
    Segment segment;
    long target;
    lock.lock();
    try {
      segment = current;
      target = end;
      if (target == durable) {
        return durable;
      }
    } finally {
      lock.unlock();
    }
    failIfBroken();
    try {
      segment.force();
    } catch (IOException e) {
      throw breakWith(e);
    }
    disk.step("forced");
    return locked(() -> {
      durable = Math.max(durable, target);
      moved.signalAll();
      return durable;
    });
  }

  /// Waits until there is something to force.
  ///
  /// @return false when the log was closed
  /// @throws IOException when the log broke
  public boolean awaitAppended() throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!closed && broken == null && end == durable) {
        moved.await();
      }
      if (broken != null && !closed) {
        throw new IOException("the disk failed under the write-ahead log", broken);
      }
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  /// Waits until the log is durable up to `offset`.
  ///
  /// @throws IOException when the log broke or was closed before
  public void awaitDurable(long offset) throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      while (durable < offset) {
        if (broken != null || closed) {
          throw new IOException("write-ahead log ended before the entry was on disk", broken);
        }
        moved.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /// Waits until something durable lies behind `offset`, or the time is over, or the log is closed.
  public boolean awaitBeyond(long offset, long timeoutMillis) throws InterruptedException {
    long left = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    lock.lockInterruptibly();
    try {
      while (durable <= offset && !closed && left > 0) {
        left = moved.awaitNanos(left);
      }
      return durable > offset;
    } finally {
      lock.unlock();
    }
  }

  /// What lies at an offset, up to the durable end; empty behind it.
  ///
  /// @param offset as given by [LogItem#next], by [#start], or where an entry begins
  public Optional<LogItem> read(long offset) throws IOException {
    Segment segment;
    long limit;
    lock.lock();
    try {
      long at = Math.max(offset, segments.firstKey());
      if (at >= durable) {
        return Optional.empty();
      }
      segment = segments.floorEntry(at).getValue();
      Long higher = segments.higherKey(segment.base());
      limit = higher == null ? durable : higher;
    } finally {
      lock.unlock();
    }
    return readIn(segment, Math.max(offset, segment.firstEntry()), limit);
  }

  /// Gives up all segments that end at or before `offset`; all its consumers have passed it.
  public void release(long offset) throws IOException {
    List<Segment> gone = new ArrayList<>();
    lock.lock();
    try {
      while (segments.size() > 1 && segments.higherKey(segments.firstKey()) <= offset) {
        gone.add(segments.pollFirstEntry().getValue());
      }
    } finally {
      lock.unlock();
    }
    for (Segment segment : gone) {
      segment.close();
      disk.delete(segment.path());
    }
    if (!gone.isEmpty()) {
      disk.forceDirectory(directory);
    }
  }

  /// Wakes all that wait, and closes the files.
  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      moved.signalAll();
      for (Segment segment : segments.values()) {
        segment.close();
      }
    } finally {
      lock.unlock();
    }
  }

  private Head newestOfSegments() {
    for (Segment segment : segments.descendingMap().values()) {
      Optional<Segment.Header> header = segment.header();
      if (header.isPresent()) {
        return new Head(header.get().head(), segment.firstEntry());
      }
    }
    return new Head(new byte[0], segments.firstKey());
  }

  private Optional<LogItem> readIn(Segment segment, long at, long limit) throws IOException {
    long time = segment.header().map(Segment.Header::createdMicros).orElse(0L);
    if (at >= limit) {
      return limit < durable() ? read(limit) : Optional.empty();
    }
    Optional<Segment.Found> found = segment.read(at, limit);
    if (found.isPresent()) {
      Segment.Found entry = found.get();
      return Optional.of(
          new LogItem.Entry(at, at + entry.sizeBytes(), entry.timeMicros(), entry.payload()));
    }
    long next = segment.resync(at + 1, limit);
    boolean kept = quarantine.keep(segment, at, next);
    return Optional.of(new LogItem.Damage(at, next, time, kept));
  }

  private void roll(long nowMicros, byte[] head) throws IOException {
    force();
    Segment next;
    try {
      next = Segment.create(disk, directory, id, end, nowMicros, head);
    } catch (IOException e) {
      throw new LogFullException(
          "cannot create a segment in " + directory + ": " + e.getMessage(), e);
    }
    lock.lock();
    try {
      segments.put(next.base(), next);
      current = next;
      end = next.firstEntry();
      durable = end;
    } finally {
      lock.unlock();
    }
  }

  /// Takes back a part of an entry that was written before the disk refused the rest.
  private void undo(IOException cause) throws IOException {
    try {
      current.truncate(end);
    } catch (IOException e) {
      cause.addSuppressed(e);
      throw breakWith(cause);
    }
  }

  private IOException breakWith(IOException cause) {
    lock.lock();
    try {
      broken = cause;
      moved.signalAll();
    } finally {
      lock.unlock();
    }
    return new IOException(
        "the disk failed under the write-ahead log in "
            + directory
            + ": what it holds is unknown, so nothing more is accepted; check the disk and start again",
        cause);
  }

  private void failIfBroken() throws IOException {
    IOException cause = locked(() -> broken);
    if (cause != null) {
      throw breakWith(cause);
    }
  }

  private <T> T locked(java.util.function.Supplier<T> body) {
    lock.lock();
    try {
      return body.get();
    } finally {
      lock.unlock();
    }
  }

  /// A newest segment without a valid header and without any entry was being created when the hub
  /// stopped.
  private static void dropUnfinished(Disk disk, Path directory, List<Segment> found)
      throws IOException {
    if (found.isEmpty()) {
      return;
    }
    Segment last = found.getLast();
    if (found.size() == 1 && last.end() - last.base() > LARGEST_FIRST_HEADER) {
      return;
    }
    if (last.header().isEmpty() && last.resync(last.base(), last.end()) == last.end()) {
      found.removeLast();
      last.close();
      disk.delete(last.path());
      disk.forceDirectory(directory);
    }
  }

  private static UUID identify(Path directory, List<Segment> found) throws IOException {
    UUID id = null;
    long expected = -1;
    for (Segment segment : found) {
      if (expected >= 0 && segment.base() != expected) {
        throw new IOException(
            "segments are missing in "
                + directory
                + " before "
                + segment.path().getFileName()
                + ": bring them back, or move the whole data directory away");
      }
      expected = segment.end();
      Optional<Segment.Header> header = segment.header();
      if (header.isPresent()) {
        if (id != null && !id.equals(header.get().log())) {
          throw new IOException(directory + " holds segments of two logs");
        }
        id = header.get().log();
      }
    }
    if (id == null) {
      throw new IOException("no segment in " + directory + " has a valid header");
    }
    return id;
  }

  /// Decides about the first place in the last segment that does not check out, unless entries
  /// behind it prove it damaged: a torn tail is cut. What was there whole may have been
  /// acknowledged and stays, to be met as damage by whoever has not passed it; entries behind it
  /// may count only together with it.
  ///
  /// @return the ingest time of the last entry, or of the segment, or what may be that of a damaged
  ///   end
  private static long settleTail(Segment last, Quarantine quarantine) throws IOException {
    long time = last.header().map(Segment.Header::createdMicros).orElse(0L);
    long limit = last.end();
    long at = last.firstEntry();
    while (at < limit) {
      Optional<Segment.Found> entry = last.read(at, limit);
      if (entry.isPresent()) {
        time = Math.max(time, entry.get().timeMicros());
        at += entry.get().sizeBytes();
      } else if (wasForced(last, at, limit)) {
        at = last.resync(at + 1, limit);
      } else if (last.isUnfinished(at, limit)) {
        LOG.atInfo()
            .addKeyValue("segment", last.path())
            .addKeyValue("bytes", limit - at)
            .log("Cut the torn tail of the write-ahead log; agents send it again");
        last.truncate(at);
        return time;
      } else {
        LOG.atError()
            .addKeyValue("segment", last.path())
            .addKeyValue("offset", at)
            .addKeyValue("bytes", limit - at)
            .log(
                "The end of the write-ahead log was written whole and does not check out: check the"
                    + " disk. What of it is in no table, agents send again");
        boolean _ = quarantine.keep(last, at, limit);
        last.invalidate(at + 1, limit);
        return time + 1;
      }
    }
    return time;
  }

  /// Whether a valid entry behind `place` was written when `place` had already been forced.
  private static boolean wasForced(Segment segment, long place, long limit) throws IOException {
    long at = segment.resync(place + 1, limit);
    while (at < limit) {
      Optional<Segment.Found> entry = segment.read(at, limit);
      if (entry.isPresent() && entry.get().forced() > place) {
        return true;
      }
      at = entry.isPresent() ? at + entry.get().sizeBytes() : segment.resync(at + 1, limit);
    }
    return false;
  }
}
