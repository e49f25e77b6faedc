package dev.purser.lake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.disk.Disk;
import dev.purser.core.disk.LocalDisk;
import dev.purser.core.record.Gap;
import dev.purser.core.record.Position;
import dev.purser.core.table.Decoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LakeTest {
  static final UUID WAL = UUID.fromString("00000000-0000-4000-8000-000000000001");
  static final InstantSource CLOCK =
      InstantSource.fixed(Instant.ofEpochSecond(Frames.T0 / 1_000_000));

  @TempDir Path directory;

  static Lake open(Path directory, Disk disk, Decoder... decoders) throws IOException {
    return Lake.open(directory, LakeConfig.DEFAULT, List.of(decoders), WAL, disk, CLOCK);
  }

  private Lake open() throws IOException {
    return open(directory, new LocalDisk(), LineDecoder.logs(), LineDecoder.others());
  }

  @Test
  void answersFromStagingAndFromFilesAlike() throws Exception {
    Frames frames =
        new Frames()
            .lines(
                "s1",
                LineDecoder.KIND,
                "b",
                "a",
                "n=x,y",
                "m=app:shop,tier:",
                "m=",
                "m=app:shop,tier:")
            .lines("s2", "other", "o")
            .end();
    String sql =
        "SELECT time, ingest_time, cluster, node, source, seq, raw, message, tags, size, share, plain, facts"
            + " FROM logs ORDER BY seq";
    List<List<Object>> staged;
    try (Lake lake = open()) {
      frames.applyTo(lake);
      staged = List.copyOf(Answer.of(lake, sql).rows());
      assertThat(lake.committed()).isZero();
      lake.commit();
      assertThat(lake.committed()).isEqualTo(100);
      assertThat(Answer.of(lake, sql).rows()).isEqualTo(staged);
    }
    try (Lake lake = open()) {
      assertThat(lake.replayFrom()).isEqualTo(100);
      assertThat(Answer.of(lake, sql).rows()).isEqualTo(staged);
      assertThat(Answer.value(lake, "SELECT count(*) FROM others")).isEqualTo(1L);
    }
    assertThat(staged).hasSize(6);
    assertThat(staged)
        .extracting(List::getLast)
        .containsExactly(
            null,
            null,
            null,
            Map.of("app", "shop", "tier", ""),
            Map.of(),
            Map.of("app", "shop", "tier", ""));
    assertThat(staged.get(2))
        .containsExactly(
            "2026-11-22T23:59:49.999000Z",
            "2026-11-22T23:59:50.000000Z",
            "c1",
            "n1",
            "s1",
            2L,
            "n=x,y",
            "n=x,y",
            List.of("x", "y"),
            5L,
            0.5,
            false,
            null);
  }

  @Test
  void mapsStayWithTheirRowsOverCommitsAndAreAskedByKey() throws Exception {
    Frames frames = new Frames();
    for (int i = 0; i < 20; i++) {
      frames
          .lines("s" + i % 3, LineDecoder.KIND, "m=n:" + i % 4, "plain " + i, "m=n:" + i % 5)
          .end();
    }
    String sql =
        "SELECT facts['n'] AS n, count(*) AS lines FROM logs GROUP BY ALL ORDER BY n NULLS LAST";
    List<List<Object>> expected =
        List.of(
            List.of("0", 9L),
            List.of("1", 9L),
            List.of("2", 9L),
            List.of("3", 9L),
            List.of("4", 4L),
            Arrays.asList(null, 20L));
    try (Lake lake = open()) {
      for (Frames.Frame frame : frames.all()) {
        lake.apply(frame.nextOffset(), frame.ingestTimeMicros(), frame.batches());
        if (frame.nextOffset() % 700 == 0) {
          lake.commit();
        }
      }
      lake.flush();
      assertThat(Answer.of(lake, sql).rows()).isEqualTo(expected);
    }
    try (Lake lake = open()) {
      frames.applyTo(lake);
      assertThat(Answer.of(lake, sql).rows()).isEqualTo(expected);
      lake.commit();
      assertThat(Answer.of(lake, sql).rows()).isEqualTo(expected);
      assertThat(Answer.value(lake, "SELECT count(*) FROM logs WHERE map_keys(facts) = ['n']"))
          .isEqualTo(40L);
    }
  }

  @Test
  void aDecoderThatCannotPrepareStopsNothing() throws Exception {
    try (Lake lake = open()) {
      new Frames().lines("unprepared", LineDecoder.KIND, "one").end().applyTo(lake);
      assertThat(Answer.value(lake, "SELECT message FROM logs")).isEqualTo("one");
    }
  }

  /// Few rows with many different maps: where a join would look up the rows by their maps.
  @Test
  void aFileOfRowsWithMapsIsSorted() throws Exception {
    Frames frames = new Frames();
    for (int i = 0; i < 50; i++) {
      frames.lines("s" + (i * 37) % 50, LineDecoder.KIND, "m=n:" + i);
    }
    frames.end();
    try (Lake lake = open()) {
      frames.applyTo(lake);
      lake.commit();
    }
    Path file;
    try (Stream<Path> files = Files.walk(directory.resolve("warehouse/logs/data"))) {
      file = files.filter(Files::isRegularFile).findFirst().orElseThrow();
    }
    List<String> sources = new ArrayList<>();
    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duck.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT source FROM read_parquet('%s', file_row_number = true) ORDER BY file_row_number"
                    .formatted(file))) {
      while (rows.next()) {
        sources.add(rows.getString(1));
      }
    }
    assertThat(sources).hasSize(50).isSorted();
  }

  @Test
  void keepsWhatDoesNotDecodeInGaps() throws Exception {
    Frames frames =
        new Frames()
            .lines("s1", LineDecoder.KIND, "good", "bad one", "bug two")
            .lines("s2", "unheard-of", "three")
            .gap(
                "s1",
                new Gap(
                    Gap.Reason.TRUNCATED,
                    Position.ofOffset(7),
                    Position.ofOffset(9),
                    null,
                    Frames.T0,
                    "cut"))
            .end();
    try (Lake lake = open()) {
      frames.applyTo(lake);
      lake.commit();

      assertThat(
              Answer.of(
                      lake,
                      "SELECT source, seq, raw, reason, from_position, to_position, lost, detail"
                          + " FROM gaps ORDER BY source, seq")
                  .rows())
          .containsExactly(
              java.util.Arrays.asList(
                  "s1", 1L, "bad one", "malformed", "", "3", 0L, "expected no bad line"),
              java.util.Arrays.asList(
                  "s1",
                  2L,
                  "bug two",
                  "malformed",
                  "",
                  "3",
                  0L,
                  "decoder failed: IllegalStateException"),
              java.util.Arrays.asList("s1", 3L, null, "truncated", "7", "9", null, "cut"),
              java.util.Arrays.asList(
                  "s2",
                  0L,
                  "three",
                  "malformed",
                  "",
                  "1",
                  0L,
                  "no decoder for kind \"unheard-of\""));
      assertThat(lake.status().malformed()).isEqualTo(3);
    }
  }
}
