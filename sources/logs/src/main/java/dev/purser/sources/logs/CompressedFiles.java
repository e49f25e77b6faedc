package dev.purser.sources.logs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The compressed rotations that a source sees: makes of each, once it was [scanned][GzipScan], a
/// file like any other, whose size is that of what it holds.
///
/// A compressed file is looked at only when the file it was made of is gone, and taken only when
/// that, if it is still open, was read to its end. Owned by the thread that looks; the scans are
/// run by others.
final class CompressedFiles {
  /// A file that ends within its data and does not change is taken for damaged after this.
  private static final long PATIENCE_MICROS = 60_000_000;

  /// How many are read at once: each takes the memory of a window.
  private static final int MOST_READ_AT_ONCE = 4;

  private final KnownStreams known;
  private final FileStats stats;
  private final long idleMicros;
  private final int windowBytes;
  private final Map<FileId, Compressed> files = new HashMap<>();
  private final Queue<GzipScan> scans = new ConcurrentLinkedQueue<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(Fingerprint.MAX_BYTES);
  private volatile boolean skipping;
  private boolean looked;
  private Set<Path> plainPaths = Set.of();
  private Set<FileId> plainIds = Set.of();
  private Collection<Incarnation> followed = List.of();

  /// One of them.
  private static final class Compressed {
    private final boolean old;
    private FoundFile found;
    private long quietSinceMicros;
    private @Nullable GzipScan scan;
    private GzipScan.@Nullable Result usable;
    private @Nullable String problem;

    /// Those that were still to be read when the scan began: it knows nothing of their ends.
    private List<Incarnation> before = List.of();

    /// What a scan found that came too early.
    private GzipScan.@Nullable Result early;

    Compressed(FoundFile found, boolean old, long nowMicros) {
      this.old = old;
      this.found = found;
      this.quietSinceMicros = Math.min(nowMicros, found.stat().mtimeMicros());
    }

    void see(FoundFile now, long nowMicros) {
      if (!isUnchanged(now)) {
        quietSinceMicros = nowMicros;
      }
      found = now;
    }

    boolean isUnchanged(FoundFile other) {
      return found.stat().size() == other.stat().size()
          && found.stat().mtimeMicros() == other.stat().mtimeMicros();
    }
  }

  /// @param windowBytes how far back a reader of its content may go
  CompressedFiles(KnownStreams known, FileStats stats, long idleMicros, int windowBytes) {
    this.known = known;
    this.stats = stats;
    this.idleMicros = idleMicros;
    this.windowBytes = windowBytes;
  }

  /// Takes what a look showed.
  ///
  /// @param isGone whether a file that the look did not find is gone
  /// @param followed all files that the source follows
  /// @return those that can be read, with the sizes of what they hold
  List<FoundFile> see(
      Finder.Look look, Predicate<Path> isGone, Collection<Incarnation> followed, long nowMicros) {
    this.followed = followed;
    // Only what is asked of a compressed file needs the others.
    List<FoundFile> plain =
        files.isEmpty() && look.compressed().isEmpty() ? List.of() : look.files();
    plainPaths = plain.stream().map(FoundFile::path).collect(Collectors.toSet());
    plainIds = plain.stream().map(FoundFile::id).collect(Collectors.toSet());
    Set<FileId> present = new HashSet<>();
    List<FoundFile> readable = new ArrayList<>();
    for (FoundFile file : look.compressed()) {
      present.add(file.id());
      Compressed each =
          files.computeIfAbsent(file.id(), id -> new Compressed(file, !looked, nowMicros));
      each.see(file, nowMicros);
      advance(each, nowMicros);
      GzipScan.Result usable = each.usable;
      if (usable != null) {
        readable.add(file.holding(usable.size()));
      }
    }
    files
        .entrySet()
        .removeIf(each ->
            !present.contains(each.getKey())
                && isGone.test(each.getValue().found.path())
                && drop(each.getValue()));
    looked = true;
    skipping =
        files.values().stream()
            .filter(each -> each.old && (each.scan != null || each.usable != null))
            .anyMatch(each -> !isFollowed(each.found.id()));
    return readable;
  }

