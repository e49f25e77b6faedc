package dev.purser.sources.logs;

import dev.purser.core.record.StreamState;
import dev.purser.core.source.Volume;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Makes out of each look at the directories what became of the files: new, renamed, gone,
/// truncated, copied.
///
/// [#look] is called by one thread at a time; [#incarnations] and [#problems] by any.
final class Tracker {
  private final Surroundings surroundings;
  private final Finder finder;
  private final Newborns newborns;
  private final Claims claims;
  private final Claims.Claimant claimant;
  private final KnownStreams known;

  /// What the hub had when that was last compared with what is followed.
  private Map<String, StreamState> compared;

  /// Those that were busy then.
  private final Set<Incarnation> uncompared = new HashSet<>();

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
  private final Adoption adoption;

  /// Those of the look that goes on, as far as nobody reads them yet.
  private final Map<FileId, FileChannel> born = new HashMap<>();

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
    this.compared = surroundings.outbox().known();
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
    this.truncations = new Truncations(surroundings, followed, compressed, volumes, this::open);
    this.missed = new Missed(surroundings, finder, followed);
    this.adoption =
        new Adoption(
            surroundings,
            known,
            claims,
            followed,
            compressed,
            truncations,
            missed,
            volumes,
            this::open,
            skipsOld);
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
    compareWithHub();
    Set<Incarnation> replaced = truncations.replaced();
    long begun = surroundings.nowMicros();
    missed.told(changes.made(), path -> claims.isFree(claimant, path));
    if (changes.overflown()) {
      missed.overflown();
    }
    Finder.Look look =
        finder.look(changes.within(directories(replaced)).within(missed.directories()));
    Set<String> faults = new TreeSet<>(look.problems());
    List<FoundFile> all = new ArrayList<>(look.files());
    List<FoundFile> goneAgain = goneAgain(look);
    all.addAll(goneAgain);
    // What it found to have changed had changed by then.
    long now = surroundings.nowMicros();
    missed.count(all, look.otherNames(), seen.keySet(), begun).forEach(this::leave);
    all.addAll(compressed.see(look, finder::isGone, List.copyOf(followed.current()), now));
    all.sort(FoundFile.OLDEST_FIRST);
    Map<FileId, FoundFile> files = new HashMap<>();
    all.forEach(file -> files.put(file.id(), file));
    look.otherNames().stream()
        .collect(Collectors.groupingBy(FoundFile::id))
        .forEach((id, others) -> {
          FoundFile file = files.get(id);
          if (file != null) {
            surroundings
                .planner()
                .seen(
                    Stream.concat(Stream.of(file), others.stream()).map(FoundFile::path).toList());
          }
        });

