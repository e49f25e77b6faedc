package dev.purser.sources.logs;

import dev.purser.core.record.Gap;
import dev.purser.core.record.Position;
import dev.purser.core.record.Records;
import dev.purser.core.record.StreamState;
import dev.purser.core.source.StreamProgress;
import dev.purser.core.source.Volume;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// One life of a file, from its first byte to a truncation, a deletion or its end: one stream.
///
/// Whoever holds [#lock] owns it: a reader thread for [#step], or the [Tracker]. Only [#facts],
/// [#phase], [#hasEnded], [#progress], [#volume], [#remains] and what is [#delivered] are read
/// without.
final class Incarnation {

  /// Where it stands.
  enum Phase {
    /// It may be a copy of a file that is about to be truncated; not read until that is known.
    HELD,
    READING,
    /// Its bytes were seen to be replaced; the [Tracker] looks for a copy of them.
    TRUNCATED,
    /// What was not read is lost: a gap is to be sent.
    LOST,
    /// Rotated and read to its end; that is on the way to the hub.
    FINISHED,
    /// The hub knows that it is finished. No lane, no open file; watched until it goes or grows.
    RESTING,
    /// The stream's end is to be sent: its file is gone.
    CLOSING,
    /// The end is on the way.
    ENDING,
    /// It is not wanted. No lane, no open file; watched until it goes.
    SKIPPED,
    /// The hub has the end on disk. No lane, no open file.
    DONE
  }

  private final Surroundings surroundings;
  private final FileId file;
  private final FileStream stream;
  private final ReentrantLock lock = new ReentrantLock();
  private final AtomicBoolean queued = new AtomicBoolean();

  private volatile Phase phase;
  private volatile Facts facts;
  private volatile boolean ended;
  private volatile @Nullable String problem;

  private volatile boolean waiting;
  private volatile boolean caughtUp;

  private final long sinceMicros;
  private volatile Plan.@Nullable Read how;
  private volatile @Nullable FileChannel channel;
  private @Nullable Incarnation after;
  private Fingerprint head;
  private long largestSize;
  private boolean complete;
  private long goesOnAt = -1;
  private Gap.Reason lossReason = Gap.Reason.DELETED_UNREAD;
  private String lossDetail = "";

  /// Whether it is known to the byte what is lost.
  private boolean exactLoss;

  private String missingEnd = "";
  private long restingSize;
  private volatile @Nullable Path skippedAs;

  /// Whether the hub lost what it had of it, while it rested.
  private boolean isForgotten;

  /// Null until there is one.
  private @Nullable OpenRecord openRecord;

  /// @param usedIds ids of streams that this file has had, shared by its incarnations; any thread
  ///   may use it
  /// @param head of the bytes that were seen in it
  Incarnation(
      Surroundings surroundings,
      FileId file,
      Set<String> usedIds,
      Phase phase,
      Facts facts,
      Fingerprint head,
      @Nullable FileChannel channel) {
    this.surroundings = surroundings;
    this.file = file;
    this.stream = new FileStream(surroundings, file, usedIds, this::sentBack);
    this.phase = phase;
    this.facts = facts;
    this.head = head;
    this.channel = channel;
    this.largestSize = facts.size();
    this.sinceMicros = surroundings.nowMicros();
    stream.writtenTo(facts.size());
  }

  FileId file() {
    return file;
  }

  Set<String> usedIds() {
    return stream.usedIds();
  }

  ReentrantLock lock() {
    return lock;
  }

  /// Decides how it is read.
  void readAs(Plan.Read plan) {
    how = plan;
  }

  /// Whether that is its stream.
  boolean isOf(String id) {
    return id.equals(stream.id());
  }

  /// Whether it waits in the readers' queue.
  AtomicBoolean queued() {
    return queued;
  }

  Phase phase() {
    return phase;
  }

  Facts facts() {
    return facts;
  }

  void see(Facts facts) {
    this.facts = facts;
  }

