package dev.purser.sources.logs;

import dev.purser.core.record.Gap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Files that were truncated, and files that may be copies of them: finds out where the bytes of
/// the former went on, and whether the latter hold any that are not read elsewhere.
///
/// A file that may be a copy of one that is about to be truncated is held until that is known.
/// Owned by the thread that looks.
final class Truncations {
  /// For how long, in times that a file must be quiet, and for how many looks at least, a
  /// compressed copy is waited for: files before it may have to end first, and what is told to the
  /// hub to arrive.
  private static final int COPY_IDLES = 4;

  private static final int COPY_LOOKS = 12;

  private final Surroundings surroundings;
  private final Followed followed;
  private final CompressedFiles compressed;
  private final Volumes volumes;
  private final Opener opener;
  private final long idleMicros;
  private final ByteBuffer buffer = ByteBuffer.allocate(Fingerprint.MAX_BYTES);
  private final Map<Incarnation, Truncation> truncated = new HashMap<>();
  private final Map<Incarnation, CopyCheck> held = new HashMap<>();

  /// When those that are held were first found to have no name any more.
  private final Map<Incarnation, Long> missingSince = new HashMap<>();

  /// Opens a file that a look found.
  interface Opener {
    /// @return null when it is another by now
    @Nullable Opened open(FoundFile file) throws IOException;
  }

  /// @param look number of the look that saw it
  /// @param goesOnAt where the file's next stream begins
  /// @param timeMicros of that look
  private record Truncation(long look, long goesOnAt, long timeMicros) {}

  Truncations(
      Surroundings surroundings,
      Followed followed,
      CompressedFiles compressed,
      Volumes volumes,
      Opener opener) {
    this.surroundings = surroundings;
    this.followed = followed;
    this.compressed = compressed;
    this.volumes = volumes;
    this.opener = opener;
    this.idleMicros = surroundings.config().idle().toNanos() / 1000;
  }

  /// What an incarnation read was replaced.
  ///
  /// @param look number of the look that saw it
  /// @param goesOnAt where the file's next stream begins
  void begin(Incarnation old, long look, long goesOnAt) {
    followed.leave(old);
    truncated.put(old, new Truncation(look, goesOnAt, surroundings.nowMicros()));
  }

  /// Begins the stream of what stands in a truncated file now.
  ///
  /// @param look number of the look that saw it
  void succeed(Incarnation old, FoundFile file, long look) {
    if (!old.lock().tryLock()) {
      return;
    }
    try (Opened opened = opener.open(file)) {
      if (opened == null) {
        return;
      }
      FileChannel channel = opened.channel();
      ByteBuffer head = Slab.readHead(channel, buffer);
      long begin = 0;
      boolean cutShort = channel.size() < old.position();
      if (old.head().length() > 0
          && old.head().matches(head)
          && (cutShort || old.isContinuedBy(channel))) {
        begin = Math.min(old.position(), channel.size());
      }
      Incarnation successor =
          new Incarnation(
              surroundings,
              file.id(),
              old.usedIds(),
              Incarnation.Phase.READING,
              Facts.of(file, null, surroundings.nowMicros(), idleMicros),
              Fingerprint.of(head),
              opened.take());
      volumes.add(successor);
      successor.waitFor(old);
      successor.beginAt(begin);
      begin(old, look, begin);
      followed.follow(successor);
    } catch (IOException e) {
      old.report(file.path() + ": cannot be read: " + e.getMessage());
    } finally {
      old.lock().unlock();
    }
  }

  /// Keeps a new file from being read until it is known whether it is a copy.
  void hold(Incarnation copy, FoundFile file) {
    copy.hold();
    held.put(copy, new CopyCheck(file, null));
  }

  /// No name leads to the file any more.
  void missing(Incarnation incarnation, long nowMicros) {
    if (held.containsKey(incarnation)) {
      missingSince.putIfAbsent(incarnation, nowMicros);
    }
  }

  /// Whether a file is held that may be a copy of this one.
  boolean mayBeCopied(Incarnation original) {
    return held.values().stream().anyMatch(check -> check.original() == original);
  }

  /// Whether a file is held: what it waits for, such as a reader of another, may take long.
  boolean isHolding() {
    return !held.isEmpty();
  }

  boolean isUndecided() {
    return !truncated.isEmpty();
  }

  void forgetDone() {
    held.keySet().removeIf(each -> each.phase() == Incarnation.Phase.DONE);
    missingSince.keySet().retainAll(held.keySet());
  }

  /// Those whose bytes were seen to be replaced: what the last look saw of their files is older.
  Set<Incarnation> replaced() {
    Set<Incarnation> replaced = new HashSet<>(truncated.keySet());
    for (Incarnation incarnation : followed.current()) {
      if (incarnation.phase() == Incarnation.Phase.TRUNCATED) {
        replaced.add(incarnation);
      }
    }
    return replaced;
  }

