package dev.purser.sources.logs;

import dev.purser.core.record.Gap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Takes up files that are not followed yet: which of the streams that the hub knows goes on in
/// each, and where; what became of the others. Owned by the thread that looks.
final class Adoption {
  private final Surroundings surroundings;
  private final KnownStreams known;
  private final Claims claims;
  private final Followed followed;
  private final CompressedFiles compressed;
  private final Truncations truncations;
  private final Missed missed;
  private final Volumes volumes;
  private final Truncations.Opener opener;
  private final boolean skipsOld;
  private final Boundaries boundaries;
  private final ByteBuffer buffer = ByteBuffer.allocate(Fingerprint.MAX_BYTES);
  private long looks;

  /// @param skipsOld whether this is the first start of a source that reads from the end
  Adoption(
      Surroundings surroundings,
      KnownStreams known,
      Claims claims,
      Followed followed,
      CompressedFiles compressed,
      Truncations truncations,
      Missed missed,
      Volumes volumes,
      Truncations.Opener opener,
      boolean skipsOld) {
    this.surroundings = surroundings;
    this.known = known;
    this.claims = claims;
    this.followed = followed;
    this.compressed = compressed;
    this.truncations = truncations;
    this.missed = missed;
    this.volumes = volumes;
    this.opener = opener;
    this.skipsOld = skipsOld;
    this.boundaries = new Boundaries(surroundings);
  }

  /// Takes up those that are not followed: first those whose streams the hub knows, then those that
  /// are written.
  ///
  /// @param files that a look found, oldest first
  /// @param look its number
  void adopt(List<FoundFile> files, long look) {
    looks = look;
    adopt(files, file -> !known.of(file.id()).isEmpty());
    adopt(files, file -> !file.isRotated());
    adopt(files, file -> true);
  }

  /// A file that rests or is done is not followed any more, until it is taken up anew: it grew, or
  /// it has gone and comes back.
  void release(Incarnation incarnation) {
    FileId file = incarnation.file();
    followed.forget(file);
    incarnation
        .known()
        .ifPresent(stream -> claims.remember(file, new Claims.Past(stream, incarnation.usedIds())));
  }

  private void adopt(List<FoundFile> files, Predicate<FoundFile> which) {
    for (FoundFile file : files) {
      if (!followed.has(file.id()) && which.test(file)) {
        if (isWaiting(file)) {
          missed.postpone(file);
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

  /// Whether as many other compressed files are read as may be at once.
  private boolean isWaiting(FoundFile file) {
    return file.isCompressed()
        && compressed.scanned(file.id()).continued().isEmpty()
        && !compressed.hasRoom(followed.current());
  }

  private void adopt(FoundFile file) throws IOException {
    try (Opened opened = opener.open(file)) {
      if (opened != null) {
        missed.opened(file);
        adopt(file, opened);
      } else if (!file.isCompressed()) {
        missed.add(file);
      }
    }
  }

  private void adopt(FoundFile file, Opened opened) throws IOException {
    FileChannel channel = opened.channel();
    ByteBuffer head = Slab.readHead(channel, buffer);
    Set<String> usedIds = new CopyOnWriteArraySet<>();
    List<KnownStreams.Known> streams = new ArrayList<>(known.of(file.id()));
    streams.replaceAll(each -> claims.isGivenUp(each.streamId()) ? each.asEnded() : each);
    Claims.Past past = claims.past(file.id());
    if (past != null) {
      // Each that was open at the start was taken up then, and has come further or ended.
      streams.removeIf(stream -> !stream.state().ended());
      streams.add(past.last());
      usedIds.addAll(past.usedIds());
    }
    for (Incarnation each : followed.leaving()) {
      if (each.file().equals(file.id())) {
        usedIds.addAll(each.usedIds());
        streams.removeIf(stream -> !stream.state().ended() && each.isOf(stream.streamId()));
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
              || boundaries.isBoundary(file, channel, stream.offset()))) {
        resumed = stream;
      } else {
        broken.add(stream);
      }
    }
    Incarnation incarnation =
        incarnation(file, usedIds, Fingerprint.of(head), opened.take(), Incarnation.Phase.READING);
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
    claims.forgetPast(file.id());
    if (resumed != null && resumed.isFinished() && resumed.offset() == channel.size()) {
      incarnation.rest(resumed.streamId(), resumed.state(), resumed.offset());
    } else if (resumed != null) {
      incarnation.resume(resumed.streamId(), resumed.state());
    } else if (finished != null && finished.offset() > 0) {
      incarnation.beginAt(finished.offset());
    } else if (skipsOld && (looks == 1 || compressed.isOld(file.id()))) {
      incarnation.beginAt(
          file.isRotated() ? channel.size() : boundaries.lastBoundary(file, channel));
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
        new Incarnation(
            surroundings,
            file.id(),
            usedIds,
            Incarnation.Phase.TRUNCATED,
            facts(file).sized(stream.offset()),
            stream.id().fingerprint(),
            null);
    volumes.add(old);
    old.resume(stream.streamId(), stream.state());
    truncations.begin(old, looks, 0);
    return old;
  }

  /// Tells of a stream of the hub's whose file no source found.
  void loseOrphan(String streamId) {
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
            new CopyOnWriteArraySet<>(),
            Incarnation.Phase.LOST,
            new Facts(nowhere, nowhere, true, true, 0, surroundings.nowMicros(), true),
            stream.id().fingerprint(),
            null);
    gone.resume(stream.streamId(), stream.state());
    return gone;
  }

  private Incarnation incarnation(
      FoundFile file,
      Set<String> usedIds,
      Fingerprint head,
      @Nullable FileChannel channel,
      Incarnation.Phase phase) {
    Incarnation incarnation =
        new Incarnation(surroundings, file.id(), usedIds, phase, facts(file), head, channel);
    volumes.add(incarnation);
    return incarnation;
  }

  private Facts facts(FoundFile file) {
    long idleMicros = surroundings.config().idle().toNanos() / 1000;
    return Facts.of(file, null, surroundings.nowMicros(), idleMicros);
  }

  private static boolean isFurther(KnownStreams.Known stream, KnownStreams.@Nullable Known than) {
    return than == null || stream.offset() > than.offset();
  }
}
