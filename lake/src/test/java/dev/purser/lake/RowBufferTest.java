package dev.purser.lake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.table.Table;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RowBufferTest {
  private static final TableLayout LAYOUT = new TableLayout(LineDecoder.logs().table());
  private static final int MESSAGE = LAYOUT.table().index("message");
  private static final int TAGS = LAYOUT.table().index("tags");
  private static final int SIZE = LAYOUT.table().index("size");
  private static final int SHARE = LAYOUT.table().index("share");
  private static final int FACTS = LAYOUT.table().index("facts");
  private static final int PLAIN = LAYOUT.table().index("plain");

  private final BufferAllocator allocator = new RootAllocator();
  private final RowBuffer buffer = new RowBuffer(LAYOUT, allocator);
  private DuckDBConnection connection;

  @BeforeEach
  void connect() throws SQLException {
    connection = (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:");
    connection.setAutoCommit(false);
    for (String statement : LAYOUT.createStaging("rows")) {
      execute(statement);
    }
    buffer.register(connection);
    connection.commit();
  }

  /// The allocator's close fails if memory is still in use.
  @AfterEach
  void close() throws SQLException {
    connection.close();
    buffer.close();
    allocator.close();
  }

  @Test
  void allTypesAndNullsArriveAsTheyWereSet() throws Exception {
    row("first");
    buffer.set(Table.TIME, 1_760_000_000_123_456L);
    buffer.set(Table.SEQ, 7);
    buffer.set(SIZE, -5);
    buffer.set(SHARE, 0.25);
    buffer.set(PLAIN, 1);
    buffer.set(TAGS, List.of("a", "", "ü"));
    buffer.end();
    row("second");
    buffer.end();
    insert();
    assertThat(
            query(
                "SELECT epoch_us(time), seq, size, share, plain, tags::VARCHAR, raw::VARCHAR FROM rows"))
        .containsExactly(
            "1760000000123456|7|-5|0.25|true|[a, '', ü]|first",
            "null|null|null|null|null|null|second");
  }

  @Test
  void theLastValueOfAColumnCounts() throws Exception {
    row("r");
    buffer.set(MESSAGE, "a long first text");
    buffer.set(MESSAGE, "short");
    buffer.set(TAGS, List.of("x", "y", "z"));
    buffer.set(TAGS, List.of("only"));
    buffer.set(Table.CLUSTER, "c");
    buffer.set(Table.CLUSTER, (String) null);
    buffer.end();
    row("s");
    buffer.set(MESSAGE, "next");
    buffer.set(TAGS, List.of("t"));
    buffer.end();
    insert();
    assertThat(query("SELECT message, tags::VARCHAR, cluster FROM rows"))
        .containsExactly("short|[only]|null", "next|[t]|null");
  }

  @Test
  void nothingStaysOfADiscardedRow() throws Exception {
    row("gone");
    buffer.set(MESSAGE, "gone");
    buffer.set(TAGS, List.of("gone", "too"));
    buffer.set(SIZE, 1);
    buffer.discard();
    row("kept");
    buffer.end();
    row("last");
    buffer.set(MESSAGE, "m");
    buffer.set(TAGS, List.of("t"));
    buffer.end();
    assertThat(buffer.rows()).isEqualTo(2);
    insert();
    assertThat(query("SELECT message, tags::VARCHAR, size, raw::VARCHAR FROM rows"))
        .containsExactly("null|null|null|kept", "m|[t]|null|last");
  }

  @Test
  void equalMapsAreKeptOnceInEachStagingTable() throws Exception {
    for (int i = 0; i < 9000; i++) {
      row("r" + i);
      buffer.set(FACTS, Map.of("k", "v" + i / 3000 % 2, "ü", ""));
      buffer.end();
      if (i == 5000) {
        insert();
      }
    }
    row("none");
    buffer.end();
    row("discarded");
    buffer.set(FACTS, Map.of("gone", ""));
    buffer.discard();
    insert();
    assertThat(query("SELECT count(*), count(purser_maps) FROM rows")).containsExactly("9001|9000");
    assertThat(query("SELECT facts['k'], facts['ü'] FROM rows_maps ORDER BY ALL"))
        .containsExactly("v0|", "v1|");
    assertThat(
            query(
                "SELECT facts['k'], count(*) FROM rows JOIN rows_maps USING (purser_maps) GROUP BY ALL ORDER BY ALL"))
        .containsExactly("v0|6000", "v1|3000");
    execute("DELETE FROM rows_maps");
    buffer.renew();
    row("again");
    buffer.set(FACTS, Map.of("k", "v0", "ü", ""));
    buffer.end();
    insert();
    assertThat(query("SELECT purser_maps, facts['k'] FROM rows_maps")).containsExactly("0|v0");
  }

  @Test
  void aMapThatAnotherRowHasCostsNothing() throws Exception {
    row("r");
    buffer.set(FACTS, Map.of("k", "v"));
    buffer.end();
    long first = buffer.sizeBytes();
    row("r");
    buffer.set(FACTS, Map.of("k", "v"));
    buffer.end();
    assertThat(buffer.sizeBytes() - first).as("the second row").isLessThan(first);
    insert();
  }

  @Test
  void aRecordThatIsItsMessageIsKeptOnce() throws Exception {
    row("same");
    buffer.set(MESSAGE, "same");
    buffer.end();
    row("same but\r");
    buffer.set(MESSAGE, "same but");
    buffer.end();
    buffer.begin();
    buffer.end();
    insert();
    assertThat(query("SELECT message, raw::VARCHAR FROM rows"))
        .containsExactly("same|null", "same but|same but\\x0D", "null|null");
  }

  @Test
  void aMessageThatIsTakenBackLeavesTheRecord() throws Exception {
    row("same");
    buffer.set(MESSAGE, "same");
    buffer.set(MESSAGE, (String) null);
    buffer.end();
    insert();
    assertThat(query("SELECT message, raw::VARCHAR FROM rows")).containsExactly("null|same");
  }

  @Test
  void bytesThatAreNoTextAreReplacedInTextOnly() throws Exception {
    byte[] wrong = {
      'a', (byte) 0xff, (byte) 0xc3, 0, 'b', 'c', 'd', 'e', 'f', 'g', 'h', (byte) 0x80
    };
    buffer.begin(wrong, 0, wrong.length);
    buffer.set(MESSAGE, wrong, 0, wrong.length);
    buffer.end();
    byte[] right = "0123456789 ümlaut 世界".getBytes(UTF_8);
    buffer.begin(right, 0, right.length);
    buffer.set(MESSAGE, right, 0, right.length);
    buffer.end();
    insert();
    assertThat(query("SELECT encode(message)::VARCHAR, raw::VARCHAR FROM rows LIMIT 1"))
        .containsExactly(
            "a\\xEF\\xBF\\xBD\\xEF\\xBF\\xBD\\x00bcdefgh\\xEF\\xBF\\xBD|a\\xFF\\xC3\\x00bcdefgh\\x80");
    assertThat(query("SELECT message, raw::VARCHAR FROM rows OFFSET 1"))
        .containsExactly("0123456789 ümlaut 世界|null");
  }

  @Test
  void rowsStayUntilClearedSoThatTheyCanBeGivenAgain() throws Exception {
    for (int i = 0; i < 5000; i++) {
      row("record " + i);
      buffer.set(Table.SEQ, i);
      buffer.set(TAGS, List.of("n" + i));
      buffer.end();
    }
    buffer.insertInto("rows", connection);
    connection.rollback();
    assertThat(query("SELECT count(*) FROM rows")).containsExactly("0");
    insert();
    assertThat(
            query(
                "SELECT count(*), sum(seq), count(DISTINCT raw), min(tags[1] = 'n' || seq) FROM rows"))
        .containsExactly("5000|12497500|5000|true");
    assertThat(buffer.rows()).isZero();
    row("again");
    buffer.end();
    insert();
    assertThat(query("SELECT count(*), count(tags) FROM rows")).containsExactly("5001|5000");
  }

  @Test
  void memoryOfLargeRowsIsGivenBack() throws Exception {
    byte[] large = new byte[1 << 20];
    for (int i = 0; i < 70; i++) {
      buffer.begin(large, 0, large.length);
      buffer.end();
    }
    assertThat(allocator.getAllocatedMemory()).isGreaterThan(70L << 20);
    insert();
    assertThat(allocator.getAllocatedMemory()).isLessThan(1 << 10);
    assertThat(query("SELECT sum(octet_length(raw)) FROM rows"))
        .containsExactly(Long.toString(70L << 20));
  }

  @Test
  void aValueOfAnotherTypeIsRefused() {
    row("r");
    assertThatThrownBy(() -> buffer.set(MESSAGE, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("STRING");
    assertThatThrownBy(() -> buffer.set(SIZE, "text")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> buffer.set(SIZE, 1L << 40)).isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> buffer.set(PLAIN, 2)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> buffer.set(MESSAGE, Map.of("x", "y")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> buffer.set(FACTS, "text"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> buffer.set(MESSAGE, List.of("x")))
        .isInstanceOf(IllegalArgumentException.class);
    buffer.discard();
  }

  private void row(String record) {
    byte[] bytes = record.getBytes(UTF_8);
    buffer.begin(bytes, 0, bytes.length);
  }

  private void insert() throws SQLException {
    buffer.insertInto("rows", connection);
    connection.commit();
    buffer.clear();
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private List<String> query(String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          values.add(String.valueOf(result.getObject(i)));
        }
        rows.add(String.join("|", values));
      }
    }
    return rows;
  }
}
