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
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Makes out of each look at the directories what became of the files: new, renamed, gone,
/// truncated, copied.
///
/// [#look] is called by one thread at a time; [#incarnations] and [#problems] by any.
final class Tracker {
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

  private final Followed followed = new Followed();
  private final Map<FileId, FileStats.Stat> seen = new HashMap<>();
  private final Truncations truncations;
  private final Missed missed;

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
  private final Volumes volumes;

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
    this.idleMicros = surroundings.config().idle().toNanos() / 1000;
    this.deleted = new DeletedFiles(surroundings.config().heldBytes(), spool);
    this.compressed =
        new CompressedFiles(known, finder.tree().stats(), idleMicros, surroundings.slabBytes());
    this.truncations = new Truncations(surroundings, followed, compressed, this::open);
    this.missed = new Missed(surroundings, finder, followed);
  }

  /// All that are followed, those that leave first.
  Collection<Incarnation> incarnations() {
    return followed.all();
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
    Set<Incarnation> replaced = truncations.replaced();
    long now = surroundings.nowMicros();
    missed.told(changes.made(), path -> claims.isFree(claimant, path));
    Finder.Look look =
        finder.look(changes.within(directories(replaced)).within(missed.directories()));
    Set<String> faults = new TreeSet<>(look.problems());
    List<FoundFile> all = new ArrayList<>(look.files());
    List<FoundFile> goneAgain = goneAgain(look);
    all.addAll(goneAgain);
    missed.count(all, seen.keySet(), now).forEach(this::leave);
    all.addAll(compressed.see(look, List.copyOf(followed.current()), now));
    all.sort(FoundFile.OLDEST_FIRST);
    Map<FileId, FoundFile> files = new HashMap<>();
    all.forEach(file -> files.put(file.id(), file));

    for (Incarnation incarnation : followed.current()) {
      FoundFile file = files.get(incarnation.file());
      if (file != null) {
        if (incarnation.isSpooled() && !isBack(incarnation, file)) {
          continue;
        }
        incarnation.see(Facts.of(file, incarnation.facts(), now, idleMicros));
      } else if (look.complete()) {
        Facts facts = incarnation.facts();
        long size = openSize(incarnation);
        truncations.missing(incarnation, now);
        incarnation.see(
            mayBeCompressed(incarnation)
                ? facts.compressed(size, now, idleMicros)
                : facts.missing(size, now, idleMicros));
      }
    }
    for (FoundFile file : all) {
      Incarnation incarnation = followed.of(file.id());
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
      Incarnation incarnation = followed.of(file.id());
      if (incarnation != null) {
        incarnation.see(incarnation.facts().missing(openSize(incarnation), now, idleMicros));
      }
    }
    born.values().forEach(Newborns::close);
    born.clear();
    truncations.resolve(files, looks);
    truncations.decide();
    // Any other look takes most directories as they were: to see one listing twice proves nothing.
    if (changes.everything()) {
      missed.gone(files.keySet()).forEach(this::leave);
      if (look.complete() && !compressed.isUnknown()) {
        claims.looked(claimant, known.open()).forEach(this::loseOrphan);
      }
    }
    forgetDone();
    if (look.complete()) {
      deleted.see(
          followed.current().stream()
              .filter(each -> !files.containsKey(each.file()) && !compressed.mayHold(each))
              .filter(each -> !truncations.mayBeCopied(each))
              .toList(),
          now);
      Set<FileId> packed =
          look.compressed().stream().map(FoundFile::id).collect(Collectors.toSet());
      claims.keep(
          claimant,
          file ->
              followed.has(file)
                  || files.containsKey(file)
                  || packed.contains(file)
                  || missed.has(file));
    }
    byPath = paths();
    volumes.settle(incarnations(), now);

    faults.addAll(compressed.problems());
    faults.addAll(spool.problems());
    faults.addAll(missed.problems());
    incarnations().forEach(i -> i.problem().ifPresent(faults::add));
    problems = List.copyOf(faults);
    List<Incarnation> readable = new ArrayList<>(followed.leaving());
    seen.keySet().retainAll(files.keySet());
    for (FoundFile file : all) {
      boolean unchanged = file.stat().equals(seen.put(file.id(), file.stat()));
      Incarnation incarnation = followed.of(file.id());
      if (incarnation != null && (changes.blind() || !unchanged || !incarnation.isIdle())) {
        readable.add(incarnation);
      }
    }
    for (Incarnation incarnation : followed.current()) {
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
    return truncations.isUndecided()
        || missed.isUndecided()
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
          followed.forget(file.id());
          incarnation.known().ifPresent(stream -> grown.put(file.id(), stream));
        }
      }
      case DONE -> followed.forget(file.id());
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
      truncations.begin(old, looks, begin);
      followed.follow(successor);
    } catch (IOException e) {
      old.report(file.path() + ": cannot be read: " + e.getMessage());
    } finally {
      old.lock().unlock();
    }
  }

  private Map<Path, Incarnation> paths() {
    Map<Path, Incarnation> paths = new HashMap<>(2 * followed.current().size());
    for (Incarnation incarnation : followed.current()) {
      if (!incarnation.facts().gone()) {
        paths.put(incarnation.facts().path(), incarnation);
      }
    }
    return paths;
  }

  private void adoptNew(List<FoundFile> files, Predicate<FoundFile> which) {
    for (FoundFile file : files) {
      if (!followed.has(file.id()) && which.test(file)) {
        if (isWaiting(file)) {
          missed.add(file);
          continue;
        }
        try {
          adopt(file);
        } catch (NoSuchFileException e) {
          missed.add(file);
        } catch (AccessDeniedException e) {
          missed.add(file, file.path() + ": may not be read; run as root, or grant read on it");
        } catch (IOException e) {
          missed.add(file, file.path() + ": cannot be read: " + e.getMessage());
        }
      }
    }
  }

  /// Follows what an agent before this one kept, which may have the number of another file by now.
  private void follow(Incarnation restored, Map<FileId, FoundFile> files) {
    counted(restored);
    boolean isRead = restored.phase() == Incarnation.Phase.READING;
    if (!isRead || files.containsKey(restored.file()) || followed.has(restored.file())) {
      followed.leave(restored);
    } else {
      followed.follow(restored);
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
        followed.forget(incarnation.file());
        followed.leave(incarnation);
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
        && !compressed.hasRoom(followed.current());
  }

  private void adopt(FoundFile file) throws IOException {
    FileChannel channel = open(file);
    if (channel == null) {
      if (!file.isCompressed()) {
        missed.add(file);
      }
      return;
    }
    missed.opened(file);
    ByteBuffer head = Slab.readHead(channel, buffer);
    Set<String> usedIds = ConcurrentHashMap.newKeySet();
    List<KnownStreams.Known> streams = new ArrayList<>(known.of(file.id()));
    KnownStreams.Known rested = grown.remove(file.id());
    if (rested != null) {
      streams.removeIf(stream -> !stream.state().ended());
      streams.add(rested);
    }
    addIfPresent(streams, left.remove(file.id()));
    for (Incarnation each : followed.leaving()) {
      if (each.file().equals(file.id())) {
        usedIds.addAll(each.usedIds());
        streams.removeIf(stream -> each.isOf(stream.streamId()));
      }
    }
    if (file.isCompressed()) {
      original(file, streams).ifPresent(streams::add);
      truncations.dropCompressed(file);
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
    followed.follow(incarnation);
    if (resumed != null && resumed.isFinished() && resumed.offset() == channel.size()) {
      incarnation.rest(resumed.streamId(), resumed.state(), resumed.offset());
    } else if (resumed != null) {
      incarnation.resume(resumed.streamId(), resumed.state());
    } else if (finished != null && finished.offset() > 0) {
      incarnation.beginAt(finished.offset());
    } else if (skipsOld && (looks == 1 || compressed.isOld(file.id()))) {
      incarnation.beginAt(file.isRotated() ? channel.size() : lastBoundary(file, channel));
    } else if (file.isRotated() && usedIds.isEmpty()) {
      truncations.hold(incarnation, file);
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
    for (Incarnation each : followed.current()) {
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
        followed.forget(original.file());
        return Optional.of(stream);
      }
      if (known.find(stream.streamId()).filter(stream::equals).isPresent()
          && claims.adoptOrphan(stream.streamId())) {
        return Optional.of(stream);
      }
    }
    return Optional.empty();
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
    truncations.begin(old, looks, 0);
    return old;
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
          || followed.has(id)
          || born.putIfAbsent(id, newborn.channel()) != null) {
        Newborns.close(newborn.channel());
      } else if (found.add(id)) {
        goneAgain.add(file.get());
      }
    }
    return goneAgain;
  }

  private void loseOrphan(String streamId) {
    KnownStreams.Known orphan = known.get(streamId);
    if (orphan.isFinished()) {
      concluded(orphan);
    } else {
      Incarnation lost = gone(orphan);
      lost.lose(
          Gap.Reason.DELETED_UNREAD,
          "not found at the start: deleted meanwhile, or no longer matched by the config",
          -1);
      followed.leave(lost);
    }
  }

  /// Follows one that only has something left to tell the hub.
  private void leave(Incarnation incarnation) {
    followed.leave(counted(incarnation));
  }

  /// Ends a stream of which everything was read.
  private Incarnation concluded(KnownStreams.Known stream) {
    Incarnation done = gone(stream);
    done.conclude();
    followed.leave(done);
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
    followed.forgetLeft();
    for (Incarnation incarnation : List.copyOf(followed.current())) {
      if (isDone(incarnation) && incarnation.facts().gone()) {
        followed.forget(incarnation.file());
        incarnation.known().ifPresent(stream -> left.put(incarnation.file(), stream));
      }
    }
    for (Incarnation incarnation : followed.current()) {
      if (incarnation.phase() == Incarnation.Phase.RESTING
          && incarnation.facts().finished()
          && incarnation.facts().gone()) {
        incarnation.conclude();
      }
    }
    truncations.forgetDone();
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
