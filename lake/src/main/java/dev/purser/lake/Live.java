package dev.purser.lake;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/// What a table consists of at a moment: a snapshot's files and some staging tables. It changes in
/// one step with DuckDB's tables: a query's transaction and the parts it reads fit each other, so
/// that a row that moves from staging into a file is seen exactly once. Thread-safe.
final class Live {
  /// The parts of one table.
  record Parts(@Nullable Long snapshot, List<String> stagingNames) {
    Parts {
      stagingNames = List.copyOf(stagingNames);
    }
  }

  /// A change of DuckDB's tables that is about to be committed.
  interface Commit {
    void run() throws SQLException;
  }

  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private Map<String, Parts> parts = Map.of();

  /// Commits a transaction and replaces the parts, in one step for all queries. If it throws, the
  /// parts stay.
  void change(Commit commit, Map<String, Parts> next) throws SQLException {
    lock.writeLock().lock();
    try {
      commit.run();
      parts = Map.copyOf(next);
    } finally {
      lock.writeLock().unlock();
    }
  }

  /// The parts now. Only the writer may use it without [#begin].
  Map<String, Parts> parts() {
    lock.readLock().lock();
    try {
      return parts;
    } finally {
      lock.readLock().unlock();
    }
  }

  /// Begins a transaction that sees the tables of just these parts, until it ends.
  Map<String, Parts> begin(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    lock.readLock().lock();
    try (Statement statement = connection.createStatement()) {
      // The first touch of a table, not BEGIN, fixes what a transaction sees.
      statement.execute("SELECT 1 FROM memory.main." + Staging.ANCHOR);
      return parts;
    } finally {
      lock.readLock().unlock();
    }
  }
}
