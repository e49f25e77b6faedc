package dev.purser.sources.logs;

import dev.purser.core.record.StreamState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// What the hub knew of this agent's files at the start: the only checkpoint there is.
final class KnownStreams {

  /// A stream of a file.
  record Known(String streamId, FileStreamId id, StreamState state) {
    long offset() {
      return FilePosition.offset(state.position());
    }

    /// Whether the file was read to its end when it was rotated.
    boolean isFinished() {
      return FilePosition.isFinished(state.position());
    }

    /// As it is once its end is told.
    Known asEnded() {
      return new Known(streamId, id, new StreamState(state.position(), state.nextSeq(), true));
    }
  }

  private final Map<Long, List<Known>> byInode = new HashMap<>();
  private final Set<String> open = new TreeSet<>();
  private final Map<String, Known> byId = new HashMap<>();
  private final Map<Integer, Map<Fingerprint, List<Known>>> openByHead = new HashMap<>();

  KnownStreams(String agentId, Map<String, StreamState> streams) {
    streams.forEach((id, state) ->
        FileStreamId.parse(agentId, id)
            .map(parsed -> new Known(id, parsed, state))
            .ifPresent(this::add));
  }

  /// The streams of a file.
  List<Known> of(FileId file) {
    return byInode.getOrDefault(file.ino(), List.of()).stream()
        .filter(known -> known.id().file().isSame(file))
        .toList();
  }

  /// The streams that have not ended and of which something was read, whose first line `head`
  /// begins with.
  List<Known> matching(ByteBuffer head) {
    List<Known> streams = new ArrayList<>();
    openByHead.forEach((length, byHead) -> {
      if (length <= head.remaining()) {
        Fingerprint first = Fingerprint.of(head.slice(head.position(), length));
        streams.addAll(byHead.getOrDefault(first, List.of()));
      }
    });
    return streams;
  }

  /// Ids of the streams that have not ended.
  Set<String> open() {
    return open;
  }

  Optional<Known> find(String streamId) {
    return Optional.ofNullable(byId.get(streamId));
  }

  Known get(String streamId) {
    Known known = byId.get(streamId);
    if (known == null) {
      throw new IllegalArgumentException("unknown stream " + streamId);
    }
    return known;
  }

  private void add(Known known) {
    byInode.computeIfAbsent(known.id().file().ino(), ino -> new ArrayList<>()).add(known);
    byId.put(known.streamId(), known);
    if (!known.state().ended()) {
      open.add(known.streamId());
      Fingerprint head = known.id().fingerprint();
      if (head.length() > 0 && known.offset() > 0) {
        openByHead
            .computeIfAbsent(head.length(), length -> new HashMap<>())
            .computeIfAbsent(head, fingerprint -> new ArrayList<>())
            .add(known);
      }
    }
  }
}
