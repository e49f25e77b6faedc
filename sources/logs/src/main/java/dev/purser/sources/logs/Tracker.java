package dev.purser.sources.logs;

import dev.purser.core.record.Gap;
import dev.purser.core.source.Volume;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Makes out of each look at the directories what became of the files: new, renamed, gone,
/// truncated, copied.
///
/// [#look] is called by one thread at a time; [#incarnations] and [#problems] by any.
final class Tracker {
  /// A file that is being renamed can be missing from one listing, but not from two.
  private static final int LOOKS_UNTIL_GONE = 2;

  /// For how long, in times that a file must be quiet, and for how many looks at least, a
  /// compressed copy is waited for: files before it may have to end first, and what is told to the
  /// hub to arrive.
  private static final int COPY_IDLES = 4;

  private static final int COPY_LOOKS = 12;

  /// By how much the kernel's time of a file's birth, which it keeps by ticks, may be behind.
  private static final long TICK_MICROS = 20_000;

  /// Of how many files it is remembered where their streams ended, in case they come back: with a
  /// volume that is mounted once more, or from another directory.
  private static final int MAX_LEFT = 10_000;

  private final Surroundings surroundings;
  private final Finder finder;
  private final Newborns newborns;
  private final Claims claims;
  private final Claims.Claimant claimant;
  private final KnownStreams known;
  private final CompressedFiles compressed;
  private final DeletedFiles deleted;
  private final Spool spool;
  private final Restoration restoration;
  private final boolean skipsOld;
  private final long idleMicros;
  private final ByteBuffer buffer = ByteBuffer.allocate(Fingerprint.MAX_BYTES);

  private final Map<FileId, Incarnation> current = new ConcurrentHashMap<>();
  private final Map<FileId, FileStats.Stat> seen = new HashMap<>();
  private final List<Incarnation> leaving = new CopyOnWriteArrayList<>();
  private final Map<Incarnation, Truncation> truncated = new HashMap<>();
  private final Map<Incarnation, CopyCheck> held = new HashMap<>();

  /// When those that are held were first found to have no name any more.
  private final Map<Incarnation, Long> missingSince = new HashMap<>();

  private final Map<FileId, Unopened> unopened = new HashMap<>();
  private final Births births = new Births();

  /// Those of the look that goes on, as far as nobody reads them yet.
  private final Map<FileId, FileChannel> born = new HashMap<>();

