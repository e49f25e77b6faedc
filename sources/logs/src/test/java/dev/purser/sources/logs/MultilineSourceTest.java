package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.sources.logs.FileSourceConfig.From;
import dev.purser.sources.logs.multiline.Multiline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Records of several lines in files that grow, are rotated, and are read by an agent that starts
/// anew.
class MultilineSourceTest {
  private static final String HEAD = "java.lang.IllegalStateException: boom\n";
  private static final String FRAME = "\tat com.acme.App.main(App.java:1)\n";
  private static final String CAUSE = "Caused by: java.io.IOException\n\t... 1 more\n";

  @TempDir Path directory;
  private Path log;
  private final SteppedSource.Clock clock = new SteppedSource.Clock();
  private final RecordingOutbox outbox = new RecordingOutbox();

  @BeforeEach
  void nameFile() {
    log = directory.resolve("app.log");
  }

  @Test
  void aTraceAtTheEndIsCompleteWhenNothingCameForTheTimeLimit() throws Exception {
    append(log, "one\n" + HEAD + FRAME);
    try (SteppedSource source = source().run()) {
      assertThat(outbox.texts()).containsExactly("one\n");
      clock.pass(Duration.ofMillis(999));
      source.run();
      assertThat(outbox.texts()).hasSize(1);
      clock.pass(Duration.ofMillis(1));
      source.run();
      assertThat(outbox.texts()).containsExactly("one\n", HEAD + FRAME);
    }
  }

  @Test
  void eachFurtherLineMakesItWaitAnew() throws Exception {
    append(log, HEAD + FRAME);
    try (SteppedSource source = source().run()) {
      clock.pass(Duration.ofMillis(900));
      append(log, FRAME);
      source.run();
      clock.pass(Duration.ofMillis(900));
      source.run();
      assertThat(outbox.texts()).isEmpty();
      append(log, "two\n");
      source.run();
      assertThat(outbox.texts()).containsExactly(HEAD + FRAME + FRAME, "two\n");
    }
  }

  @Test
  void aLineWithoutAnEndStaysBehindATraceThatIsComplete() throws Exception {
    append(log, HEAD + FRAME + "\tat com.ac");
    try (SteppedSource source = source().run()) {
      clock.pass(Duration.ofSeconds(1));
      source.run();
      assertThat(outbox.texts()).containsExactly(HEAD + FRAME);
    }
  }

  @Test
  void aTraceThatGoesOnOverARestartIsOneRecord() throws Exception {
    append(log, "one\n" + HEAD + FRAME);
    source().run().close();
    outbox.crash();
    append(log, CAUSE + "two\n");
    source().run().close();
    assertThat(outbox.texts()).containsExactly("one\n", HEAD + FRAME + CAUSE, "two\n");
    assertThat(outbox.fileStreams()).hasSize(1);
  }

  @Test
  void whatTheHubSentBackIsJoinedAnew() throws Exception {
    outbox.holdBack();
    append(log, "one\n" + HEAD + FRAME);
    try (SteppedSource source = source().run()) {
      clock.pass(Duration.ofSeconds(1));
      source.run();
      outbox.sendBack();
      append(log, CAUSE + "two\n");
      source.run();
      outbox.flush();
    }
    assertThat(outbox.texts()).containsExactly("one\n", HEAD + FRAME + CAUSE, "two\n");
  }

  @Test
  void theTraceAtTheEndOfARotatedFileIsTakenAndItsRestInTheNewFileIsARecordToo() throws Exception {
    append(log, HEAD + FRAME);
    try (SteppedSource source = source().run()) {
      Files.move(log, directory.resolve("app.log.1"));
      append(log, FRAME + CAUSE + "two\n");
      source.run();
      clock.pass(Duration.ofSeconds(1));
      source.run();
    }
    assertThat(outbox.texts()).containsExactlyInAnyOrder(HEAD + FRAME, FRAME + CAUSE, "two\n");
  }

  @Test
  void drainTakesWhatIsThere() throws Exception {
    append(log, "one\n" + HEAD + FRAME);
    try (SteppedSource source = source()) {
      assertThat(source.source().drain()).isEmpty();
    }
    assertThat(outbox.texts()).containsExactly("one\n", HEAD + FRAME);
  }

  @Test
  void aContainersOpenTraceDoesNotHoldBackItsOtherStreamForLong() throws Exception {
    String stderr = "2026-11-23T04:38:02.123456789Z stderr F ";
    String stdout = "2026-11-23T04:38:02.123456789Z stdout F ordinary\n";
    String trace = stderr + HEAD + stderr + FRAME;
    append(log, trace);
    try (SteppedSource source =
        source(JoiningSplitter.ofContainers(Multiline.parse("java"))).run()) {
      for (int i = 0; i < 2; i++) {
        assertThat(outbox.texts()).isEmpty();
        append(log, stdout);
        clock.pass(Duration.ofMillis(500));
        source.run();
      }
    }
    assertThat(outbox.texts()).containsExactly(trace, stdout, stdout);
  }

  /// Neither the poll nor a hint wakes the reader.
  @Test
  void aTimerWakesTheReaderForAnOpenRecord() throws Exception {
    append(log, "one\n" + HEAD + FRAME);
    try (ReaderPool readers = new ReaderPool(1);
        FileSource source =
            new FileSource(
                new FileSourceConfig(
                    "test",
                    List.of(log.toString()),
                    From.BEGINNING,
                    1 << 20,
                    Duration.ofHours(1),
                    Duration.ofSeconds(5),
                    FileSourceConfig.DEFAULT_HELD_BYTES,
                    List.of(),
                    Optional.of(log.resolveSibling(".spool"))),
                Planner.all(
                    LineDecoder.KIND,
                    JoiningSplitter.ofLines(Multiline.parse("java")),
                    LogContext.ofFiles(Map.of())),
                new Claims(),
                readers,
                InstantSource.system())) {
      source.start(outbox);
      outbox.awaitRecords(2);
    }
    assertThat(outbox.texts()).containsExactly("one\n", HEAD + FRAME);
  }

  private SteppedSource source() {
    return source(JoiningSplitter.ofLines(Multiline.parse("java")));
  }

  private SteppedSource source(Splitter splitter) {
    return new SteppedSource(
        SteppedSource.config(From.BEGINNING, 1 << 20, directory.resolve("app.log*")),
        LineDecoder.KIND,
        splitter,
        new Claims(),
        outbox,
        clock,
        new Slab());
  }

  private void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    Files.setLastModifiedTime(file, FileTime.from(clock.now()));
  }
}