  /// Looks for the bytes of those that were truncated.
  ///
  /// @param files that the look found
  /// @param look its number
  /// @param isLeftOut whether it took what is beside a file as it was
  void resolve(Map<FileId, FoundFile> files, long look, Predicate<Path> isLeftOut) {
    for (Map.Entry<Incarnation, Truncation> entry : Map.copyOf(truncated).entrySet()) {
      Incarnation old = entry.getKey();
      // The copy was made before the truncation was seen, but maybe after that look at the
      // directory.
      if (entry.getValue().look() < look
          && !isLeftOut.test(old.facts().path())
          && old.lock().tryLock()) {
        try {
          if (old.isComingToBeKnown() || mayBeCopied(old, entry.getValue(), look)) {
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
    for (Incarnation incarnation : List.copyOf(followed.current())) {
      if (incarnation.phase() == Incarnation.Phase.TRUNCATED && incarnation.facts().gone()) {
        followed.forget(incarnation.file());
        begin(incarnation, look, 0);
      }
    }
  }

  /// Whether a compressed file that is not read yet may hold what was truncated; not for ever, as
  /// it may itself wait.
  private boolean mayBeCopied(Incarnation old, Truncation truncation, long look) {
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
        || look - truncation.look() < COPY_LOOKS;
  }

  /// Finds out where the bytes of a truncated file are, and goes on there.
  private void resolve(Incarnation old, long goesOnAt, Map<FileId, FoundFile> files) {
    String detail =
        old.facts().path() + ": shorter or other than what was read, and no copy of that beside it";
    for (Incarnation copy : candidates(old)) {
      FoundFile file = files.get(copy.file());
      try (Opened opened = file == null ? null : opener.open(file)) {
        FileChannel own = file == null ? copy.channel() : null;
        FileChannel channel = opened == null ? own : opened.channel();
        if (channel == null) {
          continue;
        }
        long size = channel.size();
        boolean isCopy =
            old.head().length() > 0 && old.head().matches(Slab.readHead(channel, buffer));
        if (isCopy && size >= old.position() && old.isContinuedBy(channel)) {
          goOnIn(copy, channel, opened, old, goesOnAt);
          return;
        }
        if (isCopy && held.remove(copy) != null) {
          copy.consume(size);
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
    for (Incarnation each : followed.current()) {
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

  /// @param opened the same as `channel`, where the copy still has a name; else that is its own
  private void goOnIn(
      Incarnation copy,
      FileChannel channel,
      @Nullable Opened opened,
      Incarnation old,
      long goesOnAt)
      throws IOException {
    boolean isNew = held.remove(copy) != null;
    if (isNew && !old.isKnown()) {
      // Nothing of it was sent: the copy is as good, under its own name.
      copy.beginAt(old.position());
      copy.release();
      old.drop();
    } else if (opened != null) {
      if (isNew) {
        copy.consume(channel.size());
      }
      old.finishFrom(opened.take(), isNew ? copy : null, goesOnAt);
    } else {
      copy.handOver();
      old.finishFrom(channel, null, goesOnAt);
    }
  }

  /// Goes on with those that are held and turn out to be no copies.
  void decide() {
    for (Map.Entry<Incarnation, CopyCheck> entry : Map.copyOf(held).entrySet()) {
      Incarnation copy = entry.getKey();
      CopyCheck check = entry.getValue();
      if (copy.phase() != Incarnation.Phase.HELD) {
        held.remove(copy);
      } else if (check.original() != null) {
        decide(copy, check);
      } else if (areIntact(copy)) {
        Incarnation original = followed.written(copy.facts().base()).orElse(null);
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
    for (Incarnation each : followed.current()) {
      if (each != copy
          && each.facts().base().equals(base)
          && isYounger(copy.file(), each.file())
          && !wasGoneBefore(each, copy.file())
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

  private void decide(Incarnation copy, CopyCheck check) {
    if (check.original() == null || !check.original().lock().tryLock()) {
      return;
    }
    Incarnation original = check.original();
    try {
      boolean isFollowed = followed.of(original.file()) == original;
      if (truncated.containsKey(original) || (isFollowed && !original.verify(buffer))) {
        return;
      }
      boolean same = check.isSame(copy, original);
      boolean written = isFollowed && !original.facts().gone() && !original.facts().rotated();
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

  /// What was held because it may be a copy, and was then compressed: its compressed form takes its
  /// place.
  void dropCompressed(FoundFile file) throws IOException {
    ByteBuffer head = ByteBuffer.wrap(compressed.scanned(file.id()).head());
    for (Incarnation each : List.copyOf(held.keySet())) {
      if (compressed.isMissing(each)
          && each.facts().base().equals(file.base())
          && each.size() == file.stat().size()
          && each.head().matches(head)) {
        held.remove(each);
        followed.forget(each.file());
        each.drop();
      }
    }
  }

  /// Whether a look saw that a file had no name any more before `copy` was made, which is then no
  /// copy of it. Of those there may be thousands, and whoever reads them may wait for the hub.
  private static boolean wasGoneBefore(Incarnation original, FileId copy) {
    Facts facts = original.facts();
    return facts.gone() && copy.isBornAfter(facts.quietSinceMicros());
  }

  /// A copy is born after its original; a renamed file before the one that took its name.
  private static boolean isYounger(FileId file, FileId than) {
    return file.birthNanos() == 0
        || than.birthNanos() == 0
        || file.birthNanos() >= than.birthNanos();
  }
}
