package dev.purser.lake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.disk.LocalDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TailsTest {
  private static final QueryLimits LIMITS = new QueryLimits(100, Duration.ofSeconds(30));
  private static final Selection MESSAGES = new Selection("logs", List.of("message"), null);

  @TempDir Path directory;
  private Lake lake;

  @BeforeEach
  void opens() throws IOException {
    lake = LakeTest.open(directory, new LocalDisk(), LineDecoder.logs(), LineDecoder.others());
  }

  @AfterEach
  void closes() throws IOException {
    lake.close();
  }

  @Test
  void givesEachRowOnceThroughCommitsAndRestarts() throws Exception {
    long seed = Long.getLong("purser.seed", System.nanoTime());
    System.out.println("tails: -Dpurser.seed=" + seed);
    Random random = new Random(seed);
    Frames frames = new Frames();
    List<String> written = new ArrayList<>();
    List<@Nullable Object> read = new ArrayList<>();
    Cursor cursor = Cursor.START;
    int applied = 0;
    for (int step = 0; step < 200; step++) {
      switch (random.nextInt(8)) {
        case 0 -> lake.commit();
        case 1 -> lake.flush();
        case 2 -> {
          lake.close();
          opens();
          frames.applyTo(lake, lake.replayFrom());
          applied = frames.all().size();
        }
        case 3, 4 -> {
          Answer page = new Answer();
          cursor = lake.tails().read(MESSAGES, cursor, new QueryLimits(7, LIMITS.time()), page);
          read.addAll(page.values());
        }
        default -> {
          for (int source = 0; source < 1 + random.nextInt(2); source++) {
            String[] lines =
                Frames.numbered("line " + step + "/" + source + "/", random.nextInt(9));
            frames.lines("s" + source, LineDecoder.KIND, lines);
            written.addAll(List.of(lines));
          }
          frames.end(Frames.T0 + step);
          applied = applyOne(frames, applied);
        }
      }
    }
    // As the hub does: a lake that was opened with nothing left to apply cannot know the time.
    lake.caughtUp(Frames.T0 + 200);
    for (Answer page = new Answer(); ; page = new Answer()) {
      cursor = lake.tails().read(MESSAGES, cursor, LIMITS, page);
      read.addAll(page.values());
      if (page.rows().isEmpty()) {
        break;
      }
    }
    assertThat(read).isEqualTo(written);
  }

  @Test
  void doesNotPassRowsThatAreNotVisibleYet() throws Exception {
    new Frames().lines("s1", LineDecoder.KIND, "one").end(Frames.T0 + 1).applyTo(lake);
    assertThat(lake.tails().awaitBeyond(Cursor.behind(Frames.T0), Duration.ZERO)).isTrue();
    Cursor cursor = read(MESSAGES, Cursor.START, "one");
    assertThat(cursor).isEqualTo(Cursor.behind(Frames.T0 + 1));
    assertThat(lake.tails().awaitBeyond(cursor, Duration.ZERO)).isFalse();
    Cursor within = new Cursor(Frames.T0 + 5, "s1", 3);
    assertThat(read(MESSAGES, within)).isEqualTo(within);
    // A cursor ahead of a hub that is still reading its log again stays where it is.
    Cursor ahead = Cursor.behind(Frames.T0 + 5);
    assertThat(read(MESSAGES, ahead)).isEqualTo(ahead);
    lake.caughtUp(Frames.T0 + 9);
    assertThat(read(MESSAGES, ahead)).isEqualTo(Cursor.behind(Frames.T0 + 9));
  }

  @Test
  void goesOnWithinAFrameWherePagesEnd() throws Exception {
    new Frames()
        .lines("it's \"s\"", LineDecoder.KIND, "a", "b", "c")
        .lines("s2", LineDecoder.KIND, "d")
        .end(Frames.T0)
        .applyTo(lake);
    Cursor cursor = Cursor.START;
    for (String message : List.of("a", "b", "c", "d")) {
      Answer page = new Answer();
      cursor = lake.tails().read(MESSAGES, cursor, new QueryLimits(1, LIMITS.time()), page);
      assertThat(page.values()).containsExactly(message);
      assertThat(Cursor.parse(cursor.toString())).isEqualTo(cursor);
      assertThat(lake.tails().awaitBeyond(cursor, Duration.ZERO)).isTrue();
    }
    assertThat(read(MESSAGES, cursor)).isEqualTo(Cursor.behind(Frames.T0));
  }

  @Test
  void beginsBeforeTheLastRowsThatAreSelected() throws Exception {
    Frames frames = new Frames();
    for (int i = 0; i < 20; i++) {
      frames.lines("s1", LineDecoder.KIND, "a" + i, "b" + i).end(Frames.T0 + i);
    }
    frames.applyTo(lake);
    lake.commit();
    Selection some = new Selection("LOGS", List.of("MESSAGE"), "message LIKE 'b%' -- only these");
    read(some, lake.tails().last(some, 3, LIMITS), "b17", "b18", "b19");
    read(some, lake.tails().last(some, 0, LIMITS));
    assertThat(lake.tails().last(some, 20, LIMITS)).isEqualTo(Cursor.START);
    read(new Selection("logs", List.of("seq"), "message = 'a0'"), Cursor.START, 0L);
  }

  private Cursor read(Selection selection, Cursor after, Object... expected) throws Exception {
    Answer page = new Answer();
    Cursor next = lake.tails().read(selection, after, LIMITS, page);
    assertThat(page.values()).containsExactly(expected);
    return next;
  }

  private int applyOne(Frames frames, int applied) throws InterruptedException {
    for (Frames.Frame frame : frames.all().subList(applied, frames.all().size())) {
      lake.apply(frame.nextOffset(), frame.ingestTimeMicros(), frame.batches());
    }
    return frames.all().size();
  }
}