  /// Whether it was there at the first look.
  boolean isOld(FileId file) {
    Compressed each = files.get(file);
    return each != null && each.old;
  }

  /// Whether one that was there at the first look is not followed yet. Asked by any thread.
  boolean isSkipping() {
    return skipping;
  }

  /// The scans that are to be run, one after the other; whoever has run one takes it out. Used by
  /// any thread.
  Queue<GzipScan> scans() {
    return scans;
  }

  /// Whether one was not looked into yet, so that it may hold what was read of a file that is gone.
  boolean isUnknown() {
    return files.values().stream()
        .anyMatch(each ->
            each.usable == null
                && each.problem == null
                && !plainPaths.contains(each.found.decompressedPath()));
  }

  /// Whether a compressed file of `base` is not followed yet: it may hold what another held.
  boolean isUndecided(Path base) {
    return files.values().stream()
        .filter(each -> each.found.base().equals(base))
        .anyMatch(each -> !isFollowed(each.found.id()));
  }

  /// Whether a compressed file of `base` is being looked into, however long the readers take.
  boolean isBeingScanned(Path base) {
    return files.values().stream()
        .filter(each -> each.found.base().equals(base))
        .map(each -> each.scan)
        .anyMatch(scan -> scan != null && scan.result() == null && scan.failure() == null);
  }

  /// Whether a compressed file may hold the bytes of `each`, as far as that is known.
  boolean mayHold(Incarnation each) {
    return files.values().stream()
        .filter(file -> file.found.base().equals(each.facts().base()))
        .map(file -> file.early == null ? file.usable : file.early)
        .anyMatch(result -> result == null || mayHold(each, result));
  }

  boolean has(FileId file) {
    return files.containsKey(file);
  }

  /// Whether `each` is that of a compressed file.
  boolean isOf(Incarnation each) {
    return files.containsKey(each.file());
  }

  /// Whether `each` is that of a file that no longer lies under any name.
  boolean isMissing(Incarnation each) {
    return !isOf(each) && !plainIds.contains(each.file());
  }

  /// What the scan of a file found that [#see] gave.
  GzipScan.Result scanned(FileId file) {
    Compressed each = files.get(file);
    if (each == null || each.usable == null) {
      throw new IllegalArgumentException("not scanned: " + file);
    }
    return each.usable;
  }

  /// Whether another one may be read besides those that are.
  ///
  /// @param followed all files that the source follows now
  boolean hasRoom(Collection<Incarnation> followed) {
    return followed.stream().filter(this::isOf).filter(each -> !isQuiet(each)).count()
        < MOST_READ_AT_ONCE;
  }

  /// Its content.
  ///
  /// @param channel of the file itself
  FileChannel open(FoundFile file, FileChannel channel) {
    GzipScan.Result scan = scanned(file.id());
    return new GzipChannel(channel, scan.head(), scan.size(), windowBytes);
  }

  /// One line for each file that cannot be read.
  List<String> problems() {
    return files.values().stream().map(each -> each.problem).filter(Objects::nonNull).toList();
  }

  /// Lets go of all files, once no scan is run any more.
  void close() {
    for (Compressed each : files.values()) {
      if (each.scan != null) {
        each.scan.close();
      }
    }
  }

  private void advance(Compressed each, long nowMicros) {
    GzipScan scan = each.scan;
    if (scan != null && scan.failure() != null) {
      each.problem = problem(each.found, scan.failure());
      each.scan = null;
    } else if (scan != null) {
      GzipScan.Result result = scan.result();
      if (result == null) {
        return;
      }
      each.problem = null;
      if (each.isUnchanged(result.file())) {
        if (isWhole(each, result, nowMicros)) {
          each.scan = null;
          if (each.before.stream().anyMatch(open -> mayHold(open, result))) {
            each.early = result;
          } else {
            each.usable = result;
          }
        }
        return;
      }
      each.scan = null;
    }
    GzipScan.Result usable = each.usable;
    if (usable != null ? !each.isUnchanged(usable.file()) : isReady(each)) {
      each.before = open(each.found.base());
      GzipScan begun = new GzipScan(each.found, stats, candidates(each.found));
      each.scan = begun;
      scans.add(begun);
    }
  }

