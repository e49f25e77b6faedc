package dev.purser.lake;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.Test;

class LiveTest {
  private static final Map<String, Live.Parts> BEFORE =
      Map.of("logs", new Live.Parts(1L, List.of("logs_0")));
  private static final Map<String, Live.Parts> AFTER =
      Map.of("logs", new Live.Parts(2L, List.of("logs_1")));

  @Test
  void aQueryDoesNotBeginBetweenTheCommitAndTheNewParts() throws Exception {
    try (DuckDBConnection root =
            DriverManager.getConnection("jdbc:duckdb:").unwrap(DuckDBConnection.class);
        Connection reader = root.duplicate();
        Statement statement = root.createStatement()) {
      statement.execute("CREATE TABLE " + Staging.ANCHOR + " (nothing BOOLEAN)");
      Live live = new Live();
      live.change(() -> {}, BEFORE);
      CompletableFuture<Map<String, Live.Parts>> seen = new CompletableFuture<>();
      Thread query =
          Thread.ofPlatform()
              .unstarted(() -> {
                try {
                  seen.complete(live.begin(reader));
                } catch (Exception e) {
                  seen.completeExceptionally(e);
                }
              });
      AtomicBoolean early = new AtomicBoolean();

      live.change(
          () -> {
            query.start();
            while (query.getState() != Thread.State.WAITING && !seen.isDone()) {
              Thread.onSpinWait();
            }
            early.set(seen.isDone());
          },
          AFTER);

      assertThat(seen.join()).isEqualTo(AFTER);
      assertThat(early).isFalse();
      query.join();
    }
  }

  @Test
  void aQueryKeepsItsTablesWhateverIsCommittedMeanwhile() throws Exception {
    try (DuckDBConnection root =
            DriverManager.getConnection("jdbc:duckdb:").unwrap(DuckDBConnection.class);
        Connection reader = root.duplicate();
        Statement writing = root.createStatement();
        Statement reading = reader.createStatement()) {
      writing.execute("CREATE TABLE " + Staging.ANCHOR + " (nothing BOOLEAN)");
      writing.execute("CREATE TABLE staged AS SELECT 1 AS x");
      Live live = new Live();
      live.change(() -> {}, BEFORE);
      assertThat(live.begin(reader)).isEqualTo(BEFORE);

      live.change(() -> writing.execute("DROP TABLE staged"), AFTER);

      try (ResultSet rows = reading.executeQuery("SELECT count(*) FROM staged")) {
        rows.next();
        assertThat(rows.getLong(1)).isEqualTo(1);
      }
    }
  }
}
