package dev.purser.lake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.disk.Disk;
import dev.purser.core.disk.LocalDisk;
import dev.purser.core.record.Gap;
import dev.purser.core.record.Position;
import dev.purser.core.table.Decoder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
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
            .lines("s1", LineDecoder.KIND, "b", "a", "n=x,y")
            .lines("s2", "other", "o")
            .end();
    String sql =
        "SELECT time, ingest_time, cluster, node, source, seq, raw, message, tags, size, share, plain"
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
    assertThat(staged).hasSize(3);
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
            false);
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
