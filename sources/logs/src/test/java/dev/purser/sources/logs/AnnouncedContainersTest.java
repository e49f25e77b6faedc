package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.config.DataSize;
import dev.purser.core.record.Stream;
import dev.purser.sources.logs.FileSourceConfig.From;
import dev.purser.sources.logs.multiline.Language;
import dev.purser.sources.logs.multiline.Multiline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The hub takes a container of which it hears nothing for one that nobody saw.
class AnnouncedContainersTest {
  private static final Map<String, String> POD =
      Map.of(Stream.NODE, "n1", LogContext.POD_UID, "u1", LogContext.CONTAINER, "main");

  @TempDir Path directory;
  private final SteppedSource.Clock clock = new SteppedSource.Clock();
  private final RecordingOutbox outbox = new RecordingOutbox();
  private final ReaderPool noReaders = new ReaderPool(0);
  private final Slab slab = new Slab();
  private Map<String, String> context = POD;
  private boolean isKnown = true;
  private boolean hasEnded;
  private Splitter splitter = new LineSplitter();
  private Path log;
  private FileSource source;

  @BeforeEach
  void start() {
    log = directory.resolve("0.log");
    prepare();
  }

  private void restart() {
    source.close();
    prepare();
  }

  private void prepare() {
    source =
        new FileSource(
            SteppedSource.config(From.BEGINNING, 4096, directory.resolve("*.log")),
            new Containers(),
            new Claims(),
            noReaders,
            clock::now);
    source.prepare(outbox, Hints.none());
  }

  @AfterEach
  void close() {
    source.close();
    noReaders.close();
    slab.close();
  }

  @Test
  void aContainerThatWroteNothingIsTold() throws Exception {
    comesEmptyAndGoes();

    assertThat(outbox.known()).hasSize(1);
    assertThat(outbox.known().values())
        .allSatisfy(state -> {
          assertThat(state.ended()).isTrue();
          assertThat(state.nextSeq()).isZero();
        });
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void anEmptyFileOfNoContainerIsNotTold() throws Exception {
    context = Map.of(Stream.NODE, "n1");
    comesEmptyAndGoes();

    assertThat(outbox.known()).isEmpty();
  }

  @Test
  void aFileWhoseContainerIsNotKnownYetIsUndecided() throws Exception {
    isKnown = false;
    Files.writeString(log, "line\n");
    run();
    assertThat(source.undecided()).containsExactly(log.toString());
    assertThat(source.volumes()).isEmpty();

    isKnown = true;
    run();
    assertThat(source.undecided()).isEmpty();
    assertThat(outbox.texts()).containsExactly("line\n");
  }

  @Test
  void aLastLineWithoutAnEndIsReadOnceItsContainerHasEnded() throws Exception {
    splitter = ContainerSplitter.ofLines();
    Files.writeString(log, piece("fatal: "));
    run();
    clock.pass(Duration.ofMinutes(1));
    run();
    assertThat(outbox.texts()).isEmpty();

    hasEnded = true;
    Files.writeString(log, piece("no"), StandardOpenOption.APPEND);
    run();
    clock.pass(Duration.ofSeconds(4));
    run();
    assertThat(outbox.texts()).isEmpty();
    clock.pass(Duration.ofSeconds(2));
    run();
    assertThat(outbox.texts()).containsExactly(piece("fatal: ") + piece("no"));

    restart();
    run();
    hasEnded = false; // Docker starts it again.
    Files.writeString(log, "again\n", StandardOpenOption.APPEND);
    run();
    assertThat(outbox.texts()).containsExactly(piece("fatal: ") + piece("no"), "again\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  @Test
  void halfALineWaitsForItsEnd() throws Exception {
    hasEnded = true;
    Files.writeString(log, "line\nhalf");
    run();
    clock.pass(Duration.ofMinutes(1));
    run();
    restart();
    run();
    assertThat(outbox.texts()).containsExactly("line\n");

    Files.writeString(log, " a line\n", StandardOpenOption.APPEND);
    run();
    assertThat(outbox.texts()).containsExactly("line\n", "half a line\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  /// Where an agent is started anew while the rest of a record that was cut is to come.
  @Test
  void aRecordThatWasCutGoesOnBehindARestart() throws Exception {
    splitter =
        JoiningSplitter.ofLines(
            new Multiline(List.of(Language.JAVA), Duration.ofSeconds(1), new DataSize(1024)));
    String frame = "\tat a.B.c(B.java:1)\n";
    String trace = "java.lang.Error\n" + frame.repeat(60);
    Files.writeString(log, trace);
    run();
    assertThat(outbox.texts()).hasSize(1);
    restart();
    run();
    Files.writeString(log, "ordinary\n", StandardOpenOption.APPEND);
    run();

    assertThat(String.join("", outbox.texts())).isEqualTo(trace + "ordinary\n");
    assertThat(outbox.gaps()).isEmpty();
  }

  private static String piece(String text) {
    return DockerLogs.TIME + " stderr P " + text + "\n";
  }

  private void comesEmptyAndGoes() throws IOException, InterruptedException {
    Files.createFile(log);
    run();
    Files.delete(log);
    run();
    clock.pass(Duration.ofSeconds(6));
    run();
  }

  private void run() throws InterruptedException {
    for (int i = 0; i < 4; i++) {
      for (Incarnation incarnation : source.look(Changes.none().all(false))) {
        while (source.step(incarnation, slab)) {
          // until it waits
        }
      }
    }
    outbox.flush();
  }

  private final class Containers implements Planner {
    @Override
    public Plan plan(Path file, Duration waited) {
      return isKnown ? read(file) : new Plan.Wait();
    }

    @Override
    public Plan.Read read(Path file) {
      return new Plan.Read(LineDecoder.KIND, splitter, context);
    }

    @Override
    public boolean hasEnded(Path file) {
      return hasEnded;
    }
  }
}