    Set<Incarnation> missing = new HashSet<>();
    for (Incarnation incarnation : followed.current()) {
      FoundFile file = files.get(incarnation.file());
      if (file != null) {
        if (incarnation.isSpooled() && !isBack(incarnation, file)) {
          continue;
        }
        if (incarnation.phase() == Incarnation.Phase.SKIPPED
            && !incarnation.isSkippedAs(surroundings.planner().name(file.base()))) {
          // By another name it may be wanted: it is taken up anew, below.
          adoption.release(incarnation);
          continue;
        }
        incarnation.see(Facts.of(file, incarnation.facts(), now, idleMicros));
      } else if (finder.isGone(incarnation.facts().path())) {
        missing.add(incarnation);
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
      if (incarnation != null && !finder.tree().isResting(file.path())) {
        follow(incarnation, file, changes.everything() || replaced.contains(incarnation));
      }
    }
    if (looks == 1) {
      restoration.restore(all).forEach(each -> follow(each, files));
    }
    adoption.adopt(all, looks);
    for (FoundFile file : goneAgain) {
      Incarnation incarnation = followed.of(file.id());
      if (incarnation != null) {
        incarnation.see(incarnation.facts().missing(openSize(incarnation), now, idleMicros));
      }
    }
    born.values().forEach(Newborns::close);
    born.clear();
    truncations.resolve(files, looks, finder.tree()::isResting);
    truncations.decide();
    missed.gone(files.keySet(), changes.everything(), now).forEach(this::leave);
    // Any other look takes most directories as they were: to see one listing twice proves nothing.
    if (changes.everything() && look.complete() && !compressed.isUnknown()) {
      claims.looked(claimant, known.open()).forEach(adoption::loseOrphan);
    }
    forgetDone();
    deleted.see(
        followed.current().stream()
            .filter(each -> !files.containsKey(each.file()))
            .filter(each -> missing.contains(each) || each.facts().gone())
            .filter(each -> !compressed.mayHold(each) && !truncations.mayBeCopied(each))
            .toList(),
        missing::contains,
        now);
    claims.keep(
        claimant,
        file ->
            followed.has(file)
                || files.containsKey(file)
                || compressed.has(file)
                || missed.has(file));
    byPath = paths(look.otherNames());
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
      boolean isUntold = changes.blind() || finder.tree().isResting(file.path());
      if (incarnation != null && (isUntold || !unchanged || !incarnation.isIdle())) {
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
    return (skipsOld && compressed.isSkipping()) || followed.any(Incarnation::isUnannounced);
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

  /// Whether a file is held: looks find out what becomes of it, though perhaps not soon.
  boolean isHolding() {
    return truncations.isHolding();
  }

  /// Whether a look soon would find out more: something waits for it.
  boolean isUndecided() {
    return truncations.isUndecided()
        || missed.isUndecided()
        || followed.any(i -> i.isWaiting() || i.phase() == Incarnation.Phase.TRUNCATED);
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
      Path parent = incarnation.facts().path().getParent();
      if (parent != null) {
        directories.add(parent);
      }
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
          truncations.succeed(incarnation, file, looks);
        }
      }
      case RESTING -> {
        if (incarnation.restingSize() != file.stat().size()) {
          adoption.release(incarnation);
        } else if (incarnation.isForgotten()) {
          readAgain(incarnation, file);
        }
      }
      case DONE -> adoption.release(incarnation);
      case HELD, READING, LOST, FINISHED, CLOSING, ENDING, SKIPPED -> {}
    }
  }

  private void readAgain(Incarnation resting, FoundFile file) {
    try (Opened opened = open(file)) {
      if (opened != null) {
        resting.readAgain(opened.take());
      }
    } catch (IOException e) {
      resting.report(file.path() + ": cannot be read: " + e.getMessage());
    }
  }

  /// What the hub has may be less since it was asked for all: also the same as at another time, so
  /// that it is the map that tells, not what is in it.
  @SuppressWarnings("ReferenceEquality")
  private void compareWithHub() {
    Map<String, StreamState> held = surroundings.outbox().known();
    if (held != compared) {
      compared = held;
      uncompared.addAll(incarnations());
    }
    uncompared.removeIf(each -> each.goOnFrom(held));
  }

  /// @param others under which some of the files lie too: what is written to them is told of one
  private Map<Path, Incarnation> paths(List<FoundFile> others) {
    Map<Path, Incarnation> paths = new HashMap<>(2 * followed.current().size());
    for (Incarnation incarnation : followed.current()) {
      if (!incarnation.facts().gone()) {
        paths.put(incarnation.facts().path(), incarnation);
      }
    }
    for (FoundFile other : others) {
      Incarnation incarnation = followed.of(other.id());
      if (incarnation != null) {
        paths.putIfAbsent(other.path(), incarnation);
      }
    }
    return paths;
  }

  /// Follows what an agent before this one kept, which may have the number of another file by now.
  private void follow(Incarnation restored, Map<FileId, FoundFile> files) {
    volumes.add(restored);
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
    try (Opened opened = open(file)) {
      if (opened == null) {
        return false;
      }
      if (file.id().birthNanos() == 0 && !incarnation.isIn(opened.channel(), buffer)) {
        followed.forget(incarnation.file());
        followed.leave(incarnation);
        return false;
      }
      incarnation.readFrom(opened.take());
      spool.release(incarnation);
      return true;
    } catch (IOException e) {
      incarnation.report(file.path() + ": cannot be read: " + e.getMessage());
      return false;
    } finally {
      incarnation.lock().unlock();
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
          || followed.has(id)
          || born.putIfAbsent(id, newborn.channel()) != null) {
        Newborns.close(newborn.channel());
      } else if (found.add(id)) {
        goneAgain.add(file.get());
      }
    }
    return goneAgain;
  }

  /// Follows one that only has something left to tell the hub.
  private void leave(Incarnation incarnation) {
    volumes.add(incarnation);
    followed.leave(incarnation);
  }

  private void forgetDone() {
    followed.forgetLeft();
    for (Incarnation incarnation : List.copyOf(followed.current())) {
      if (isDone(incarnation) && incarnation.facts().gone()) {
        adoption.release(incarnation);
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

  /// Opens a file, and makes sure that it is the one that was found.
  private @Nullable Opened open(FoundFile file) throws IOException {
    FileChannel early = born.remove(file.id());
    if (early != null) {
      return new Opened(early);
    }
    FileChannel channel = finder.tree().open(file.path(), file.id());
    if (channel == null) {
      return null;
    }
    return new Opened(file.isCompressed() ? compressed.open(file, channel) : channel);
  }

  private static long openSize(Incarnation incarnation) {
    try {
      return incarnation.size();
    } catch (IOException e) {
      return incarnation.facts().size();
    }
  }
}
