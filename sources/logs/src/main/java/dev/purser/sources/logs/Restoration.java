package dev.purser.sources.logs;

import dev.purser.core.record.Gap;
import dev.purser.core.record.StreamState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;

/// Goes on, at the start of a source, with what an agent before it kept of deleted files. Owned by
/// the thread that looks.
final class Restoration {
  /// What was kept behind what the hub has, to be told from another file.
  private static final int COMPARED_BYTES = FilePosition.TAIL_BYTES;

  private final Surroundings surroundings;
  private final FileTree tree;
  private final KnownStreams known;
  private final Claims claims;
  private final Spool spool;

  Restoration(
      Surroundings surroundings, FileTree tree, KnownStreams known, Claims claims, Spool spool) {
    this.surroundings = surroundings;
    this.tree = tree;
    this.known = known;
    this.claims = claims;
    this.spool = spool;
  }

  /// @param found by the first look
  /// @return those that read the copies, or tell that they were given up
  List<Incarnation> restore(Collection<FoundFile> found) {
    List<Incarnation> restored = new ArrayList<>();
    for (Spool.Kept kept : spool.open()) {
      Optional<KnownStreams.Known> stream = known.find(kept.header().stream());
      if (stream.filter(has -> isPast(kept.header(), has)).isPresent() || isThere(kept, found)) {
        spool.discard(kept);
      } else {
        Incarnation reader = reader(kept, stream);
        spool.attach(reader, kept);
        restored.add(reader);
      }
    }
    spool.damaged().forEach(aside -> restored.add(lost(aside)));
    return restored;
  }

  /// What a damaged copy kept: nothing is known of it but that it was.
  private Incarnation lost(Path aside) {
    long now = surroundings.nowMicros();
    Incarnation lost =
        new Incarnation(
            surroundings,
            new FileId(0, Integer.toUnsignedLong(aside.hashCode()), now * 1000),
            new CopyOnWriteArraySet<>(),
            Incarnation.Phase.LOST,
            new Facts(aside, aside, false, true, 0, now, true),
            Fingerprint.EMPTY,
            null);
    lost.lose(
        Gap.Reason.DELETED_UNREAD,
        aside + ": is damaged; what it kept of a deleted file is not delivered",
        -1);
    return lost;
  }

  /// Whether the hub has all of it: the agent had no time to delete it, or read on in the file.
  private static boolean isPast(SpoolHeader header, KnownStreams.Known stream) {
    return stream.state().ended() || stream.offset() > header.size();
  }

  /// Whether the file was found all the same, so that it is read itself. Where files have no time
  /// of birth, another may have its number.
  private boolean isThere(Spool.Kept kept, Collection<FoundFile> found) {
    FileId id = kept.header().file();
    for (FoundFile file : found) {
      boolean isSure = file.isCompressed() || (id.birthNanos() != 0 && file.id().equals(id));
      if (file.id().isSame(id) && (isSure || holds(file, kept))) {
        return true;
      }
    }
    return false;
  }

  private boolean holds(FoundFile file, Spool.Kept kept) {
    FileChannel content = kept.content();
    try (FileChannel channel = tree.open(file.path(), file.id())) {
      return channel != null
          && content != null
          && channel.size() >= kept.header().size()
          && isEqual(channel, content, 0, kept.header().head().length)
          && isEqual(
              channel,
              content,
              kept.header().from(),
              (int) Math.min(COMPARED_BYTES, kept.header().keptBytes()));
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isEqual(FileChannel one, FileChannel other, long from, int count)
      throws IOException {
    return bytes(one, from, count).equals(bytes(other, from, count));
  }

  private static ByteBuffer bytes(FileChannel file, long from, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    while (bytes.hasRemaining() && file.read(bytes, from + bytes.position()) > 0) {
      // until full
    }
    return bytes.flip();
  }

  private Incarnation reader(Spool.Kept kept, Optional<KnownStreams.Known> stream) {
    SpoolHeader header = kept.header();
    Set<String> usedIds = new CopyOnWriteArraySet<>();
    known.of(header.file()).forEach(each -> usedIds.add(each.streamId()));
    FileChannel content = kept.content();
    Incarnation reader =
        new Incarnation(
            surroundings,
            header.file(),
            usedIds,
            content == null ? Incarnation.Phase.LOST : Incarnation.Phase.READING,
            header.facts(surroundings.nowMicros()),
            Fingerprint.of(ByteBuffer.wrap(header.head())),
            content);
    header
        .plan()
        .map(plan -> surroundings.planner().again(header.base(), plan))
        .ifPresent(reader::readAs);
    if (stream.isPresent()) {
      claims.adopt(stream.get().streamId());
      reader.resume(stream.get().streamId(), stream.get().state());
    } else {
      begin(reader, header);
    }
    if (content == null) {
      reader.lose(
          Gap.Reason.DELETED_UNREAD,
          header.base() + DeletedFiles.GIVEN_UP + ", by an agent that has ended since",
          -1);
    } else if (!kept.whole()) {
      reader.breakOff(
          Gap.Reason.DELETED_UNREAD,
          header.base()
              + ": deleted; what was written to it after the agent before this one kept it, if"
              + " anything, is lost");
    }
    return reader;
  }

  /// The hub knows nothing of its stream: it is new, or the hub was restored from a backup; or this
  /// agent has another id than that before it, so that its streams are others.
  private void begin(Incarnation reader, SpoolHeader header) {
    boolean isOurs =
        FileStreamId.parse(surroundings.outbox().agentId(), header.stream()).isPresent();
    if (isOurs) {
      reader.usedIds().add(header.stream());
      reader.resume(header.stream(), StreamState.NEW);
    }
    long begin = isOurs ? header.begin() : header.delivered();
    if (begin > 0) {
      reader.beginAt(begin);
    }
  }
}
