package dev.purser.lake;

import dev.purser.core.disk.Disk;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.table.Decoder;
import dev.purser.core.table.Gaps;
import dev.purser.core.table.Table;
import dev.purser.core.thread.Threads;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The tables: rows staged in memory until a commit brings them into Iceberg tables, and SQL over
/// both.
///
/// One thread gives it the frames of the write-ahead log in order ([#apply]); any thread may ask.
/// Rows in memory are owned by the log: it keeps what is not [#committed].
public final class Lake implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Lake.class);

  /// Buffered rows go to DuckDB at the latest after this time, or when there are so many.
  private static final long FLUSH_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final int FLUSH_ROWS = 8192;
  private static final long FLUSH_BYTES = 8 << 20;
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long MEMORY_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(30);

  private final LakeConfig config;
  private final UUID walId;
  private final DurableFiles files;
  private final Warehouse warehouse;
  private final List<LakeTable> tables;
  private final DuckDBConnection root;
  private final Staging staging;
  private final FrameDecoder decoder;
  private final Committer committer;
  private final Queries queries;
  private final Horizon horizon = new Horizon();
  private final Tails tails;
  private final Thread flusher;
  private final Thread commits;

  /// Held by whoever commits; taken before the staging lock.
  private final ReentrantLock commitLock = new ReentrantLock();

  /// The staging lock guards all below it.
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition changed = lock.newCondition();
  private final boolean[] wanted;
  private final long[] offsets;
  private List<StagedTable> frozen = List.of();
  private long frozenOffset;
  private long frozenRows;
  private long frozenBytes;
  private long applied;
  private long appliedMicros;
  private long committed;
  private long commitCount;
  private long failedCommits;
  private long oldestNanos;
  private long retryNanos = System.nanoTime();
  private @Nullable String lastError;
  private @Nullable RuntimeException failure;
  private boolean closed;

  /// Opens the lake in a directory, or makes it, and removes what an unfinished commit left.
  ///
  /// @param decoders their tables and [Gaps#TABLE] are the lake's tables
  /// @param walId of the log whose frames will be applied
  /// @throws IOException when it cannot be opened; the message says why
  public static Lake open(
      Path directory,
      LakeConfig config,
      List<Decoder> decoders,
      UUID walId,
      Disk disk,
      InstantSource clock)
      throws IOException {
    Set<Table> definitions = new LinkedHashSet<>();
    decoders.forEach(known -> definitions.add(known.table()));
    definitions.add(Gaps.TABLE);
    DurableFiles files = new DurableFiles(disk);
    disk.createDirectories(directory);
    Warehouse warehouse =
        Warehouse.open(directory, definitions.stream().map(TableLayout::new).toList(), files);
    try {
      DuckDBConnection root = openDuckDb(directory, warehouse.root(), config);
      try {
        return new Lake(config, walId, files, warehouse, root, decoders, clock);
      } catch (SQLException e) {
        root.close();
        throw e;
      }
    } catch (SQLException e) {
      warehouse.close();
      throw new IOException("DuckDB does not start: " + e.getMessage(), e);
    }
  }

  private Lake(
      LakeConfig config,
      UUID walId,
      DurableFiles files,
      Warehouse warehouse,
      DuckDBConnection root,
      List<Decoder> decoders,
      InstantSource clock)
      throws SQLException {
    this.config = config;
    this.walId = walId;
    this.files = files;
    this.warehouse = warehouse;
    this.root = root;
    this.tables = warehouse.tables();
    Live live = new Live();
    committer =
        new Committer(
            new DataFileWriter(root.duplicate(), files),
            files,
            warehouse,
            walId,
            config.retention(),
            clock);
    committer.retain();
    staging = new Staging(root.duplicate(), live, tables);
    decoder =
        new FrameDecoder(
            staging, tables.stream().map(table -> table.layout().table()).toList(), decoders);
    queries = new Queries(root, live, tables);
    tails = new Tails(queries, horizon, tables, clock);
    wanted = new boolean[tables.size()];
    offsets = tables.stream().mapToLong(table -> table.offset(walId)).toArray();
    committed = replayFrom();
    flusher = Thread.ofPlatform().name("lake-flush").daemon().start(this::flushLoop);
    commits = Thread.ofPlatform().name("lake-commit").daemon().start(this::commitLoop);
  }

  /// The highest offset of the log of which a table holds rows; the log must reach it.
  public long storedUpTo() {
    return tables.stream().mapToLong(table -> table.offset(walId)).max().orElse(0);
  }

  /// Where the log must be replayed from: every table holds all of its rows below. Rows above that
  /// a table holds already are skipped when they come again.
  public long replayFrom() {
    long least = tables.stream().mapToLong(table -> table.offset(walId)).min().orElse(0);
    long complete = tables.stream().mapToLong(table -> table.complete(walId)).max().orElse(0);
    return Math.max(least, complete);
  }

  /// Takes one frame of the log. Its rows are visible to queries at the latest after about 100 ms.
  /// Waits while staging is full.
  ///
  /// @param nextOffset where the log goes on behind the frame
  /// @param ingestTimeMicros when the log took it, microseconds since 1970 UTC
  /// @param batches valid during the call
  /// @throws NotDurableException when the disk failed: the hub must stop
  public void apply(long nextOffset, long ingestTimeMicros, List<RecordBatch> batches)
      throws InterruptedException {
    decoder.prepare(batches, ingestTimeMicros);
    lock.lockInterruptibly();
    try {
      checkUsable();
      while (staging.sizeBytes() >= config.commitBytes().bytes()) {
        // The next commit takes it; while one is under way, or fails, the log waits.
        changed.await();
        checkUsable();
      }
      long rowsBefore = staging.rows();
      boolean any = false;
      for (int table = 0; table < wanted.length; table++) {
        wanted[table] = nextOffset > offsets[table];
        any |= wanted[table];
      }
      if (any) {
        for (RecordBatch batch : batches) {
          decoder.decode(batch, ingestTimeMicros, wanted);
        }
      }
      applied = nextOffset;
      appliedMicros = Math.max(appliedMicros, ingestTimeMicros);
      if (rowsBefore == 0 && staging.rows() > 0) {
        oldestNanos = System.nanoTime();
      }
      if (staging.bufferedRows() >= FLUSH_ROWS || staging.bufferedBytes() >= FLUSH_BYTES) {
        flushLocked();
      } else if (staging.bufferedRows() == 0) {
        horizon.advance(appliedMicros);
      }
      changed.signalAll();
    } catch (RuntimeException | Error e) {
      // A frame of which a part is buffered must never be committed.
      throw fail(e instanceof RuntimeException thrown ? thrown : new IllegalStateException(e));
    } finally {
      lock.unlock();
    }
  }

  /// Makes all applied rows visible to queries now.
  public void flush() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      checkUsable();
      flushLocked();
    } finally {
      lock.unlock();
    }
  }

  /// As [#flush], where the log has no further frames of up to an ingest time.
  public void caughtUp(long ingestTimeMicros) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      checkUsable();
      appliedMicros = Math.max(appliedMicros, ingestTimeMicros);
      flushLocked();
    } finally {
      lock.unlock();
    }
  }

  /// Offset in the log behind the newest applied frame.
  public long applied() {
    lock.lock();
    try {
      return applied;
    } finally {
      lock.unlock();
    }
  }

  /// Offset below which the log is no longer needed: all rows are in the Iceberg tables.
  public long committed() {
    lock.lock();
    try {
      return committed;
    } finally {
      lock.unlock();
    }
  }

  /// Commits all applied rows now.
  ///
  /// @throws IOException when it did not come to its end: nothing is lost, and it is tried again
  /// @throws NotDurableException when the disk failed: the hub must stop
  public void commit() throws IOException, InterruptedException {
    commitLock.lockInterruptibly();
    try {
      commitFrozen();
    } catch (SQLException | RuntimeException | IOException e) {
      throw failed(e);
    } catch (Error e) {
      stop(e);
      throw e;
    } finally {
      commitLock.unlock();
    }
  }

  /// Answers one SELECT over the tables.
  ///
  /// @throws QueryException for the user
  /// @throws IOException of the sink
  public QueryResult query(String sql, QueryLimits limits, ResultSink sink)
      throws QueryException, IOException {
    return queries.run(sql, limits, sink);
  }

  /// Tables to be followed.
  public Tails tails() {
    return tails;
  }

  public List<TableInfo> tables() {
    return tables.stream()
        .map(table -> table.layout().table())
        .map(table -> new TableInfo(table.name(), table.description(), table.columns()))
        .toList();
  }

  public LakeStatus status() {
    lock.lock();
    try {
      return new LakeStatus(
          applied,
          committed,
          staging.rows() + frozenRows,
          staging.sizeBytes() + frozenBytes,
          decoder.malformed(),
          commitCount,
          failedCommits,
          lastError);
    } finally {
      lock.unlock();
    }
  }

  /// Ends without a commit: what is staged will be replayed from the log.
  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    horizon.close();
    try {
      flusher.join(CLOSE_DEADLINE);
      commits.join(CLOSE_DEADLINE);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    // A thread that did not end in time still holds what is freed here, or comes to find it closed.
    lock.lock();
    try (warehouse;
        root;
        staging) {
      queries.close();
    } catch (SQLException e) {
      throw new IOException("DuckDB does not close: " + e.getMessage(), e);
    } finally {
      lock.unlock();
    }
  }

  private static DuckDBConnection openDuckDb(Path directory, Path warehouse, LakeConfig config)
      throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("jdbc_stream_results", "true");
    DuckDBConnection root =
        (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:", properties);
    Path spill = directory.toAbsolutePath().normalize().resolve("spill");
    // Half of the cores are left to decoding: who waits for DuckDB spins while its threads work.
    int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    try (Statement statement = root.createStatement()) {
      for (String setting :
          List.of(
              "GLOBAL TimeZone = 'UTC'",
              "threads = " + threads,
              "memory_limit = '" + config.memory().bytes() + " B'",
              "temp_directory = " + TableLayout.literal(spill.toString()),
              "allowed_directories = [" + TableLayout.literal(warehouse.toString()) + "]",
              // Staging is not kept: a checkpoint of memory only costs time.
              "checkpoint_threshold = '1TB'",
              "enable_external_access = false",
              "autoinstall_known_extensions = false",
              "autoload_known_extensions = false",
              "lock_configuration = true")) {
        statement.execute("SET " + setting);
      }
      return root;
    } catch (SQLException e) {
      root.close();
      throw e;
    }
  }

  private void flushLocked() throws InterruptedException {
    while (staging.bufferedRows() > 0) {
      try {
        staging.flush();
      } catch (SQLException e) {
        if (!String.valueOf(e.getMessage()).contains("Out of Memory")) {
          throw fail(new IllegalStateException("DuckDB does not take rows: " + e.getMessage(), e));
        }
        LOG.atWarn().log("staging waits for memory");
        changed.awaitNanos(MEMORY_RETRY_NANOS);
        checkUsable();
      } catch (RuntimeException e) {
        throw fail(e);
      }
    }
    horizon.advance(appliedMicros);
  }

  private void commitFrozen() throws IOException, SQLException, InterruptedException {
    files.check();
    if (freeze()) {
      StagedTable last = frozen.getLast();
      for (StagedTable staged : frozen) {
        // With the last commit all tables hold their rows.
        committer.commit(staged, frozenOffset, staged.equals(last) ? frozenOffset : committed());
      }
      files.disk().step("swap");
      swap();
    }
    if (committer.clean()) {
      swap();
    }
  }

  /// Takes what is staged for this commit, unless an earlier one is to be tried again.
  ///
  /// @return whether there is anything to commit
  private boolean freeze() throws SQLException, InterruptedException {
    lock.lockInterruptibly();
    try {
      checkUsable();
      if (frozen.isEmpty()) {
        flushLocked();
        frozenOffset = Math.max(applied, committed);
        frozenRows = staging.rows();
        frozenBytes = staging.sizeBytes();
        frozen = staging.freeze();
        changed.signalAll();
        if (frozen.isEmpty()) {
          committed = frozenOffset;
        }
      }
      return !frozen.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  private void swap() throws SQLException {
    lock.lock();
    try {
      staging.drop(frozen, tables);
      if (!frozen.isEmpty()) {
        committed = frozenOffset;
        commitCount++;
        lastError = null;
        oldestNanos = System.nanoTime();
      }
      frozen = List.of();
      frozenRows = 0;
      frozenBytes = 0;
      for (int table = 0; table < offsets.length; table++) {
        offsets[table] = tables.get(table).offset(walId);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private IOException failed(Exception e) throws NotDurableException {
    NotDurableException notDurable = NotDurableException.in(e);
    lock.lock();
    try {
      if (notDurable != null) {
        throw fail(notDurable);
      }
      if (failure != null) {
        throw failure;
      }
      failedCommits++;
      retryNanos = System.nanoTime() + RETRY_NANOS;
      lastError = String.valueOf(e.getMessage());
      return new IOException(
          "the lake's commit did not come to its end and will be tried again: " + e.getMessage(),
          e);
    } finally {
      lock.unlock();
    }
  }

  /// An error of the machine: what was half done is not known, and only a start from the disk's
  /// state is sound.
  private void stop(Error e) {
    lock.lock();
    try {
      fail(new IllegalStateException("the lake has stopped: " + e, e));
    } finally {
      lock.unlock();
    }
  }

  /// From now on nothing goes: everybody who waits or comes gets the failure.
  private RuntimeException fail(RuntimeException thrown) {
    if (failure == null) {
      failure = thrown;
      LOG.atError().setCause(thrown).log("the lake has stopped");
      horizon.close();
      changed.signalAll();
    }
    return failure;
  }

  private void checkUsable() {
    if (failure != null) {
      throw failure;
    }
    if (closed) {
      throw new IllegalStateException("the lake is closed");
    }
  }

  private void flushLoop() {
    lock.lock();
    try {
      while (!closed && failure == null) {
        if (staging.bufferedRows() == 0) {
          changed.await();
        } else {
          long left = FLUSH_NANOS;
          while (left > 0 && !closed) {
            left = changed.awaitNanos(left);
          }
          if (!closed) {
            flushLocked();
          }
        }
      }
    } catch (InterruptedException | RuntimeException e) {
      LOG.atDebug().setCause(e).log("the lake's flush ends");
    } finally {
      lock.unlock();
    }
  }

  private void commitLoop() {
    Threads.standBack();
    String fault = "";
    try {
      while (awaitDue()) {
        try {
          commit();
          fault = "";
        } catch (IOException e) {
          // What goes on failing is told once: a full disk is not filled with that.
          if (!fault.equals(e.toString())) {
            LOG.atWarn().setCause(e).log("a commit failed and will be tried again");
          }
          fault = e.toString();
        }
      }
    } catch (InterruptedException | RuntimeException e) {
      LOG.atDebug().setCause(e).log("the lake's commits end");
    }
  }

  /// Waits until a commit is due; false when there will be none any more.
  private boolean awaitDue() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!closed && failure == null) {
        long now = System.nanoTime();
        long left = config.commitEvery().toNanos();
        if (!frozen.isEmpty() && !commitLock.isLocked()) {
          left = retryNanos - now;
        } else if (staging.sizeBytes() >= config.commitBytes().bytes()) {
          return true;
        } else if (staging.rows() > 0 || applied > committed) {
          left = oldestNanos + config.commitEvery().toNanos() - now;
        }
        if (retryNanos > now) {
          left = Math.max(left, retryNanos - now);
        } else if (left <= 0 || committer.cleanDue()) {
          return true;
        }
        changed.awaitNanos(left);
      }
      return false;
    } finally {
      lock.unlock();
    }
  }
}