  private final Map<FileId, KnownStreams.Known> grown = new HashMap<>();
  private final Map<FileId, KnownStreams.Known> left =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<FileId, KnownStreams.Known> eldest) {
          return size() > MAX_LEFT;
        }
      };
  private volatile Map<Path, Incarnation> byPath = Map.of();
  private volatile List<String> problems = List.of();

  private long looks;
  private long lastLookMicros;
  private long unseen;
  private final Volumes volumes;

  /// A file that was seen and could not be opened.
  private record Unopened(FoundFile file, long missingLooks, @Nullable String problem) {}

  /// @param look number of the look that saw it
  /// @param goesOnAt where the file's next stream begins
  /// @param timeMicros of that look
  private record Truncation(long look, long goesOnAt, long timeMicros) {}

  /// @param skipsOld whether this is the first start of a source that reads from the end
  Tracker(
      Surroundings surroundings,
      Finder finder,
      Newborns newborns,
      Claims claims,
      Claims.Claimant claimant,
      KnownStreams known,
      Spool spool,
      boolean skipsOld) {
    this.surroundings = surroundings;
    this.finder = finder;
    this.newborns = newborns;
    this.claims = claims;
    this.claimant = claimant;
    this.known = known;
    this.spool = spool;
    this.restoration = new Restoration(surroundings, finder.tree(), known, claims, spool);
    this.skipsOld = skipsOld;
    this.volumes = new Volumes(surroundings.config().name());
    this.lastLookMicros = surroundings.nowMicros();
    this.idleMicros = surroundings.config().idle().toNanos() / 1000;
    this.deleted = new DeletedFiles(surroundings.config().heldBytes(), spool);
    this.compressed =
        new CompressedFiles(known, finder.tree().stats(), idleMicros, surroundings.slabBytes());
  }

  /// All that are followed, those that leave first.
  Collection<Incarnation> incarnations() {
    List<Incarnation> all = new ArrayList<>(leaving);
    all.addAll(current.values());
    return all;
  }

  List<String> problems() {
    return problems;
  }

  /// What became of the bytes of each container or file. Any thread may ask.
  List<Volume> volumes() {
    return volumes.now();
  }

  /// One look at the directories and what follows from it.
  ///
  /// @param changes of which it was told
  /// @return those that may have something to read, oldest first
  List<Incarnation> look(Changes changes) {
    looks++;
    Set<Incarnation> replaced = replaced();
    long now = surroundings.nowMicros();
    births.told(changes.made(), path -> finder.isWritten(path) && claims.isFree(claimant, path));
    Finder.Look look =
        finder.look(changes.within(directories(replaced)).within(births.directories()));
    Set<String> faults = new TreeSet<>(look.problems());
    List<FoundFile> all = new ArrayList<>(look.files());
    List<FoundFile> goneAgain = goneAgain(look);
    all.addAll(goneAgain);
    countBirths(all, now);
    all.addAll(compressed.see(look, List.copyOf(current.values()), now));
    all.sort(FoundFile.OLDEST_FIRST);
    Map<FileId, FoundFile> files = new HashMap<>();
    all.forEach(file -> files.put(file.id(), file));

    for (Incarnation incarnation : current.values()) {
      FoundFile file = files.get(incarnation.file());
      if (file != null) {
        if (incarnation.isSpooled() && !isBack(incarnation, file)) {
          continue;
        }
        incarnation.see(Facts.of(file, incarnation.facts(), now, idleMicros));
      } else if (look.complete()) {
        Facts facts = incarnation.facts();
        long size = openSize(incarnation);
        if (held.containsKey(incarnation)) {
          missingSince.putIfAbsent(incarnation, now);
        }
        incarnation.see(
            mayBeCompressed(incarnation)
                ? facts.compressed(size, now, idleMicros)
                : facts.missing(size, now, idleMicros));
      }
    }
    for (FoundFile file : all) {
      Incarnation incarnation = current.get(file.id());
      if (incarnation != null) {
        follow(incarnation, file, changes.everything() || replaced.contains(incarnation));
      }
    }
    if (looks == 1) {
      restoration.restore(all).forEach(each -> follow(each, files));
    }
    adoptNew(all, file -> !known.of(file.id()).isEmpty());
    adoptNew(all, file -> !file.isRotated());
    adoptNew(all, file -> true);
    for (FoundFile file : goneAgain) {
      Incarnation incarnation = current.get(file.id());
      if (incarnation != null) {
        incarnation.see(incarnation.facts().missing(openSize(incarnation), now, idleMicros));
      }
    }
    born.values().forEach(Newborns::close);
    born.clear();
    resolveTruncated(files);
    decideHeld();
    // Any other look takes most directories as they were: to see one listing twice proves nothing.
    if (changes.everything()) {
      loseUnopened(files);
      if (look.complete() && !compressed.isUnknown()) {
        claims.looked(claimant, known.open()).forEach(this::loseOrphan);
      }
    }
    forgetDone();
    if (look.complete()) {
      deleted.see(
          current.values().stream()
              .filter(each -> !files.containsKey(each.file()) && !compressed.mayHold(each))
              .filter(each -> held.values().stream().noneMatch(of -> of.original() == each))
              .toList(),
          now);
      Set<FileId> packed =
          look.compressed().stream().map(FoundFile::id).collect(Collectors.toSet());
      claims.keep(
          claimant,
          file ->
              current.containsKey(file)
                  || files.containsKey(file)
                  || packed.contains(file)
                  || unopened.containsKey(file));
    }
    byPath = paths();
    volumes.settle(incarnations(), now);

    faults.addAll(compressed.problems());
    faults.addAll(spool.problems());
    unopened.values().stream().map(Unopened::problem).forEach(p -> addIfPresent(faults, p));
    incarnations().forEach(i -> i.problem().ifPresent(faults::add));
    problems = List.copyOf(faults);
    List<Incarnation> readable = new ArrayList<>(leaving);
    seen.keySet().retainAll(files.keySet());
    for (FoundFile file : all) {
      boolean unchanged = file.stat().equals(seen.put(file.id(), file.stat()));
      Incarnation incarnation = current.get(file.id());
      if (incarnation != null && (changes.blind() || !unchanged || !incarnation.isIdle())) {
        readable.add(incarnation);
      }
    }
    for (Incarnation incarnation : current.values()) {
      if (!files.containsKey(incarnation.file())) {
        readable.add(incarnation);
      }
    }
    return readable;
  }

  /// Whoever reads the file that is written under `path` now.
  Optional<Incarnation> at(Path path) {
    return Optional.ofNullable(byPath.get(path));
  }

  /// Whether a file is still to be skipped whose place in the hub is not on the way yet.
  boolean isSkipping() {
    return (skipsOld && compressed.isSkipping())
        || incarnations().stream().anyMatch(Incarnation::isUnannounced);
  }

  /// The scans of compressed files that are to be run before the next look.
  Queue<GzipScan> scans() {
    return compressed.scans();
  }

  Spool spool() {
    return spool;
  }

  /// Sees to it that the spool is to keep what the hub does not have of deleted files, for an agent
  /// after this one.
  void keepDeleted() {
    deleted.keepAll();
  }

  /// Whether a look soon would find out more: something waits for it.
  boolean isUndecided() {
    return !truncated.isEmpty()
        || births.isUndecided()
        || incarnations().stream()
            .anyMatch(i -> i.isWaiting() || i.phase() == Incarnation.Phase.TRUNCATED);
  }

  void close() {
    compressed.close();
    for (Incarnation incarnation : incarnations()) {
      incarnation.lock().lock();
      try {
        incarnation.close();
      } finally {
        incarnation.lock().unlock();
      }
    }
  }

  /// Whether the file, which is missing, may have been compressed, so that its stream goes on.
  private boolean mayBeCompressed(Incarnation incarnation) {
    return switch (incarnation.phase()) {
      case HELD, READING, FINISHED, RESTING ->
          !compressed.isOf(incarnation) && compressed.isUndecided(incarnation.facts().base());
      case TRUNCATED, LOST, CLOSING, ENDING, SKIPPED, DONE -> false;
    };
  }

  /// Those whose bytes were seen to be replaced: what the last look saw of their files is older.
  private Set<Incarnation> replaced() {
    Set<Incarnation> replaced = new HashSet<>(truncated.keySet());
    for (Incarnation incarnation : current.values()) {
      if (incarnation.phase() == Incarnation.Phase.TRUNCATED) {
        replaced.add(incarnation);
      }
    }
    return replaced;
  }

  private static Set<Path> directories(Set<Incarnation> incarnations) {
    Set<Path> directories = new HashSet<>();
    for (Incarnation incarnation : incarnations) {
      addIfPresent(directories, incarnation.facts().path().getParent());
    }
    return directories;
  }

  /// What became of a file that was known before this look.
  ///
  /// @param isNew whether what is known of the file is of this look, not of one before
  private void follow(Incarnation incarnation, FoundFile file, boolean isNew) {
    switch (incarnation.phase()) {
      case TRUNCATED -> {
        if (isNew) {
          succeed(incarnation, file);
        }
      }
      case RESTING -> {
        if (incarnation.restingSize() != file.stat().size()) {
          current.remove(file.id());
          incarnation.known().ifPresent(stream -> grown.put(file.id(), stream));
        }
      }
      case DONE -> current.remove(file.id());
      case HELD, READING, LOST, FINISHED, CLOSING, ENDING, SKIPPED -> {}
    }
  }

  /// Begins the stream of what stands in a truncated file now.
  private void succeed(Incarnation old, FoundFile file) {
    if (!old.lock().tryLock()) {
      return;
    }
    try {
      FileChannel channel = open(file);
      if (channel == null) {
        return;
      }
      ByteBuffer head = Slab.readHead(channel, buffer);
      long begin = 0;
      boolean cutShort = channel.size() < old.position();
      if (old.head().length() > 0
          && old.head().matches(head)
          && (cutShort || old.isContinuedBy(channel))) {
        begin = Math.min(old.position(), channel.size());
      }
      Incarnation successor =
          incarnation(
              file, old.usedIds(), Fingerprint.of(head), channel, Incarnation.Phase.READING);
      successor.waitFor(old);
      successor.beginAt(begin);
      leaving.add(old);
      truncated.put(old, new Truncation(looks, begin, surroundings.nowMicros()));
      current.put(file.id(), successor);
    } catch (IOException e) {
      old.report(file.path() + ": cannot be read: " + e.getMessage());
    } finally {
      old.lock().unlock();
    }
  }

  private Map<Path, Incarnation> paths() {
    Map<Path, Incarnation> paths = new HashMap<>(2 * current.size());
    for (Incarnation incarnation : current.values()) {
      if (!incarnation.facts().gone()) {
        paths.put(incarnation.facts().path(), incarnation);
      }
    }
    return paths;
  }

  private void adoptNew(List<FoundFile> files, Predicate<FoundFile> which) {
    for (FoundFile file : files) {
      if (!current.containsKey(file.id()) && which.test(file)) {
        if (isWaiting(file)) {
          unopened.put(file.id(), new Unopened(file, 0, null));
          continue;
        }
        try {
          adopt(file);
        } catch (NoSuchFileException e) {
          unopened.put(file.id(), new Unopened(file, 0, null));
        } catch (AccessDeniedException e) {
          unopened.put(
              file.id(),
              new Unopened(
                  file, 0, file.path() + ": may not be read; run as root, or grant read on it"));
        } catch (IOException e) {
          unopened.put(
              file.id(),
              new Unopened(file, 0, file.path() + ": cannot be read: " + e.getMessage()));
        }
      }
    }
  }

  /// Follows what an agent before this one kept, which may have the number of another file by now.
  private void follow(Incarnation restored, Map<FileId, FoundFile> files) {
    counted(restored);
    boolean isRead = restored.phase() == Incarnation.Phase.READING;
    if (!isRead
        || files.containsKey(restored.file())
        || current.putIfAbsent(restored.file(), restored) != null) {
      leaving.add(restored);
    }
  }

  /// A file whose copy is read has its name again: it is read itself. Where files have no time of
  /// birth, it may be another one with its number.
  ///
  /// @return whether the incarnation is of that file, and reads it
  private boolean isBack(Incarnation incarnation, FoundFile file) {
    if (!incarnation.lock().tryLock()) {
      return false;
    }
    try {
      FileChannel channel = open(file);
      if (channel == null) {
        return false;
      }
      if (file.id().birthNanos() == 0 && !incarnation.isIn(channel, buffer)) {
        Newborns.close(channel);
        current.remove(incarnation.file());
        leaving.add(incarnation);
        return false;
      }
      incarnation.readFrom(channel);
      spool.release(incarnation);
      return true;
    } catch (IOException e) {
      incarnation.report(file.path() + ": cannot be read: " + e.getMessage());
      return false;
    } finally {
      incarnation.lock().unlock();
    }
  }

  /// Whether as many other compressed files are read as may be at once.
  private boolean isWaiting(FoundFile file) {
    return file.isCompressed()
        && compressed.scanned(file.id()).continued().isEmpty()
        && !compressed.hasRoom(current.values());
  }

  private void adopt(FoundFile file) throws IOException {
    FileChannel channel = open(file);
    if (channel == null) {
      if (!file.isCompressed()) {
        unopened.put(file.id(), new Unopened(file, 0, null));
      }
      return;
    }
    unopened.remove(file.id());
    ByteBuffer head = Slab.readHead(channel, buffer);
    Set<String> usedIds = ConcurrentHashMap.newKeySet();
    List<KnownStreams.Known> streams = new ArrayList<>(known.of(file.id()));
    KnownStreams.Known rested = grown.remove(file.id());
    if (rested != null) {
      streams.removeIf(stream -> !stream.state().ended());
      streams.add(rested);
    }
    addIfPresent(streams, left.remove(file.id()));
    for (Incarnation each : leaving) {
      if (each.file().equals(file.id())) {
        usedIds.addAll(each.usedIds());
        streams.removeIf(stream -> each.isOf(stream.streamId()));
      }
    }
    if (file.isCompressed()) {
      original(file, streams).ifPresent(streams::add);
      dropCopies(file);
    }
    KnownStreams.Known resumed = null;
    KnownStreams.Known finished = null;
    List<KnownStreams.Known> broken = new ArrayList<>();
    for (KnownStreams.Known stream : streams) {
      usedIds.add(stream.streamId());
      claims.adopt(stream.streamId());
      boolean same = file.isCompressed() ? isContinued(file, stream) : isIn(channel, head, stream);
      if (stream.state().ended()) {
        if (same && isFurther(stream, finished)) {
          finished = stream;
        }
      } else if (same
          && resumed == null
          && (file.isCompressed()
              || stream.isFinished()
              || isBoundary(file, channel, stream.offset()))) {
        resumed = stream;
      } else {
        broken.add(stream);
      }
    }
    Incarnation incarnation =
        incarnation(file, usedIds, Fingerprint.of(head), channel, Incarnation.Phase.READING);
    if (file.isCompressed()) {
      String fault = compressed.scanned(file.id()).fault();
      if (!fault.isEmpty()) {
        incarnation.breakOff(Gap.Reason.FILE_DAMAGED, file.path() + ": " + fault);
      }
    }
    for (KnownStreams.Known stream : broken) {
      incarnation.waitFor(
          stream.isFinished() ? concluded(stream) : succeeded(file, stream, usedIds));
    }
    current.put(file.id(), incarnation);
    if (resumed != null && resumed.isFinished() && resumed.offset() == channel.size()) {
      incarnation.rest(resumed.streamId(), resumed.state(), resumed.offset());
    } else if (resumed != null) {
      incarnation.resume(resumed.streamId(), resumed.state());
    } else if (finished != null && finished.offset() > 0) {
      incarnation.beginAt(finished.offset());
    } else if (skipsOld && (looks == 1 || compressed.isOld(file.id()))) {
      incarnation.beginAt(file.isRotated() ? channel.size() : lastBoundary(file, channel));
    } else if (file.isRotated() && usedIds.isEmpty()) {
      incarnation.hold();
      held.put(incarnation, new CopyCheck(file, null));
    }
  }

  private static boolean isIn(FileChannel channel, ByteBuffer head, KnownStreams.Known stream)
      throws IOException {
    return stream.id().fingerprint().matches(head)
        && stream.offset() <= channel.size()
        && FilePosition.isIn(channel, stream.state().position());
  }

  private boolean isContinued(FoundFile file, KnownStreams.Known stream) {
    return compressed.scanned(file.id()).continued().contains(stream);
  }

  /// Takes over the stream of the file that a compressed one was made of: of those that are gone
  /// and whose bytes it holds, the one that came furthest.
  ///
  /// @param own streams that the compressed file itself has had
  private Optional<KnownStreams.Known> original(FoundFile file, List<KnownStreams.Known> own) {
    if (own.stream().anyMatch(stream -> isContinued(file, stream))) {
      return Optional.empty();
    }
    Map<KnownStreams.Known, Incarnation> rested = new HashMap<>();
    for (Incarnation each : current.values()) {
      if (each.phase() == Incarnation.Phase.RESTING
          && compressed.isMissing(each)
          && each.facts().base().equals(file.base())) {
        each.known().ifPresent(stream -> rested.put(stream, each));
      }
    }
    List<KnownStreams.Known> furthestFirst =
        compressed.scanned(file.id()).continued().stream()
            .sorted(Comparator.comparingLong(KnownStreams.Known::offset).reversed())
            .toList();
    for (KnownStreams.Known stream : furthestFirst) {
      Incarnation original = rested.get(stream);
      if (original != null) {
        current.remove(original.file());
        return Optional.of(stream);
      }
      if (known.find(stream.streamId()).filter(stream::equals).isPresent()
          && claims.adoptOrphan(stream.streamId())) {
        return Optional.of(stream);
      }
    }
    return Optional.empty();
  }

  /// What was held because it may be a copy, and was then compressed: its compressed form takes its
  /// place.
  private void dropCopies(FoundFile file) throws IOException {
    ByteBuffer head = ByteBuffer.wrap(compressed.scanned(file.id()).head());
    for (Incarnation each : List.copyOf(held.keySet())) {
      if (compressed.isMissing(each)
          && each.facts().base().equals(file.base())
          && each.size() == file.stat().size()
          && each.head().matches(head)) {
        held.remove(each);
        current.remove(each.file());
        each.drop();
      }
    }
  }

  /// The stream of what stood in a file before it was truncated while nobody looked.
  private Incarnation succeeded(FoundFile file, KnownStreams.Known stream, Set<String> usedIds) {
    Incarnation old =
        counted(
            new Incarnation(
                surroundings,
                file.id(),
                usedIds,
                Incarnation.Phase.TRUNCATED,
                facts(file).sized(stream.offset()),
                stream.id().fingerprint(),
                null));
    old.resume(stream.streamId(), stream.state());
    leaving.add(old);
    truncated.put(old, new Truncation(looks, 0, surroundings.nowMicros()));
    return old;
  }

  /// A copy is born after its original; a renamed file before the one that took its name.
  private static boolean isYounger(FileId file, FileId than) {
    return file.birthNanos() == 0
        || than.birthNanos() == 0
        || file.birthNanos() >= than.birthNanos();
  }

  /// The file that is written under `base` now.
  private Optional<Incarnation> written(Path base) {
    return current.values().stream()
        .filter(i -> !i.facts().gone() && !i.facts().rotated() && i.facts().base().equals(base))
        .findFirst();
  }

  private void resolveTruncated(Map<FileId, FoundFile> files) {
    for (Map.Entry<Incarnation, Truncation> entry : Map.copyOf(truncated).entrySet()) {
      Incarnation old = entry.getKey();
      // The copy was made before the truncation was seen, but maybe after that look at the
      // directory.
      if (entry.getValue().look() < looks && old.lock().tryLock()) {
        try {
          if (old.isComingToBeKnown() || mayBeCopied(old, entry.getValue())) {
            continue;
          }
          truncated.remove(old);
          resolve(old, entry.getValue().goesOnAt(), files);
          held.replaceAll(
              (copy, check) -> check.original() == old ? new CopyCheck(check.file(), null) : check);
        } finally {
          old.lock().unlock();
        }
      }
    }
    for (Incarnation incarnation : List.copyOf(current.values())) {
      if (incarnation.phase() == Incarnation.Phase.TRUNCATED && incarnation.facts().gone()) {
        current.remove(incarnation.file());
        leaving.add(incarnation);
        truncated.put(incarnation, new Truncation(looks, 0, surroundings.nowMicros()));
      }
    }
  }

  /// Whether a compressed file that is not read yet may hold what was truncated; not for ever, as
  /// it may itself wait.
  private boolean mayBeCopied(Incarnation old, Truncation truncation) {
    if (!compressed.isUndecided(old.facts().base())) {
      return false;
    }
    if (compressed.isBeingScanned(old.facts().base())) {
      return true;
    }
    long since = truncation.timeMicros();
    for (Incarnation copy : candidates(old)) {
      // What was compressed only now has yet to be looked into.
      since = Math.max(since, missingSince.getOrDefault(copy, 0L));
    }
    return surroundings.nowMicros() - since < COPY_IDLES * idleMicros
        || looks - truncation.look() < COPY_LOOKS;
  }

  /// Finds out where the bytes of a truncated file are, and goes on there.
  private void resolve(Incarnation old, long goesOnAt, Map<FileId, FoundFile> files) {
    String detail =
        old.facts().path() + ": shorter or other than what was read, and no copy of that beside it";
    for (Incarnation copy : candidates(old)) {
      FoundFile file = files.get(copy.file());
      try {
        FileChannel channel = file == null ? copy.channel() : open(file);
        if (channel == null) {
          continue;
        }
        long size = channel.size();
        boolean isCopy =
            old.head().length() > 0 && old.head().matches(Slab.readHead(channel, buffer));
        if (isCopy && size >= old.position() && old.isContinuedBy(channel)) {
          goOnIn(copy, channel, old, file != null, goesOnAt);
          return;
        }
        if (isCopy && held.remove(copy) != null) {
          copy.consume(size);
        }
        if (file != null) {
          channel.close();
        }
        if (isCopy) {
          detail =
              old.facts().path()
                  + ": truncated, and its copy "
                  + copy.facts().path()
                  + " is older than what was read";
          break;
        }
      } catch (IOException e) {
        old.report(copy.facts().path() + ": cannot be read: " + e.getMessage());
      }
    }
    old.lose(Gap.Reason.TRUNCATED, detail, goesOnAt);
  }

  /// The files that may be copies of what was truncated. One that rests was read, or is a copy of
  /// what was: it is no copy of what begins as it does and was not read.
  private List<Incarnation> candidates(Incarnation old) {
    List<Incarnation> all = new ArrayList<>(held.keySet());
    for (Incarnation each : current.values()) {
      if (each.phase() == Incarnation.Phase.RESTING
          && !each.facts().gone()
          && old.position() > 0
          && each.isReadElsewhere()) {
        all.add(each);
      }
    }
    all.removeIf(
        each -> each.file().equals(old.file()) || !each.facts().base().equals(old.facts().base()));
    return all;
  }

  /// @param isThere whether the copy still has a name; else `channel` is its own
  private void goOnIn(
      Incarnation copy, FileChannel channel, Incarnation old, boolean isThere, long goesOnAt)
      throws IOException {
    boolean isNew = held.remove(copy) != null;
    if (isNew && !old.isKnown()) {
      // Nothing of it was sent: the copy is as good, under its own name.
      copy.beginAt(old.position());
      copy.release();
      old.drop();
      if (isThere) {
        channel.close();
      }
    } else if (isThere) {
      if (isNew) {
        copy.consume(channel.size());
      }
      old.finishFrom(channel, isNew ? copy : null, goesOnAt);
    } else {
      copy.handOver();
      old.finishFrom(channel, null, goesOnAt);
    }
  }

  private void decideHeld() {
    for (Map.Entry<Incarnation, CopyCheck> entry : Map.copyOf(held).entrySet()) {
      Incarnation copy = entry.getKey();
      CopyCheck check = entry.getValue();
      if (copy.phase() != Incarnation.Phase.HELD) {
        held.remove(copy);
      } else if (check.original() != null) {
        decide(copy, check);
      } else if (areIntact(copy)) {
        Incarnation original = written(copy.facts().base()).orElse(null);
        if (original != null && isYounger(copy.file(), original.file())) {
          CopyCheck begun = new CopyCheck(check.file(), original);
          held.put(copy, begun);
          decide(copy, begun);
        } else {
          held.remove(copy);
          copy.release();
        }
      }
    }
  }

  /// Whether no file that `copy` may be a copy of was truncated without its being known yet.
  private boolean areIntact(Incarnation copy) {
    Path base = copy.facts().base();
    if (truncated.keySet().stream().anyMatch(old -> old.facts().base().equals(base))) {
      return false;
    }
    for (Incarnation each : current.values()) {
      if (each != copy
          && each.facts().base().equals(base)
          && isYounger(copy.file(), each.file())
          && !isIntact(each)) {
        return false;
      }
    }
    return true;
  }

  private boolean isIntact(Incarnation incarnation) {
    if (!incarnation.lock().tryLock()) {
      return false;
    }
    try {
      return incarnation.verify(buffer);
    } catch (IOException e) {
      incarnation.report(incarnation.facts().path() + ": cannot be read: " + e.getMessage());
      return false;
    } finally {
      incarnation.lock().unlock();
    }
  }

  private void decide(Incarnation copy, @Nullable CopyCheck check) {
    if (check == null || check.original() == null || !check.original().lock().tryLock()) {
      return;
    }
    Incarnation original = check.original();
    try {
      boolean followed = current.get(original.file()) == original;
      if (truncated.containsKey(original) || (followed && !original.verify(buffer))) {
        return;
      }
      boolean same = check.isSame(copy, original);
      boolean written = followed && !original.facts().gone() && !original.facts().rotated();
      if (!same) {
        held.remove(copy);
        copy.release();
      } else if (!written) {
        held.remove(copy);
        copy.consume(check.compared());
      }
    } catch (IOException e) {
      copy.report(copy.facts().path() + ": cannot be compared: " + e.getMessage());
    } finally {
      original.lock().unlock();
    }
  }

  /// Files that were seen, but went before they could be opened.
  private void loseUnopened(Map<FileId, FoundFile> files) {
    for (Unopened each : List.copyOf(unopened.values())) {
      FileId id = each.file().id();
      if (files.containsKey(id)) {
        continue;
      }
      if (each.problem() != null && each.file().stat().size() == 0) {
        // It was not to be opened and stayed empty. Of any other, the last look's size is no limit.
        unopened.remove(id);
        continue;
      }
      if (each.missingLooks() + 1 < LOOKS_UNTIL_GONE) {
        unopened.put(id, new Unopened(each.file(), each.missingLooks() + 1, null));
        continue;
      }
      unopened.remove(id);
      Incarnation lost =
          incarnation(
              each.file(), new HashSet<>(), Fingerprint.EMPTY, null, Incarnation.Phase.LOST);
      lose(
          lost,
          each.file().path()
              + ": deleted before it could be opened; it had at least the bytes that are named");
    }
  }

  /// The files that were opened since the last look, and that this one did not find any more.
  private List<FoundFile> goneAgain(Finder.Look look) {
    Collection<Newborns.Newborn> all = newborns.take();
    if (all.isEmpty()) {
      return List.of();
    }
    Set<FileId> found = new HashSet<>();
    look.files().forEach(file -> found.add(file.id()));
    List<FoundFile> goneAgain = new ArrayList<>();
    for (Newborns.Newborn newborn : all) {
      FileId id = newborn.stat().id();
      Optional<FoundFile> file = finder.identify(newborn.path(), newborn.stat());
      if (file.isEmpty()
          || file.get().isCompressed()
          || current.containsKey(id)
          || born.putIfAbsent(id, newborn.channel()) != null) {
        Newborns.close(newborn.channel());
      } else if (found.add(id)) {
        goneAgain.add(file.get());
      }
    }
    return goneAgain;
  }

  /// Tells the files that are new from those of which the kernel spoke in vain: these are lost.
  private void countBirths(List<FoundFile> files, long now) {
    for (FoundFile file : files) {
      Incarnation known = current.get(file.id());
      boolean isNew =
          known == null && !seen.containsKey(file.id()) && !unopened.containsKey(file.id());
      // A link is a birth that leads to a file that is known.
      boolean isNewName =
          known != null && !file.isRotated() && !known.facts().path().equals(file.path());
      if (isNew || isNewName) {
        long birthMicros = file.id().birthNanos() / 1000;
        births.found(file.base(), birthMicros > 0 && birthMicros < lastLookMicros - TICK_MICROS);
      }
    }
    lastLookMicros = now;
    births.lost(finder::isOther, now).forEach(this::loseUnseen);
  }

  private void loseUnseen(Path base, long files) {
    long now = surroundings.nowMicros();
    Incarnation lost =
        counted(
            new Incarnation(
                surroundings,
                new FileId(0, ++unseen, now * 1000),
                new HashSet<>(),
                Incarnation.Phase.LOST,
                new Facts(base, base, false, true, 0, now, true),
                Fingerprint.EMPTY,
                null));
    lose(
        lost,
        base
            + ": "
            + (files == 1
                ? "a file was begun and deleted before it could be opened"
                : files + " files were begun and deleted before they could be opened"));
  }

  private void loseOrphan(String streamId) {
    KnownStreams.Known orphan = known.get(streamId);
    if (orphan.isFinished()) {
      concluded(orphan);
    } else {
      Incarnation lost = gone(orphan);
      lose(lost, "not found at the start: deleted meanwhile, or no longer matched by the config");
    }
  }

  private void lose(Incarnation lost, String detail) {
    lost.lose(Gap.Reason.DELETED_UNREAD, detail, -1);
    leaving.add(lost);
  }

  /// Ends a stream of which everything was read.
  private Incarnation concluded(KnownStreams.Known stream) {
    Incarnation done = gone(stream);
    done.conclude();
    leaving.add(done);
    return done;
  }

  private Incarnation gone(KnownStreams.Known stream) {
    Path nowhere = Path.of("/");
    Incarnation gone =
        new Incarnation(
            surroundings,
            stream.id().file(),
            new HashSet<>(),
            Incarnation.Phase.LOST,
            new Facts(nowhere, nowhere, true, true, 0, surroundings.nowMicros(), true),
            stream.id().fingerprint(),
            null);
    gone.resume(stream.streamId(), stream.state());
    return gone;
  }

  private void forgetDone() {
    leaving.removeIf(i -> i.phase() == Incarnation.Phase.DONE);
    for (Incarnation incarnation : List.copyOf(current.values())) {
      if (isDone(incarnation) && incarnation.facts().gone()) {
        current.remove(incarnation.file());
        incarnation.known().ifPresent(stream -> left.put(incarnation.file(), stream));
      }
    }
    for (Incarnation incarnation : current.values()) {
      if (incarnation.phase() == Incarnation.Phase.RESTING
          && incarnation.facts().finished()
          && incarnation.facts().gone()) {
        incarnation.conclude();
      }
    }
    held.keySet().removeIf(i -> i.phase() == Incarnation.Phase.DONE);
    missingSince.keySet().retainAll(held.keySet());
  }

  private static boolean isDone(Incarnation incarnation) {
    return incarnation.phase() == Incarnation.Phase.DONE
        || incarnation.phase() == Incarnation.Phase.SKIPPED;
  }

  private Incarnation incarnation(
      FoundFile file,
      Set<String> usedIds,
      Fingerprint head,
      @Nullable FileChannel channel,
      Incarnation.Phase phase) {
    return counted(
        new Incarnation(surroundings, file.id(), usedIds, phase, facts(file), head, channel));
  }

  private Facts facts(FoundFile file) {
    return Facts.of(file, null, surroundings.nowMicros(), idleMicros);
  }

  private Incarnation counted(Incarnation incarnation) {
    volumes.add(incarnation);
    return incarnation;
  }

  /// Opens a file, and makes sure that it is the one that was found.
  private @Nullable FileChannel open(FoundFile file) throws IOException {
    FileChannel opened = born.remove(file.id());
    if (opened != null) {
      return opened;
    }
    FileChannel channel = finder.tree().open(file.path(), file.id());
    return channel != null && file.isCompressed() ? compressed.open(file, channel) : channel;
  }

  private static long openSize(Incarnation incarnation) {
    try {
      return incarnation.size();
    } catch (IOException e) {
      return incarnation.facts().size();
    }
  }

  /// Records of lines end with a line end, so that a position that does not follow one shows other
  /// bytes than those that were read; unless it lies within a line that was cut at the size limit.
  private boolean isBoundary(FoundFile file, FileChannel channel, long position)
      throws IOException {
    long from = Math.max(0, position - surroundings.config().maxRecordBytes());
    return position == 0
        || byteAt(channel, position - 1) == '\n'
        || lineEndBefore(channel, position, from) < 0
        || !endsWithLineFeeds(file);
  }

  private long lastBoundary(FoundFile file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (!endsWithLineFeeds(file)) {
      return size;
    }
    long from = Math.max(0, size - surroundings.config().maxRecordBytes());
    long end = lineEndBefore(channel, size, from);
    return end >= 0 ? end + 1 : from == 0 ? 0 : size;
  }

  private boolean endsWithLineFeeds(FoundFile file) {
    return surroundings.planner().read(file.base()).splitter().endsWithLineFeeds();
  }

  private static int byteAt(FileChannel channel, long position) throws IOException {
    ByteBuffer one = ByteBuffer.allocate(1);
    return channel.read(one, position) == 1 ? one.get(0) : -1;
  }

  /// The position of the last line end in `[from, to)`, or -1.
  private static long lineEndBefore(FileChannel channel, long to, long from) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(8192);
    for (long end = to; end > from; ) {
      long start = Math.max(from, end - block.capacity());
      block.clear().limit((int) (end - start));
      while (block.hasRemaining() && channel.read(block, start + block.position()) > 0) {
        // until full
      }
      for (int i = block.position() - 1; i >= 0; i--) {
        if (block.get(i) == '\n') {
          return start + i;
        }
      }
      end = start;
    }
    return -1;
  }

  private static boolean isFurther(KnownStreams.Known stream, KnownStreams.@Nullable Known than) {
    return than == null || stream.offset() > than.offset();
  }

  private static <T> void addIfPresent(Collection<T> all, @Nullable T each) {
    if (each != null) {
      all.add(each);
    }
  }
}
