package dev.purser.lake;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.Schema;
import org.duckdb.DuckDBConnection;

/// Arrow vectors as a view of DuckDB's, which reads them where they lie. The vectors are filled by
/// others and closed with it.
final class ArrowView implements AutoCloseable {
  private final String name;
  private final BufferAllocator allocator;
  private final VectorSchemaRoot root;
  private final ArrowArrayStream stream;

  ArrowView(String name, List<FieldVector> vectors, BufferAllocator allocator) {
    this.name = name;
    this.allocator = allocator;
    this.root = new VectorSchemaRoot(vectors);
    this.stream = ArrowArrayStream.allocateNew(allocator);
  }

  /// Makes the view known to a connection. Once in its life: DuckDB forgets none.
  void register(DuckDBConnection connection) throws SQLException {
    export();
    try {
      connection.registerArrowStream(name, stream);
    } catch (RuntimeException e) {
      if (e.getCause() instanceof SQLException cause) {
        throw cause;
      }
      throw e;
    } finally {
      stream.release();
    }
  }

  /// Copies the first `rows` rows into a table with the same columns, in the transaction of the
  /// connection that knows the view.
  void insertInto(String table, int rows, DuckDBConnection connection) throws SQLException {
    root.setRowCount(rows);
    export();
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO " + TableLayout.quote(table) + " SELECT * FROM " + TableLayout.quote(name));
    } finally {
      stream.release();
    }
  }

  /// Forgets all rows.
  ///
  /// @param keepMemory for the next ones
  void clear(boolean keepMemory) {
    for (FieldVector vector : root.getFieldVectors()) {
      if (keepMemory) {
        vector.reset();
      } else {
        vector.clear();
      }
    }
  }

  @Override
  public void close() {
    stream.close();
    root.close();
  }

  private void export() {
    Data.exportArrayStream(allocator, new Once(allocator, root), stream);
  }

  /// A stream of the one batch that the vectors hold. They are not its own: closing it leaves them.
  private static final class Once extends ArrowReader {
    private final VectorSchemaRoot batch;
    private boolean given;

    Once(BufferAllocator allocator, VectorSchemaRoot batch) {
      super(allocator);
      this.batch = batch;
    }

    @Override
    public VectorSchemaRoot getVectorSchemaRoot() {
      return batch;
    }

    @Override
    public Map<Long, Dictionary> getDictionaryVectors() {
      return Map.of();
    }

    @Override
    public boolean loadNextBatch() {
      boolean first = !given;
      given = true;
      return first;
    }

    @Override
    public long bytesRead() {
      return 0;
    }

    @Override
    protected Schema readSchema() {
      return batch.getSchema();
    }

    @Override
    protected void closeReadSource() {}

    @Override
    public void close() {}
  }
}