  /// Whether the hub has on disk that nothing of it is to be read.
  private boolean isKnownToRest() {
    return phase == Phase.RESTING || phase == Phase.DONE;
  }

  /// Whether its last batch is on the way.
  boolean hasEnded() {
    return ended;
  }

  Optional<StreamProgress> progress() {
    return stream.progress();
  }

  /// What its stream says of it; empty while that is not known.
  Map<String, String> context() {
    Plan.Read known = how;
    return known == null ? Map.of() : known.context();
  }

  /// What became of its bytes.
  ///
  /// @param subject of the whole that it is a part of
  Volume volume(Map<String, String> subject) {
    return switch (phase) {
      // It is counted as what it may be a copy of, or not at all.
      case HELD, SKIPPED -> new Volume(subject, 0, 0, 0, 0, 0, 0);
      case READING -> volume(subject, stream.bytes(complete ? 0 : facts.size()), false);
      case TRUNCATED, LOST, FINISHED, RESTING, CLOSING -> volume(subject, stream.bytes(0), false);
      case ENDING, DONE -> volume(subject, stream.bytes(0), true);
    };
  }

  private Volume volume(Map<String, String> subject, Passage.Bytes bytes, boolean isEnded) {
    long rest = bytes.written() - bytes.read();
    FileStream.Progress last = stream.reached();
    long since = last == null ? 0 : last.unreadSinceMicros();
    long oldestUnread = rest == 0 || isEnded ? 0 : since == 0 ? facts.quietSinceMicros() : since;
    return new Volume(
        subject,
        bytes.written(),
        bytes.read(),
        bytes.delivered(),
        isEnded ? rest : 0,
        unended(rest, last),
        oldestUnread);
  }

  /// What its reader found to be the beginning of a record; what came since it has not seen.
  private long unended(long rest, FileStream.@Nullable Progress last) {
    return phase == Phase.READING && caughtUp
        ? Math.min(rest, last == null ? rest : last.size() - last.position())
        : 0;
  }

  Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  void report(@Nullable String problem) {
    this.problem = problem;
  }

  Fingerprint head() {
    return head;
  }

  @Nullable FileChannel channel() {
    return channel;
  }

  /// The size at which it came to rest.
  long restingSize() {
    return restingSize;
  }

  /// Goes on with a stream that the hub knows.
  void resume(String streamId, StreamState state) {
    stream.resume(streamId, state);
  }

  /// Makes a new stream begin behind the file's first bytes.
  void beginAt(long offset) {
    stream.beginAt(offset);
  }

  /// Makes it wait until the stream before it in the file has ended.
  void waitFor(@Nullable Incarnation predecessor) {
    after = predecessor;
  }

  void hold() {
    phase = Phase.HELD;
  }

  void release() {
    phase = Phase.READING;
  }

  /// All bytes up to `size` were or will be read elsewhere.
  void consume(long size) {
    stream.beginAt(size);
    stream.leaveTheRest();
    complete = true;
    phase = Phase.READING;
  }

  /// Goes on with a copy of the bytes that were truncated, up to its end.
  ///
  /// @param consumed the copy's own incarnation, whose end must be told first
  /// @param goesOnAt offset at which the file's next stream begins
  void finishFrom(FileChannel copy, @Nullable Incarnation consumed, long goesOnAt) {
    closeChannel();
    channel = copy;
    after = consumed;
    complete = true;
    largestSize = position();
    this.goesOnAt = goesOnAt;
    phase = Phase.READING;
  }

  /// Gives up what was not read.
  ///
  /// @param goesOnAt offset at which the file's next stream begins; -1 if there is none
  void lose(Gap.Reason reason, String detail, long goesOnAt) {
    closeChannel();
    lossReason = reason;
    lossDetail = detail;
    this.goesOnAt = goesOnAt;
    phase = Phase.LOST;
  }

