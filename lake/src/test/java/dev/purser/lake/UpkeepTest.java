package dev.purser.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.disk.Disk;
import dev.purser.core.disk.LocalDisk;
import dev.purser.core.table.Column;
import dev.purser.core.table.ColumnType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What happens to the tables over time: new columns, retention, cleaning.
class UpkeepTest {
  private static final long DAY_MICROS = 86_400_000_000L;

  @TempDir Path directory;

  private Lake open(Disk disk, InstantSource clock, LineDecoder decoder) throws IOException {
    return Lake.open(directory, LakeConfig.DEFAULT, List.of(decoder), LakeTest.WAL, disk, clock);
  }

  @ParameterizedTest
  @EnumSource(names = {"STRING_LIST", "STRING_MAP"})
  void aColumnAddedBetweenTwoStartsWorksWithOldFilesAndStagedRows(ColumnType type)
      throws Exception {
    Frames frames = new Frames().lines("s", LineDecoder.KIND, "n=1", "two").end();
    try (Lake lake = open(new LocalDisk(), LakeTest.CLOCK, LineDecoder.logs())) {
      frames.applyTo(lake);
      lake.commit();
    }
    LineDecoder wider = LineDecoder.logsWith(new Column(150, "colour", type, ""));
    try (Lake lake = open(new LocalDisk(), LakeTest.CLOCK, wider)) {
      frames.lines("s", LineDecoder.KIND, "three").end().applyTo(lake);
      String sql = "SELECT seq, message, tags, colour FROM logs ORDER BY seq";
      List<List<@Nullable Object>> expected =
          List.of(
              Arrays.asList(0L, "n=1", List.of("1"), null),
              Arrays.asList(1L, "two", null, null),
              Arrays.asList(2L, "three", null, null));
      assertThat(Answer.of(lake, sql).rows()).isEqualTo(expected);
      lake.commit();
      assertThat(Answer.of(lake, sql).rows()).isEqualTo(expected);
    }
    try (Lake lake = open(new LocalDisk(), LakeTest.CLOCK, LineDecoder.logs())) {
      assertThat(Answer.value(lake, "SELECT count(message) FROM logs"))
          .as("an older version, without the column")
          .isEqualTo(3L);
    }
  }

  @Test
  void refusesAColumnThatChangedItsType() throws Exception {
    open(
            new LocalDisk(),
            LakeTest.CLOCK,
            LineDecoder.logsWith(new Column(150, "colour", ColumnType.LONG, "")))
        .close();

    assertThatThrownBy(() ->
            open(
                new LocalDisk(),
                LakeTest.CLOCK,
                LineDecoder.logsWith(new Column(150, "colour", ColumnType.STRING, ""))))
        .hasMessageContaining("table logs: column 150 is \"colour\" long in the lake");
  }

  @Test
  void removesAtItsStartWhatNoSnapshotHolds() throws Exception {
    try (Lake lake = open(new LocalDisk(), LakeTest.CLOCK, LineDecoder.logs())) {
      new Frames().lines("s", LineDecoder.KIND, "one").end().applyTo(lake);
      lake.commit();
    }
    Path table = directory.resolve("warehouse/logs");
    Path day = table.resolve("data/ingest_time_day=2026-11-22");
    Files.writeString(day.resolve("orphan.parquet"), "x");
    Files.writeString(table.resolve("metadata/orphan.avro"), "x");
    Files.writeString(directory.resolve("warehouse/not-ours"), "x");

    try (Lake lake = open(new LocalDisk(), LakeTest.CLOCK, LineDecoder.logs())) {
      assertThat(day.resolve("orphan.parquet")).doesNotExist();
      assertThat(table.resolve("metadata/orphan.avro")).doesNotExist();
      assertThat(directory.resolve("warehouse/not-ours")).exists();
      assertThat(Answer.value(lake, "SELECT count(*) FROM logs")).isEqualTo(1L);
    }
  }

  @Test
  void metadataStaySmallOverManyCommits() throws Exception {
    // Iceberg dates its snapshots by the machine's clock: seen from here all are hours old.
    AtomicReference<Instant> now =
        new AtomicReference<>(InstantSource.system().instant().plusSeconds(100 * 3600));
    try (Lake lake = open(new LocalDisk(), now::get, LineDecoder.logs())) {
      Frames frames = new Frames();
      long most = 0;
      for (int i = 0; i < 200; i++) {
        frames.lines("s", LineDecoder.KIND, "line " + i).end();
        frames.applyTo(lake, lake.applied());
        lake.commit();
        now.updateAndGet(instant -> instant.plusSeconds(60));
        most = Math.max(most, count("metadata"));
      }
      assertThat(most).as("metadata files, cleaned each 10 commits").isLessThan(80);
      assertThat(count("data")).isEqualTo(200);
      assertThat(Answer.value(lake, "SELECT count(*) FROM logs")).isEqualTo(200L);
    }
  }

