package dev.purser.sources.events;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.record.Gap;
import dev.purser.core.record.Position;
import dev.purser.core.record.StreamState;
import dev.purser.kubernetes.Backoff;
import dev.purser.kubernetes.Cluster;
import dev.purser.testkit.FakeApiServer;
import dev.purser.testkit.FakeApiServer.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EventsSourceTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final String STREAM = "events/prod/c1";
  private static final Pace PACE =
      new Pace(
          Duration.ofMillis(2),
          Duration.ofHours(1),
          Duration.ofHours(1),
          Duration.ofMillis(500),
          Duration.ofSeconds(30),
          Duration.ofSeconds(20));

  @TempDir Path directory;

  private final FakeApiServer server = new FakeApiServer();
  private final FakeHub hub = new FakeHub();
  private final List<String> expected = Collections.synchronizedList(new ArrayList<>());
  private final List<Duration> pauses = Collections.synchronizedList(new ArrayList<>());
  private @Nullable EventsSource source;
  private Pace pace = PACE;

  @BeforeEach
  void threeEventsAreThere() {
    happen("b");
    happen("a");
    happen("c");
  }

  @AfterEach
  void close() {
    if (source != null) {
      source.close();
    }
    server.close();
  }

  @Test
  void deliversTheListInTheOrderOfVersionsAndThenWhatHappens() throws Exception {
    happen("d");
    happen("a");
    expected.remove(1); // the first version of a, which a later one replaced
    start();
    awaitAll();
    happen("e");
    happen("e");
    awaitAll();
    assertThat(hub.gaps()).isEmpty();
    assertThat(hub.held().keySet()).containsExactly(STREAM);
    assertThat(running().problems()).isEmpty();
    assertThat(running().progress()).hasSize(1);
  }

  @Test
  void goesOnAfterARestartWithoutLossOrRepetition() throws Exception {
    start();
    awaitAll();
    stop();
    happen("a");
    server.expire("b");
    happen("x");
    start();
    awaitAll();
    happen("y");
    awaitAll();
    assertThat(hub.gaps()).isEmpty();
    assertThat(server.requests().stream().filter(r -> r.contains("limit=500"))).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"EMPTY", "ERROR", "CLOSE", "HALF_LINE", "CUT", "GARBAGE", "STREAM_ERROR"})
  void goesOnWhereItWasAfterAFailure(Fault fault) throws Exception {
    start();
    awaitAll();
    server.awaitWatches(1);
    server.next(fault, fault, fault);
    server.cut();
    happen("d");
    happen("a");
    server.awaitWatches(5);
    happen("e");
    awaitAll();
    assertThat(hub.gaps()).isEmpty();
    assertThat(running().problems()).isEmpty();
  }

  /// Told so by HTTP 410, by an empty answer, or by an ERROR object.
  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"GONE", "EMPTY", "CLOSE"})
  void takesForgottenVersionsForAGapAndListsWhatIsNew(Fault fault) throws Exception {
    start();
    awaitAll();
    server.awaitWatches(1);
    long lost = server.version();
    server.goDown();
    // a happens three times, and the list shows the last; d, once; e came and went.
    server.happen("a");
    server.happen("a");
    happen("a");
    happen("d");
    server.happen("e");
    server.expire("e");
    server.compact();
    server.next(fault);
    server.comeUp();
    awaitAll();
    hub.await(() -> !hub.gaps().isEmpty());
    happen("f");
    awaitAll();
    assertThat(hub.gaps()).hasSize(1);
    Gap gap = hub.gaps().getFirst();
    assertThat(gap.reason()).isEqualTo(Gap.Reason.WATCH_EXPIRED);
    assertThat(gap.from()).isEqualTo(new Position(Long.toString(lost)));
    assertThat(gap.to()).isEqualTo(new Position(Long.toString(server.version() - 1)));
    assertThat(gap.lost()).isEqualTo(2);
    assertThat(gap.timeMicros()).isEqualTo(NOW.getEpochSecond() * 1_000_000);
  }

  @Test
  void doesNotKnowTheSizeOfALossAfterARestart() throws Exception {
    start();
    awaitAll();
    stop();
    long lost = server.version();
    server.happen("a");
    happen("a");
    server.compact();
    long listed = server.version();
    start();
    awaitAll();
    hub.await(() -> !hub.gaps().isEmpty());
    Gap gap = hub.gaps().getFirst();
    assertThat(gap.lost()).isNull();
    assertThat(List.of(gap.from(), gap.to()))
        .isEqualTo(List.of(new Position("" + lost), new Position("" + listed)));
  }

  @Test
  void beginsAListAgainThatIsForgottenWhileItIsRead() throws Exception {
    happen("d");
    happen("e");
    server.onList(() -> {
      happen("f");
      server.compact();
    });
    start();
    hub.await(() -> hub.records().size() >= 6);
    happen("g");
    awaitAll();
    assertThat(hub.gaps()).isEmpty();
    assertThat(pauses).hasSize(1);
  }

  @Test
  void aListInterruptedInTheMiddleGoesOnAndEndsInOneGap() throws Exception {
    start();
    awaitAll();
    stop();
    long lost = server.version();
    happen("d");
    happen("e");
    server.compact();
    // What the hub holds when a crash comes behind the first batch of the list.
    StreamState held = held();
    hub.rewind(
        new StreamState(new Position((lost + 1) + "<" + lost), held.nextSeq() + 1, false), 3);
    expected.remove(3);
    start();
    awaitAll();
    hub.await(() -> !hub.gaps().isEmpty());
    assertThat(hub.gaps()).hasSize(1);
    assertThat(hub.gaps().getFirst().from()).isEqualTo(new Position("" + lost));
  }

  @Test
  void deliversAgainWhatTheHubForgot() throws Exception {
    start();
    awaitAll();
    StreamState before = held();
    happen("d");
    happen("e");
    awaitAll();
    hub.rewind(before, 3);
    awaitAll();
    assertThat(hub.gaps()).isEmpty();
  }

  @Test
  void sendsAgainWhatWasRefused() throws Exception {
    start();
    awaitAll();
    hub.refuse(3);
    happen("d");
    happen("e");
    awaitAll();
    assertThat(hub.gaps()).isEmpty();
  }

  @Test
  void aQuietClusterDoesNotFallBehindWhatIsForgotten() throws Exception {
    pace = quiet(Duration.ofMillis(20));
    start();
    awaitAll();
    server.elsewhere(50);
    String far = Long.toString(server.version());
    hub.await(() -> held().position().token().equals(far));
    stop();
    server.compact();
    start();
    happen("d");
    awaitAll();
    assertThat(hub.gaps()).isEmpty();
  }

  @Test
  void leavesAWatchThatHasGoneSilent() throws Exception {
    pace = quiet(Duration.ofMillis(20));
    server.next(Fault.SILENT);
    start();
    awaitAll();
    server.awaitWatches(1);
    happen("d");
    awaitAll();
    assertThat(hub.gaps()).isEmpty();
  }

  @Test
  void expiredEventsAndBookmarksMoveThePositionButAreNoRows() throws Exception {
    pace =
        new Pace(
            PACE.linger(),
            Duration.ofMillis(5),
            PACE.quiet(),
            PACE.firstBackoff(),
            PACE.mostBackoff(),
            PACE.answer());
    start();
    awaitAll();
    server.expire("b");
    hub.await(() -> held().position().token().equals("" + server.version()));
    server.elsewhere(7);
    server.bookmark();
    hub.await(() -> held().position().token().equals("" + server.version()));
    awaitAll();
    assertThat(held().nextSeq()).isEqualTo(3);
  }

  @Test
  void bookmarksAloneAreNotSentEachTime() throws Exception {
    start();
    awaitAll();
    hub.await(() -> held().position().token().equals("" + server.version()));
    int before = hub.batches();
    for (int i = 0; i < 10; i++) {
      server.elsewhere(1);
      server.bookmark();
    }
    happen("d");
    awaitAll();
    assertThat(hub.batches()).isEqualTo(before + 1);
  }

  @Test
  void aClusterBuiltAnewIsAnotherStream() throws Exception {
    start();
    awaitAll();
    server.awaitWatches(1);
    server.rebuild("c2");
    happen("z");
    server.cut();
    awaitAll();
    hub.await(() -> hub.held().size() == 2);
    assertThat(hub.held()).containsOnlyKeys(STREAM, "events/prod/c2");
    assertThat(hub.gaps()).isEmpty();
  }

  @Test
  void versionsThatWentBackAreAGap() throws Exception {
    pace = quiet(Duration.ofMillis(20));
    happen("d");
    start();
    awaitAll();
    server.awaitWatches(1);
    long before = server.version();
    server.restore(before - 1);
    expected.addAll(expected.subList(0, 3));
    awaitAll();
    hub.await(() -> !hub.gaps().isEmpty());
    assertThat(hub.gaps().getFirst().detail()).contains("versions went back");
    assertThat(hub.gaps().getFirst().to()).isEqualTo(new Position("" + (before - 1)));
  }

  @Test
  void waitsLongerAfterEachFailure() throws Exception {
    server.lists(Fault.ERROR);
    List<String> problems = new ArrayList<>();
    source =
        source(time -> {
          pauses.add(time);
          if (pauses.size() == 3) {
            problems.addAll(running().problems());
          }
          if (pauses.size() == 12) {
            server.lists(null);
          }
        });
    source.start(hub);
    awaitAll();
    hub.await(() -> running().problems().isEmpty());
    long limit = 500;
    for (Duration pause : List.copyOf(pauses)) {
      assertThat(pause.toMillis()).isBetween(limit / 2, limit);
      limit = Math.min(30_000, 2 * limit);
    }
    assertThat(problems)
        .singleElement()
        .asString()
        .startsWith("events of cluster prod: http://127.0.0.1:")
        .endsWith("/api/v1/events refused with 500: \"etcdserver: no leader\"");
  }

  @Test
  void saysWhatIsWrongWithAKubeconfigAndReadsItAgain() throws Exception {
    Path file = Files.writeString(directory.resolve("broken"), "current-context: none\n");
    List<String> problems = new ArrayList<>();
    source =
        new EventsSource(
            new EventsConfig(List.of(new Cluster("prod", file))),
            pace,
            InstantSource.fixed(NOW),
            new Random(1),
            time -> {
              problems.addAll(running().problems());
              repair(file);
            });
    source.start(hub);
    awaitAll();
    assertThat(problems)
        .containsExactly(
            "events of cluster prod: "
                + file
                + ": context \"none\": no context \"none\" in contexts, only []");
  }

  @Test
  void drainsWhatIsThere() throws Exception {
    start();
    happen("d");
    assertThat(running().drain()).isEmpty();
    assertThat(hub.records()).hasSize(4);
    server.goDown();
    assertThat(running().drain()).singleElement().asString().contains("refused with 503");
  }

  private void repair(Path file) {
    try {
      Files.writeString(file, Files.readString(server.kubeconfig(directory)));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private Pace quiet(Duration quiet) {
    return new Pace(
        PACE.linger(),
        PACE.bookmark(),
        quiet,
        PACE.firstBackoff(),
        PACE.mostBackoff(),
        PACE.answer());
  }

  private EventsSource running() {
    if (source == null) {
      throw new IllegalStateException("not started");
    }
    return source;
  }

  private EventsSource source(Backoff.Pause pause) throws IOException {
    Cluster cluster = new Cluster("prod", server.kubeconfig(directory));
    return new EventsSource(
        new EventsConfig(List.of(cluster)), pace, InstantSource.fixed(NOW), new Random(1), pause);
  }

  private void start() throws IOException {
    source = source(pauses::add);
    source.start(hub);
  }

  private void stop() {
    running().close();
  }

  private StreamState held() {
    return hub.held().getOrDefault(STREAM, StreamState.NEW);
  }

  private void happen(String uid) {
    expected.add(server.happen(uid) + "\n");
  }

  private void awaitAll() throws InterruptedException {
    int size = expected.size();
    hub.await(() -> hub.records().size() >= size);
    assertThat(hub.records()).isEqualTo(List.copyOf(expected).subList(0, size));
  }
}
