package dev.purser.sources.logs;

import dev.purser.core.record.EpochMicros;
import dev.purser.core.source.Outbox;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/// What all files of one source share.
///
/// @param context what the stream of a file says of it
/// @param wake called when a file must be read again
/// @param lookAgain called when the directories must be looked at again, soon
record Surroundings(
    FileSourceConfig config,
    String kind,
    Splitter splitter,
    Function<Path, Map<String, String>> context,
    Outbox outbox,
    InstantSource clock,
    Consumer<Incarnation> wake,
    Runnable lookAgain) {

  long nowMicros() {
    return EpochMicros.now(clock);
  }

  /// Room for a record of full size and what decides that it is longer.
  int slabBytes() {
    return Math.max(Slab.CHUNK_BYTES, config.maxRecordBytes() + (64 << 10));
  }
}
