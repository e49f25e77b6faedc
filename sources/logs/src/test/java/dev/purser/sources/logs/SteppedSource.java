package dev.purser.sources.logs;

import dev.purser.core.config.DataSize;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// A [FileSource] without threads: a test says when it looks and reads, and what time it is.
final class SteppedSource implements AutoCloseable {
  /// How long a deleted file must be quiet.
  static final Duration IDLE = Duration.ofSeconds(5);

  /// Reads all files line by line.
  static final Planner LINES =
      Planner.all(LineDecoder.KIND, new LineSplitter(), LogContext.ofFiles(Map.of("node", "n1")));

  private final Slab slab;
  private final ReaderPool noReaders = new ReaderPool(0);
  private final FileSource source;
  private boolean closed;

  SteppedSource(FileSourceConfig config, RecordingOutbox outbox, Clock clock) {
    this(config, LineDecoder.KIND, new LineSplitter(), new Claims(), outbox, clock, new Slab());
  }

  SteppedSource(
      FileSourceConfig config,
      String kind,
      Splitter splitter,
      Claims claims,
      RecordingOutbox outbox,
      Clock clock,
      Slab slab) {
    this.slab = slab;
    source =
        new FileSource(
            config,
            Planner.all(kind, splitter, LogContext.ofFiles(Map.of("node", "n1"))),
            claims,
            noReaders,
            () -> clock.now);
    source.prepare(outbox, Hints.none());
  }

  /// @param made the source, with the readers given
  SteppedSource(Function<ReaderPool, FileSource> made, RecordingOutbox outbox) {
    this.slab = new Slab();
    this.source = made.apply(noReaders);
    source.prepare(outbox, Hints.none());
  }

  static FileSourceConfig config(From from, int maxRecordBytes, Path... patterns) {
    return config(from, maxRecordBytes, FileSourceConfig.DEFAULT_HELD_BYTES, patterns);
  }

  static FileSourceConfig config(
      From from, int maxRecordBytes, DataSize heldBytes, Path... patterns) {
    return new FileSourceConfig(
        "test",
        java.util.Arrays.stream(patterns).map(Path::toString).toList(),
        from,
        maxRecordBytes,
        Duration.ofSeconds(1),
        IDLE,
        heldBytes,
        List.of(),
        Optional.of(patterns[0].resolveSibling(".spool")));
  }

  /// Looks and reads until nothing changes any more.
  SteppedSource run() throws InterruptedException {
    for (int i = 0; i < 4; i++) {
      for (Incarnation incarnation : look()) {
        read(incarnation);
      }
      source.markStart();
    }
    return this;
  }

  /// Looks, runs the scans of compressed files that are due, and makes the copies for the spool.
  List<Incarnation> look() {
    List<Incarnation> readable = source.look();
    while (source.stepScans()) {
      // until all are done
    }
    while (source.stepSpool()) {
      // until all are made
    }
    return readable;
  }

  /// Looks where something changed, and reads.
  void run(Changes changes) throws InterruptedException {
    for (Incarnation incarnation : source.look(changes)) {
      read(incarnation);
    }
  }

  void read(Incarnation incarnation) throws InterruptedException {
    while (source.step(incarnation, slab)) {
      // until it waits
    }
    incarnation
        .problem()
        .ifPresent(problem -> {
          throw new AssertionError(problem);
        });
  }

  /// At most one turn.
  void readSome(Incarnation incarnation) throws InterruptedException {
    source.step(incarnation, slab);
  }

  FileSource source() {
    return source;
  }

  /// Ends it as a kill does: nothing of what it does at its end is done.
  void kill() throws IOException {
    Map<Path, byte[]> spooled = new HashMap<>();
    for (Path file : spooled()) {
      spooled.put(file, Files.readAllBytes(file));
    }
    close();
    for (Path file : spooled()) {
      Files.delete(file);
    }
    for (Map.Entry<Path, byte[]> file : spooled.entrySet()) {
      Files.write(file.getKey(), file.getValue());
    }
  }

  private List<Path> spooled() throws IOException {
    Path directory = source.config().spool().orElseThrow();
    if (!Files.exists(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      source.close();
      noReaders.close();
    }
  }

  /// The time of a test.
  static final class Clock {
    private Instant now;

    /// Begins after the birth of every file.
    Clock() {
      this(Instant.parse("2126-11-23T05:00:00Z"));
    }

    Clock(Instant begin) {
      now = begin;
    }

    Instant now() {
      return now;
    }

    void pass(Duration time) {
      now = now.plus(time);
    }
  }
}
