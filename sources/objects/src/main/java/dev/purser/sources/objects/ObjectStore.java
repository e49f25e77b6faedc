package dev.purser.sources.objects;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.core.disk.Disk;
import dev.purser.sources.objects.KnownObject.Controller;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Known objects in SQLite, those that are gone among them: the file `objects.db` in the hub's data
/// directory.
///
/// One thread writes. Any thread may look up, also while a write waits for the disk.
final class ObjectStore implements AutoCloseable {
  private static final int VERSION = 1;
  private static final TypeReference<TreeMap<String, String>> LABELS = new TypeReference<>() {};
  private static final String COLUMNS =
      "cluster, kind, key, name, labels, owner_kind, owner_name, owner_uid";

  /// What became of an object.
  ///
  /// @param deletedMicros when it was seen to be gone, microseconds since 1970 UTC; null while it
  ///   is there
  record Change(KnownObject object, @Nullable Long deletedMicros) {}

  private final Path file;
  private final SharedLabels shared;
  private final Connection writer;
  private final Connection reader;
  private final PreparedStatement find;
  private final ReentrantLock readLock = new ReentrantLock();
  private final ObjectMapper json = new ObjectMapper();

  private ObjectStore(Path file, SharedLabels shared, Connection writer, Connection reader)
      throws SQLException {
    this.file = file;
    this.shared = shared;
    this.writer = writer;
    this.reader = reader;
    this.find =
        reader.prepareStatement(
            "SELECT " + COLUMNS + " FROM objects WHERE cluster = ? AND kind = ? AND key = ?");
  }

  /// @throws IOException when it cannot be used; the message names the file
  static ObjectStore open(Path file, SharedLabels shared, Disk disk) throws IOException {
    disk.createDirectories(java.util.Objects.requireNonNull(file.toAbsolutePath().getParent()));
    String url = "jdbc:sqlite:" + file.toAbsolutePath().normalize();
    try {
      Connection writer = DriverManager.getConnection(url);
      try {
        prepare(writer);
        Connection reader = DriverManager.getConnection(url);
        try {
          return new ObjectStore(file, shared, writer, reader);
        } catch (SQLException e) {
          reader.close();
          throw e;
        }
      } catch (SQLException e) {
        writer.close();
        throw e;
      }
    } catch (SQLException e) {
      throw new IOException(
          "cannot use "
              + file
              + ", which knows the owners and labels of pods: "
              + e.getMessage()
              + "; without it it is made anew, and only what is said there of deleted pods is lost",
          e);
    }
  }

  /// Reads all objects that were not seen to be gone.
  void load(Consumer<KnownObject> use) throws IOException {
    try (Statement statement = writer.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT " + COLUMNS + " FROM objects WHERE deleted IS NULL")) {
      while (rows.next()) {
        use.accept(object(rows));
      }
    } catch (SQLException | JsonProcessingException | IllegalArgumentException e) {
      throw new IOException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /// The last that was known of an object; null if nothing was.
  @Nullable KnownObject find(ObjectId id) throws IOException {
    readLock.lock();
    try {
      find.setString(1, id.cluster());
      find.setString(2, id.kind().name());
      find.setString(3, id.key());
      try (ResultSet rows = find.executeQuery()) {
        return rows.next() ? object(rows) : null;
      }
    } catch (SQLException | JsonProcessingException | IllegalArgumentException e) {
      throw new IOException("cannot read " + file + ": " + e.getMessage(), e);
    } finally {
      readLock.unlock();
    }
  }

  /// Writes changes and forgets what was gone before a time; on the disk when it returns.
  void write(Collection<Change> changes, long forgetBeforeMicros) throws IOException {
    try (PreparedStatement put =
            writer.prepareStatement(
                "INSERT OR REPLACE INTO objects ("
                    + COLUMNS
                    + ", deleted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
        PreparedStatement forget =
            writer.prepareStatement("DELETE FROM objects WHERE deleted < ?")) {
      for (Change change : changes) {
        bind(put, change);
        put.addBatch();
      }
      put.executeBatch();
      forget.setLong(1, forgetBeforeMicros);
      forget.executeUpdate();
      writer.commit();
    } catch (SQLException | JsonProcessingException e) {
      try {
        writer.rollback();
      } catch (SQLException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw new IOException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    readLock.lock();
    try (writer;
        reader) {
      find.close();
    } catch (SQLException e) {
      throw new IOException("cannot close " + file + ": " + e.getMessage(), e);
    } finally {
      readLock.unlock();
    }
  }

  /// With a write-ahead log of SQLite's own, readers do not wait for writers.
  private static void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      int version;
      try (ResultSet result = statement.executeQuery("PRAGMA user_version")) {
        version = result.getInt(1);
      }
      if (version > VERSION) {
        throw new SQLException(
            "it has version " + version + ", this purser knows versions up to " + VERSION);
      }
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = FULL");
      statement.execute(
          """
          CREATE TABLE IF NOT EXISTS objects (
            cluster TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL,
            labels TEXT, owner_kind TEXT, owner_name TEXT, owner_uid TEXT, deleted INTEGER,
            PRIMARY KEY (cluster, kind, key)) WITHOUT ROWID
          """);
      statement.execute(
          "CREATE INDEX IF NOT EXISTS objects_deleted ON objects (deleted) WHERE deleted IS NOT NULL");
      statement.execute("PRAGMA user_version = " + VERSION);
    }
    connection.setAutoCommit(false);
  }

  private void bind(PreparedStatement put, Change change)
      throws SQLException, JsonProcessingException {
    KnownObject object = change.object();
    Controller controller = object.controller();
    put.setString(1, object.id().cluster());
    put.setString(2, object.id().kind().name());
    put.setString(3, object.id().key());
    put.setString(4, object.name());
    put.setString(5, object.labels().isEmpty() ? null : json.writeValueAsString(object.labels()));
    put.setString(6, controller == null ? null : controller.kind());
    put.setString(7, controller == null ? null : controller.name());
    put.setString(8, controller == null ? null : controller.uid());
    Long deleted = change.deletedMicros();
    if (deleted == null) {
      put.setNull(9, Types.INTEGER);
    } else {
      put.setLong(9, deleted);
    }
  }

  private KnownObject object(ResultSet row) throws SQLException, JsonProcessingException {
    String labels = row.getString(5);
    String owner = row.getString(6);
    return new KnownObject(
        new ObjectId(row.getString(1), Kind.valueOf(row.getString(2)), row.getString(3)),
        row.getString(4),
        labels == null ? Map.of() : shared.share(json.readValue(labels, LABELS)),
        owner == null ? null : new Controller(owner.intern(), row.getString(7), row.getString(8)));
  }
}
