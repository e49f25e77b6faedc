package dev.purser.sources.logs;

import dev.purser.core.record.Payload;
import dev.purser.core.record.Position;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import dev.purser.core.source.Lane;
import dev.purser.core.source.StreamProgress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The stream of one [Incarnation] of a file: its id, where it begins in the file, and how far it
/// has come on its way to the hub.
///
/// Changed only by who owns its incarnation; any thread may ask what it returns.
final class FileStream {

  /// How far it was read.
  ///
  /// @param unreadSinceMicros since when there is something behind that; 0 if there is nothing
  record Progress(Stream stream, long position, long size, long unreadSinceMicros) {}

  private final Surroundings surroundings;
  private final FileId file;
  private final Set<String> usedIds;
  private final Runnable sentBack;
  private final Passage passage = new Passage();

  private volatile @Nullable String id;
  private volatile @Nullable Lane lane;
  private volatile @Nullable Progress progress;

  /// What the hub has, while there is no lane.
  private volatile StreamState start = StreamState.NEW;

  private volatile long begin;
  private @Nullable Stream stream;

  /// @param usedIds ids of streams that this file has had; any thread may use it
  /// @param sentBack run when the hub asks for what was sent already
  FileStream(Surroundings surroundings, FileId file, Set<String> usedIds, Runnable sentBack) {
    this.surroundings = surroundings;
    this.file = file;
    this.usedIds = usedIds;
    this.sentBack = sentBack;
  }

  Set<String> usedIds() {
    return usedIds;
  }

  /// Null while that is not decided.
  @Nullable String id() {
    return id;
  }

  /// Decides it, if it is not yet.
  ///
  /// @param fingerprint of the file's first line
  String id(Fingerprint fingerprint) {
    String decided = id;
    if (decided == null) {
      int generation = 0;
      do {
        decided =
            new FileStreamId(surroundings.outbox().agentId(), file, fingerprint, generation++)
                .toString();
      } while (!usedIds.add(decided));
      id = decided;
    }
    return decided;
  }

  /// Goes on with one that the hub knows.
  void resume(String known, StreamState state) {
    id = known;
    start = state;
    passage.beginAt(FilePosition.offset(state.position()));
  }

  /// Stays where it is: all of it is known to the hub.
  ///
  /// @param known null when the hub knows no stream of the file
  void rest(@Nullable String known, StreamState state) {
    id = known;
    start = state;
    if (!passage.isReadTo(FilePosition.offset(state.position()))) {
      passage.beginAt(FilePosition.offset(state.position()));
    }
  }

  /// The hub has something else than it had; for one without a lane.
  void goOnFrom(StreamState state) {
    start = state;
  }

  /// Makes it begin behind the file's first bytes.
  void beginAt(long offset) {
    begin = offset;
    passage.beginAt(offset);
  }

  long begin() {
    return begin;
  }

  /// Whether there is a lane.
  boolean isOpen() {
    return lane != null;
  }

  /// Opens a lane.
  ///
  /// @param fingerprint of the file's first line
  void open(Fingerprint fingerprint, Plan.Read how) {
    Stream opened = as(id(fingerprint), how);
    lane = surroundings.outbox().open(opened, start, sentBack);
  }

  /// Decides what its records are, without a lane.
  Stream as(String known, Plan.Read how) {
    Stream described = new Stream(known, how.kind(), how.context());
    stream = described;
    return described;
  }

  /// Where the next batch must begin.
  StreamState sent() {
    Lane way = lane;
    return way == null ? start : way.state();
  }

  /// What the hub has on disk.
  StreamState durable() {
    Lane way = lane;
    return way == null ? start : way.durable();
  }

  /// Offset in the file of what is to be sent next.
  long position() {
    Lane way = lane;
    return way == null
        ? Math.max(begin, FilePosition.offset(start.position()))
        : FilePosition.offset(way.state().position());
  }

  /// Offset in the file up to where the hub has it.
  long delivered(StreamState durable) {
    return Math.max(begin, FilePosition.offset(durable.position()));
  }

  /// Sends what follows on `from`, by an open lane.
  ///
  /// @param to where it reaches to
  /// @return false when the stream was sent back since it was at `from`
  boolean send(StreamState from, Position to, Payload payload, boolean ended)
      throws InterruptedException {
    Lane way = lane;
    Stream opened = stream;
    if (way == null || opened == null) {
      throw new IllegalStateException("no lane: " + file);
    }
    return way.send(new RecordBatch(opened, from.nextSeq(), from.position(), to, payload, ended));
  }

  /// Closes the lane, if there is one; what the hub has stays known.
  void close() {
    Lane way = lane;
    if (way != null) {
      StreamState durable = way.durable();
      passage.moveTo(way.state(), durable);
      way.close();
      start = durable;
      lane = null;
    }
  }

  /// Its file is at least of this size.
  void writtenTo(long size) {
    passage.writtenTo(size);
  }

  /// What was written and not read is read elsewhere.
  void leaveTheRest() {
    passage.leaveTheRest();
  }

  /// Its end is about to be sent, and its records reach to here.
  void endAt(long offset) {
    passage.endAt(offset);
  }

  /// How far its bytes came.
  ///
  /// @param seenSize to which its file was seen to be written
  Passage.Bytes bytes(long seenSize) {
    Lane way = lane;
    return way == null
        ? passage.bytes(seenSize)
        : passage.bytes(seenSize, way.state(), way.durable());
  }

  /// It was read up to `position` of a file of that size.
  void note(long position, long size) {
    Stream opened = stream;
    if (opened != null) {
      Progress before = progress;
      long since = before == null ? 0 : before.unreadSinceMicros;
      if (position >= size) {
        since = 0;
      } else if (since == 0) {
        since = surroundings.nowMicros();
      }
      progress = new Progress(opened, position, Math.max(position, size), since);
    }
  }

  /// How far it was read; null while nothing of it was.
  @Nullable Progress reached() {
    return progress;
  }

  /// As [#reached], for users.
  Optional<StreamProgress> progress() {
    Progress last = progress;
    if (last == null) {
      return Optional.empty();
    }
    Map<String, String> subject = new HashMap<>(last.stream.context());
    subject.keySet().retainAll(LogContext.OF_STREAM);
    return Optional.of(
        new StreamProgress(
            last.stream.id(), subject, last.position, last.size, last.unreadSinceMicros));
  }
}