  /// Whether nothing more is to be expected of the file.
  private boolean isWhole(Compressed each, GzipScan.Result result, long nowMicros) {
    long quiet = nowMicros - each.quietSinceMicros;
    return switch (result.state()) {
      case COMPLETE -> true;
      case DAMAGED -> quiet >= idleMicros;
      case CUT_OFF, OPEN -> quiet >= PATIENCE_MICROS;
    };
  }

  /// Whether the file that it was made of is gone, and read to its end as far as that is known.
  private boolean isReady(Compressed each) {
    GzipScan.Result early = each.early;
    return !plainPaths.contains(each.found.decompressedPath())
        && (early == null
            || open(each.found.base()).stream().noneMatch(open -> mayHold(open, early)));
  }

  /// Those that no longer lie under any name and of which something is still to be read.
  private List<Incarnation> open(Path base) {
    return followed.stream()
        .filter(each -> each.facts().base().equals(base) && isMissing(each))
        .filter(each -> !isQuiet(each) && each.phase() != Incarnation.Phase.HELD)
        .toList();
  }

  /// Whether a file may be what a compressed one was made of: it begins as that does, and is no
  /// shorter.
  private boolean mayHold(Incarnation open, GzipScan.Result compressed) {
    try {
      if (open.size() < compressed.size()) {
        return false;
      }
      ByteBuffer expected = ByteBuffer.wrap(compressed.head());
      FileChannel channel = open.channel();
      if (channel == null) {
        return open.head().matches(expected);
      }
      ByteBuffer head = Slab.readHead(channel, buffer);
      return head.remaining() >= expected.remaining()
          && head.slice(0, expected.remaining()).equals(expected);
    } catch (IOException e) {
      return true;
    }
  }

  /// Whether nothing is read of it any more.
  private static boolean isQuiet(Incarnation each) {
    return switch (each.phase()) {
      case RESTING, SKIPPED, DONE -> true;
      case HELD, READING, TRUNCATED, LOST, FINISHED, CLOSING, ENDING -> false;
    };
  }

  private boolean isFollowed(FileId file) {
    return followed.stream().anyMatch(each -> each.file().equals(file));
  }

  /// The streams of which a file may hold the bytes: its own, and those of files that are gone.
  private Function<ByteBuffer, List<KnownStreams.Known>> candidates(FoundFile file) {
    List<KnownStreams.Known> own = new ArrayList<>(known.of(file.id()));
    for (Incarnation each : followed) {
      boolean isOriginal = each.facts().base().equals(file.base()) && isMissing(each);
      if ((isOriginal || each.file().equals(file.id()))
          && each.phase() == Incarnation.Phase.RESTING) {
        each.known().ifPresent(own::add);
      }
    }
    return head -> {
      Set<KnownStreams.Known> streams = new HashSet<>(known.matching(head));
      own.stream().filter(each -> each.id().fingerprint().matches(head)).forEach(streams::add);
      return List.copyOf(streams);
    };
  }

  /// Null when it was only renamed or deleted: the next look shows which.
  private static @Nullable String problem(FoundFile file, @Nullable IOException failure) {
    if (failure == null || failure instanceof NoSuchFileException) {
      return null;
    }
    return failure instanceof AccessDeniedException
        ? file.path() + ": may not be read; run as root, or grant read on it"
        : file.path() + ": cannot be read: " + failure.getMessage();
  }

  private static boolean drop(Compressed each) {
    if (each.scan != null) {
      each.scan.cancel();
    }
    return true;
  }
}