  @Test
  void dropsDaysThatAreOlderThanTheRetentionAndKeepsTheOffset() throws Exception {
    Frames frames = new Frames();
    for (int day = 0; day < 4; day++) {
      frames.lines("s", LineDecoder.KIND, "day " + day).end(Frames.T0 + day * DAY_MICROS);
    }
    try (Lake lake = open(new LocalDisk(), LakeTest.CLOCK, LineDecoder.logs())) {
      frames.applyTo(lake);
      lake.commit();
    }
    InstantSource later =
        InstantSource.fixed(Instant.ofEpochSecond((Frames.T0 + 192 * DAY_MICROS) / 1_000_000));
    try (Lake lake = open(new LocalDisk(), later, LineDecoder.logs())) {
      lake.commit();

      assertThat(Answer.of(lake, "SELECT message FROM logs ORDER BY seq").values())
          .containsExactly("day 2", "day 3");
      assertThat(lake.replayFrom()).isEqualTo(frames.endOfLog());
      assertThat(count("data")).as("until the snapshot expires").isEqualTo(4);
    }
  }

  @Test
  void readsOnlyTheFilesThatTheBoundsOfTimeLeave() throws Exception {
    Frames frames = new Frames();
    try (Lake lake = open(new LocalDisk(), LakeTest.CLOCK, LineDecoder.logs())) {
      for (int day = 0; day < 3; day++) {
        frames.lines("s", LineDecoder.KIND, "day " + day).end(Frames.T0 + day * DAY_MICROS);
        frames.applyTo(lake, lake.applied());
        lake.commit();
      }
      assertThat(files(lake, "SELECT count(*) FROM logs")).isEqualTo(3);
      assertThat(files(lake, "SELECT * FROM logs WHERE ingest_time < '2026-11-23'")).isEqualTo(1);
      assertThat(
              files(lake, "SELECT * FROM logs WHERE ingest_time >= TIMESTAMP '2026-11-23 12:00'"))
          .isEqualTo(2);
      assertThat(
              files(
                  lake,
                  "SELECT * FROM logs l WHERE seq >= 0 AND l.ingest_time BETWEEN DATE '2026-11-23' AND DATE '2026-11-24'"))
          .isEqualTo(1);
      assertThat(files(lake, "SELECT * FROM logs WHERE '2026-11-24' < ingest_time")).isEqualTo(1);
      assertThat(files(lake, "SELECT * FROM logs WHERE time > now() + INTERVAL 1000 YEARS"))
          .isZero();
      assertThat(files(lake, "SELECT * FROM logs WHERE ingest_time < '2026-11-23' OR seq = 2"))
          .isEqualTo(3);
      assertThat(
              files(
                  lake,
                  "SELECT * FROM logs WHERE ingest_time < '2026-11-23' UNION ALL SELECT * FROM logs WHERE ingest_time > '2026-11-24'"))
          .isEqualTo(2);
      assertThat(
              files(
                  lake,
                  "SELECT * FROM logs WHERE ingest_time < '2026-11-23' AND seq IN (SELECT seq FROM logs)"))
          .isEqualTo(3);
      assertThat(
              files(
                  lake,
                  "SELECT * FROM logs a JOIN logs b ON a.seq = b.seq WHERE a.ingest_time < '2026-11-23' AND b.ingest_time < '2026-11-24'"))
          .isEqualTo(2);
      assertThat(
              files(lake, "SELECT * FROM logs l(a, b, c, d, e, f, time) WHERE l.b < '2026-11-23'"))
          .isEqualTo(3);
    }
  }

  @Test
  void anotherLogBeginsAtItsOwnOffset() throws Exception {
    try (Lake lake = open(new LocalDisk(), LakeTest.CLOCK, LineDecoder.logs())) {
      new Frames().lines("s", LineDecoder.KIND, "one").end().applyTo(lake);
      lake.commit();
    }
    try (Lake lake =
        Lake.open(
            directory,
            LakeConfig.DEFAULT,
            List.of(LineDecoder.logs()),
            UUID.randomUUID(),
            new LocalDisk(),
            LakeTest.CLOCK)) {
      assertThat(lake.replayFrom()).isZero();
      new Frames().lines("s2", LineDecoder.KIND, "two").end().applyTo(lake);
      lake.commit();
      assertThat(Answer.value(lake, "SELECT count(*) FROM logs")).isEqualTo(2L);
    }
  }

  private long files(Lake lake, String sql) throws QueryException, IOException {
    return lake.query(sql, QueryLimits.DEFAULT, new Answer()).files();
  }

  private long count(String part) throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("warehouse/logs").resolve(part))) {
      return files.filter(Files::isRegularFile).count();
    }
  }
}