  /// Lets go of a deleted file that was not read to its end.
  ///
  /// @return false when it is not being read
  boolean giveUp(String detail) throws IOException {
    FileChannel open = channel;
    if (phase != Phase.READING || open == null) {
      return false;
    }
    largestSize = Math.max(largestSize, open.size());
    stream.writtenTo(largestSize);
    lose(Gap.Reason.DELETED_UNREAD, detail, -1);
    // Nobody writes to a file any more that had another name before it was deleted.
    exactLoss = facts.rotated();
    return true;
  }

  /// Up to where the hub has it.
  long delivered() {
    return stream.delivered(stream.durable());
  }

  /// Whether the hub does not have all bytes that the last look saw. As [#remains], but it costs
  /// little.
  boolean isUndelivered() {
    StreamState has = stream.durable();
    return !has.ended() && stream.delivered(has) < facts.size();
  }

  /// How many bytes of it are to be kept at least. As [#remains], but it costs little.
  long undeliveredBytes() {
    return phase == Phase.LOST ? 0 : Math.max(0, facts.size() - delivered());
  }

  /// What is to be kept of it for an agent after this one; null if its stream has ended, or that
  /// cannot be told now. The lock is not needed: its reader may wait for the hub for long.
  Spool.@Nullable Remains remains() throws IOException {
    StreamState has = stream.durable();
    FileChannel open =
        switch (phase) {
          case READING, FINISHED, ENDING -> channel;
          case HELD, TRUNCATED, LOST, RESTING, CLOSING, SKIPPED, DONE -> null;
        };
    if (has.ended() || (open == null && phase != Phase.LOST)) {
      return null;
    }
    long beginsAt = stream.begin();
    long delivered = stream.delivered(has);
    long size = Math.max(delivered, largestSize());
    byte[] first = {};
    if (open != null) {
      ByteBuffer read = Slab.readHead(open, ByteBuffer.allocate(Fingerprint.MAX_BYTES));
      first = new byte[read.remaining()];
      read.get(0, first);
      size = open.size();
      if (size < delivered || !head.matches(read) || !FilePosition.isIn(open, has.position())) {
        beginsAt = 0; // It was truncated, and nobody has seen that yet.
        delivered = 0;
      }
    }
    String id = streamIdToKeep(first);
    if (id == null) {
      return null;
    }
    return new Spool.Remains(
        new SpoolHeader(
            file,
            facts.base(),
            id,
            size,
            Math.max(0, delivered - FilePosition.TAIL_BYTES),
            beginsAt,
            delivered,
            first,
            Optional.ofNullable(how).map(Plan.Read::memo)),
        open);
  }

  /// The id of its stream, decided now if it is not yet: the next agent must find the same.
  ///
  /// @param first bytes of the file, if there is one
  /// @return null when its reader is about to decide it
  private @Nullable String streamIdToKeep(byte[] first) {
    String decided = stream.id();
    if (decided != null) {
      return decided;
    }
    if (!lock.tryLock()) {
      return null;
    }
    try {
      return stream.id(
          phase == Phase.LOST
              ? Fingerprint.EMPTY
              : Fingerprint.ofFirstLine(ByteBuffer.wrap(first)));
    } finally {
      lock.unlock();
    }
  }

  /// Whether it is a copy in the [Spool] that is read.
  boolean isSpooled() {
    return channel instanceof SpooledChannel;
  }

  /// Whether a file holds what was read of this one.
  boolean isIn(FileChannel file, ByteBuffer buffer) throws IOException {
    return file.size() >= position()
        && head.matches(Slab.readHead(file, buffer))
        && isContinuedBy(file);
  }

  /// Goes on where the same bytes are to be had.
  void readFrom(FileChannel other) {
    closeChannel();
    channel = other;
  }

  /// Where its bytes end, others are lost.
  void breakOff(Gap.Reason reason, String detail) {
    lossReason = reason;
    missingEnd = detail;
  }

  /// Ends it without a trace: nothing was sent, nothing is to be.
  void drop() {
    close();
    stream.leaveTheRest();
    ended = true;
    phase = Phase.DONE;
  }

  /// Ends it as [#drop] does; somebody else goes on with its channel.
  void handOver() {
    channel = null;
    drop();
  }

