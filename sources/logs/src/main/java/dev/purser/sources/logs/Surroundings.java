package dev.purser.sources.logs;

import dev.purser.core.record.EpochMicros;
import dev.purser.core.source.Outbox;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// What all files of one source share.
///
/// @param planner what becomes of each file
/// @param wake called when a file must be read again
/// @param wakeLater called when a file must be read again after a while
/// @param reachesEnd whether nothing that is written from now on counts, so that nothing is waited
///   for
/// @param lookAgain called when the directories must be looked at again, soon
record Surroundings(
    FileSourceConfig config,
    Planner planner,
    Outbox outbox,
    InstantSource clock,
    Consumer<Incarnation> wake,
    BiConsumer<Incarnation, Duration> wakeLater,
    BooleanSupplier reachesEnd,
    Runnable lookAgain) {

  long nowMicros() {
    return EpochMicros.now(clock);
  }

  /// Room for a record of full size and what decides that it is longer.
  int slabBytes() {
    return Math.max(Slab.CHUNK_BYTES, config.maxRecordBytes() + (64 << 10));
  }
}