  /// Leaves it as it is until it goes or grows.
  ///
  /// @param knownId null when the hub knows no stream of it
  void rest(@Nullable String knownId, StreamState state, long size) {
    closeChannel();
    stream.rest(knownId, state);
    restingSize = size;
    ended = true;
    phase = Phase.RESTING;
    if (knownId != null) {
      Plan.Read known = how;
      if (known == null) {
        known = surroundings.planner().read(facts.base());
        how = known;
      }
      stream.as(knownId, known);
      note(FilePosition.offset(state.position()));
    }
  }

  /// Goes on from where the hub has it, which may be less than it had. A lane hears of that by
  /// itself; the end of a stream is told by the next start.
  ///
  /// @param held all streams that the hub has
  /// @return false when that was not possible now
  boolean goOnFrom(Map<String, StreamState> held) {
    if (!lock.tryLock()) {
      return false;
    }
    try {
      String id = stream.id();
      if (id == null || stream.isOpen() || phase == Phase.DONE) {
        return true;
      }
      StreamState has = held.getOrDefault(id, StreamState.NEW);
      StreamState had = stream.durable();
      if (!has.equals(had)) {
        if (phase == Phase.RESTING) {
          isForgotten = true;
          if (isReadElsewhere()) {
            consume(FilePosition.offset(had.position()));
            phase = Phase.RESTING;
          }
        }
        stream.goOnFrom(has);
        caughtUp = false;
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Whether it rests, and the hub has not all of it any more.
  boolean isForgotten() {
    return phase == Phase.RESTING && isForgotten;
  }

  /// Ends its rest.
  void readAgain(FileChannel open) {
    isForgotten = false;
    channel = open;
    caughtUp = false;
    ended = false;
    phase = Phase.READING;
  }

  /// A resting file is gone: its stream is to be ended.
  void conclude() {
    if (stream.id() == null) {
      phase = Phase.DONE;
    } else {
      largestSize = Math.max(restingSize, position());
      ended = false;
      phase = Phase.CLOSING;
    }
  }

  /// Its stream, as the hub has it; for one that rests or is done.
  Optional<KnownStreams.Known> known() {
    String id = stream.id();
    return id == null
        ? Optional.empty()
        : FileStreamId.parse(surroundings.outbox().agentId(), id)
            .map(parsed -> new KnownStreams.Known(id, parsed, stream.durable()));
  }

  /// Whether nothing of it, which rests, was read under its own name.
  boolean isReadElsewhere() {
    return stream.durable().nextSeq() == 0;
  }

  /// Whether the end of [#beginAt] or of a resumed stream is still to be told to the hub.
  boolean isUnannounced() {
    return stream.begin() > 0 && !stream.isOpen() && phase == Phase.READING;
  }

  /// Whether the hub has something of it.
  boolean isKnown() {
    return !stream.durable().equals(StreamState.NEW);
  }

  /// Whether something of it is on the way to a hub that has nothing of it yet.
  boolean isComingToBeKnown() {
    return stream.isOpen() && !isKnown() && !stream.sent().equals(StreamState.NEW);
  }

  long position() {
    return stream.position();
  }

  /// Whether a file holds, before the position, what was read there.
  boolean isContinuedBy(FileChannel file) throws IOException {
    return FilePosition.isIn(file, stream.sent().position());
  }

  long largestSize() {
    long seen = Math.max(largestSize, position());
    return complete ? seen : Math.max(seen, facts.size());
  }

  boolean isOpen() {
    return channel != null;
  }

  /// The size of the open file.
  long size() throws IOException {
    FileChannel open = channel;
    return open == null ? facts.size() : open.size();
  }

  /// Looks whether the bytes that were seen are still there.
  ///
  /// @return false when they are not; it is then in phase TRUNCATED
  boolean verify(ByteBuffer buffer) throws IOException {
    FileChannel open = channel;
    if (open != null && phase == Phase.READING && !isSame(Slab.readHead(open, buffer), open)) {
      phase = Phase.TRUNCATED;
    }
    return phase != Phase.TRUNCATED;
  }

  /// Does a piece of work, at most one slab.
  ///
  /// @return whether there is more to do at once
  boolean step(Slab slab) throws IOException, InterruptedException {
    caughtUp = false;
    if (how == null && !isPlanned()) {
      return false;
    }
    if (after != null) {
      if (complete ? !after.isKnownToRest() : !after.hasEnded()) {
        return false;
      }
      after = null;
    }
    return switch (phase) {
      case HELD, TRUNCATED, RESTING, SKIPPED, DONE -> false;
      case READING -> read(slab);
      case LOST -> sendGap();
      case CLOSING -> sendEnd();
      case FINISHED -> rest();
      case ENDING -> settle();
    };
  }

  /// Whether there is nothing to do for it until its file changes.
  boolean isIdle() {
    return switch (phase) {
      case READING -> caughtUp && !facts.gone() && !facts.finished() && !isAbandoned();
      case HELD, RESTING, SKIPPED, DONE -> true;
      case TRUNCATED, LOST, FINISHED, CLOSING, ENDING -> false;
    };
  }

  /// Whether its writer has ended, nothing came for a while, and something is not read: a last
  /// record without an end, which may tell why it ended.
  private boolean isAbandoned() {
    Facts now = facts;
    long idleMicros = surroundings.config().idle().toNanos() / 1000;
    return position() < now.size()
        && surroundings.nowMicros() - now.quietSinceMicros() >= idleMicros
        && surroundings.planner().hasEnded(now.base());
  }

  /// Whether what is left of an abandoned file is whole entries of its format. Half a one stays:
  /// the next start would not know its end for a boundary.
  private boolean isLastRecord(FileChannel open, long position, Slab slab, int filled)
      throws IOException {
    long end = position + filled;
    return filled > 0
        && isAbandoned()
        && facts.size() == end
        && open.size() == end
        && (!how().splitter().endsWithLineFeeds()
            || slab.data().get(ValueLayout.JAVA_BYTE, filled - 1L) == '\n');
  }

  /// Whether it is not known yet what becomes of it.
  boolean isWaiting() {
    return waiting;
  }

  /// Whether nothing was found out of it yet but that it is there.
  boolean isUndecided() {
    return how == null && (phase == Phase.READING || phase == Phase.HELD);
  }

  /// What is read but not sent, in words; empty if there is nothing.
  Optional<String> pending() {
    Facts now = facts;
    try {
      long rest = size() - position();
      return switch (phase) {
        case HELD ->
            Optional.of(
                now.path() + ": waits, as it may be a copy of " + now.base() + " in the making");
        case READING ->
            rest <= 0
                ? Optional.empty()
                : Optional.of(
                    now.path() + ": the last line has no end yet: " + rest + " bytes wait for it");
        case TRUNCATED, LOST, FINISHED, RESTING, CLOSING, ENDING, SKIPPED, DONE -> Optional.empty();
      };
    } catch (IOException e) {
      return Optional.of(now.path() + ": cannot be read: " + e.getMessage());
    }
  }

  /// Leaves everything as it is, for the next start.
  void close() {
    closeChannel();
    stream.close();
  }

  @Override
  public String toString() {
    return facts.path() + " " + file + " " + phase + " " + position();
  }

  /// Whether it was by this name that it was not wanted.
  boolean isSkippedAs(Path name) {
    return name.equals(skippedAs);
  }

  /// Whether it is known how it is read.
  private boolean isPlanned() {
    switch (phase) {
      case HELD, TRUNCATED, RESTING, SKIPPED, DONE -> {
        return false;
      }
      case LOST, FINISHED, CLOSING, ENDING -> {
        how = surroundings.planner().read(facts.base());
        return true;
      }
      case READING -> {}
    }
    Path name = surroundings.planner().name(facts.base());
    Duration waited = Duration.of(surroundings.nowMicros() - sinceMicros, ChronoUnit.MICROS);
    switch (surroundings.planner().plan(facts.base(), waited)) {
      case Plan.Read read -> {
        how = read;
        waiting = false;
      }
      case Plan.Wait _ -> waiting = true;
      case Plan.Skip _ -> {
        waiting = false;
        closeChannel();
        ended = true;
        skippedAs = name;
        phase = Phase.SKIPPED;
      }
    }
    return how != null;
  }

  private Plan.Read how() {
    Plan.Read known = how;
    if (known == null) {
      throw new IllegalStateException("not planned: " + facts.path());
    }
    return known;
  }

  private boolean read(Slab slab) throws IOException, InterruptedException {
    FileChannel open = channel;
    if (open == null) {
      throw new IllegalStateException("not open: " + facts.path());
    }
    if (stream.isOpen() && stream.sent().ended()) {
      phase = Phase.ENDING;
      ended = true;
      return settle();
    }
    if (stream.begin() > 0 && (!stream.isOpen() || stream.sent().equals(StreamState.NEW))) {
      return skip(slab, open);
    }
    long position = position();
    if (open instanceof SpooledChannel copy && position < copy.from()) {
      return sendMissing(copy);
    }
    int capacity = surroundings.slabBytes();
    int chunk = Math.min(capacity, Slab.CHUNK_BYTES);
    slab.reserve(chunk);
    int filled = slab.fill(open, position, 0, chunk);
    boolean last = false;
    Cuts cuts = split(slab, filled, false);
    if (cuts.taken() == 0 && filled == chunk && chunk < capacity) {
      slab.reserve(capacity);
      filled = slab.fill(open, position, 0, capacity);
      cuts = split(slab, filled, false);
    }
    ByteBuffer first = slab.head(open);
    if (!isSame(first, open) || !overlaps(slab, position, filled, first) || !isContinuedBy(open)) {
      phase = Phase.TRUNCATED;
      surroundings.lookAgain().run();
      return false;
    }
    if (cuts.taken() == 0 && cuts.openEnd() > 0 && isComplete(position + cuts.openEnd())) {
      cuts = splitAfterPause(slab, filled);
    }
    if (cuts.taken() == 0) {
      boolean finished = isFinished(open, position + filled);
      if (!finished && !isLastRecord(open, position, slab, filled)) {
        note(position);
        caughtUp = true;
        return false;
      }
      if (filled == 0) {
        if (!missingEnd.isEmpty() && goesOnAt < 0) {
          return sendMissingEnd();
        }
        return (facts.gone() || goesOnAt >= 0) ? sendEnd() : sendFinished();
      }
      cuts = split(slab, filled, true);
      last = finished && cuts.taken() == filled && goesOnAt < 0 && missingEnd.isEmpty();
    }
    StreamState state = opened(first);
    if (FilePosition.offset(state.position()) != position || state.ended()) {
      return true;
    }
    long to = position + cuts.taken();
    Position reached = FilePosition.after(to, slab.bytes(0, cuts.taken()));
    Records records = new Records(surroundings.nowMicros(), cuts.data(), cuts.ends(), cuts.count());
    boolean _ = stream.send(state, last ? FilePosition.finished(reached) : reached, records, false);
    note(to);
    return true;
  }

  private Cuts split(Slab slab, int length, boolean finished) {
    Cuts cuts = slab.cuts();
    cuts.reset(slab.data(), surroundings.config().maxRecordBytes());
    how().splitter().split(slab.data(), length, finished, cuts);
    return cuts;
  }

  private Cuts splitAfterPause(Slab slab, int length) {
    Cuts cuts = slab.cuts();
    cuts.reset(slab.data(), surroundings.config().maxRecordBytes());
    how().splitter().splitAfterPause(slab.data(), length, cuts);
    return cuts;
  }

  /// Whether no line came for the time limit that belongs to the open record; if one may still
  /// come, there is another look in time.
  private boolean isComplete(long recordEnd) {
    Duration limit = how().splitter().timeLimit().orElse(Duration.ZERO);
    long limitMicros = TimeUnit.MILLISECONDS.toMicros(limit.toMillis());
    long now = surroundings.nowMicros();
    OpenRecord open = openRecord == null ? new OpenRecord() : openRecord;
    openRecord = open;
    if (open.isComplete(recordEnd, now, limitMicros) || surroundings.reachesEnd().getAsBoolean()) {
      return true;
    }
    Duration next = open.nextLook(now, limitMicros);
    if (next.isPositive()) {
      surroundings.wakeLater().accept(this, next);
    }
    return false;
  }

  /// Tells the hub that a new stream begins at [#begin].
  private boolean skip(Slab slab, FileChannel open) throws IOException, InterruptedException {
    ByteBuffer first = slab.head(open);
    if (!isSame(first, open)) {
      phase = Phase.TRUNCATED;
      surroundings.lookAgain().run();
      return false;
    }
    StreamState _ = opened(first);
    Position begin = Position.ofOffset(stream.begin());
    if (stream.send(
        StreamState.NEW,
        complete ? FilePosition.finished(begin) : begin,
        Records.none(surroundings.nowMicros()),
        false)) {
      note(begin.offset());
    }
    return true;
  }

  private boolean isSame(ByteBuffer first, FileChannel file) throws IOException {
    // Asked for first: a look that comes between may have seen the file larger than it was here.
    long least = largestSize();
    long size = file.size();
    if (size < least || !head.matches(first)) {
      return false;
    }
    largestSize = size;
    stream.writtenTo(size);
    if (head.length() < first.remaining()) {
      head = Fingerprint.of(first);
    }
    return true;
  }

  /// Whether what was read at `position` agrees with the head that was read after it. At position 0
  /// what was read is what the file held before, so that a copy of it can be found.
  private boolean overlaps(Slab slab, long position, int filled, ByteBuffer first) {
    if (position >= first.remaining()) {
      return true;
    }
    int at = (int) position;
    int common = Math.min(filled, first.remaining() - at);
    ByteBuffer read = slab.bytes(0, common);
    if (read.equals(first.slice(at, common))) {
      return true;
    }
    if (position == 0) {
      head = Fingerprint.of(read);
    }
    return false;
  }

  private boolean isFinished(FileChannel open, long end) throws IOException {
    Facts now = facts;
    return end == open.size() && (complete || (now.finished() && now.size() == end));
  }

  /// Marks that all was read of a file that is still there.
  private boolean sendFinished() throws InterruptedException {
    if (stream.id() == null) {
      rest(null, StreamState.NEW, 0);
      return false;
    }
    StreamState state = opened(head);
    if (FilePosition.isFinished(state.position())
        || stream.send(
            state,
            FilePosition.finished(state.position()),
            Records.none(surroundings.nowMicros()),
            false)) {
      ended = true;
      phase = Phase.FINISHED;
    }
    return true;
  }

  /// The hub went back, as one does that is restored from a backup, to what the copy does not hold.
  private boolean sendMissing(SpooledChannel copy) throws InterruptedException {
    StreamState state = opened(head);
    if (state.ended() || FilePosition.offset(state.position()) >= copy.from()) {
      return true;
    }
    Position from = Position.ofOffset(FilePosition.offset(state.position()));
    Position to = Position.ofOffset(copy.from());
    String detail =
        facts.path() + ": deleted; the agent kept only what the hub did not have at that time";
    Gap gap = new Gap(Gap.Reason.DELETED_UNREAD, from, to, null, surroundings.nowMicros(), detail);
    boolean _ = stream.send(state, to, gap, false);
    return true;
  }

  /// Marks that what follows cannot be read.
  private boolean sendMissingEnd() throws InterruptedException {
    StreamState state = opened(head);
    if (FilePosition.isFinished(state.position())) {
      return sendFinished();
    }
    Position at = Position.ofOffset(FilePosition.offset(state.position()));
    Gap gap = new Gap(lossReason, at, at, null, surroundings.nowMicros(), missingEnd);
    if (stream.send(state, FilePosition.finished(state.position()), gap, false)) {
      ended = true;
      phase = Phase.FINISHED;
    }
    return true;
  }

  /// Waits for the hub to know that the file is finished.
  private boolean rest() {
    StreamState state = sentByLane();
    if (!FilePosition.isFinished(state.position()) || state.ended()) {
      ended = false;
      phase = Phase.READING;
      return true;
    }
    if (stream.durable().equals(state)) {
      close();
      rest(stream.id(), state, FilePosition.offset(state.position()));
    }
    return false;
  }

  /// Of a container that wrote nothing the hub is told too: else it would take it for one that
  /// nobody saw.
  private boolean sendEnd() throws InterruptedException {
    if (stream.id() == null && !how().context().containsKey(LogContext.POD_UID)) {
      drop();
      return false;
    }
    StreamState state = opened(head);
    if (state.ended()) {
      return end(true, FilePosition.offset(state.position()));
    }
    if (phase == Phase.CLOSING && Math.max(stream.begin(), position()) < largestSize) {
      lose(
          Gap.Reason.DELETED_UNREAD,
          facts.path() + ": deleted when the hub had it, which lost it since",
          -1);
      exactLoss = true;
      return true;
    }
    long position = FilePosition.offset(state.position());
    stream.endAt(position);
    boolean sent =
        stream.send(
            state,
            Position.ofOffset(goesOnAt >= 0 ? goesOnAt : position),
            Records.none(surroundings.nowMicros()),
            true);
    return end(sent, position);
  }

  private boolean sendGap() throws InterruptedException {
    StreamState state = opened(Fingerprint.EMPTY);
    if (state.ended()) {
      return end(true, FilePosition.offset(state.position()));
    }
    Position to = Position.ofOffset(Math.max(largestSize, FilePosition.offset(state.position())));
    Position from = Position.ofOffset(FilePosition.offset(state.position()));
    boolean isNothing = exactLoss && from.equals(to);
    stream.endAt(from.offset());
    boolean sent =
        stream.send(
            state,
            goesOnAt >= 0 ? Position.ofOffset(goesOnAt) : to,
            isNothing
                ? Records.none(surroundings.nowMicros())
                : new Gap(lossReason, from, to, null, surroundings.nowMicros(), lossDetail),
            true);
    return end(sent, to.offset());
  }

  private boolean end(boolean sent, long position) {
    if (sent) {
      ended = true;
      phase = Phase.ENDING;
      note(position);
      surroundings.lookAgain().run();
    }
    return true;
  }

  /// Waits for the hub to have the end on disk; until then it may ask for the bytes once more.
  private boolean settle() {
    if (!sentByLane().ended()) {
      ended = false;
      phase = channel != null ? Phase.READING : lossDetail.isEmpty() ? Phase.CLOSING : Phase.LOST;
      return true;
    }
    if (stream.durable().ended()) {
      close();
      phase = Phase.DONE;
    }
    return false;
  }

  /// Where its stream goes on, by a lane.
  ///
  /// @param first bytes of the file
  private StreamState opened(ByteBuffer first) {
    return stream.isOpen() ? stream.sent() : opened(Fingerprint.ofFirstLine(first));
  }

  /// Where its stream goes on, by a lane.
  ///
  /// @param fingerprint of its first line
  private StreamState opened(Fingerprint fingerprint) {
    if (!stream.isOpen()) {
      stream.open(fingerprint, how());
    }
    return stream.sent();
  }

  private StreamState sentByLane() {
    if (!stream.isOpen()) {
      throw new IllegalStateException("no lane: " + this);
    }
    return stream.sent();
  }

  private void sentBack() {
    caughtUp = false;
    surroundings.wake().accept(this);
  }

  private void note(long position) {
    stream.note(position, Math.max(largestSize, position));
  }

  private void closeChannel() {
    FileChannel open = channel;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        problem = facts.path() + ": cannot be closed: " + e.getMessage();
      }
      channel = null;
    }
  }
}
