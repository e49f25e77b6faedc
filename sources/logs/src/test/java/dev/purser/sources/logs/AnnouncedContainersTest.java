package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.record.Stream;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
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
  private Path log;
  private FileSource source;

  @BeforeEach
  void start() {
    log = directory.resolve("0.log");
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
    Files.writeString(log, "line\nfatal: ");
    run();
    clock.pass(Duration.ofMinutes(1));
    run();
    assertThat(outbox.texts()).containsExactly("line\n");

    hasEnded = true;
    Files.writeString(log, "no", StandardOpenOption.APPEND);
    run();
    clock.pass(Duration.ofSeconds(4));
    run();
    assertThat(outbox.texts()).containsExactly("line\n");
    clock.pass(Duration.ofSeconds(2));
    run();
    assertThat(outbox.texts()).containsExactly("line\n", "fatal: no");

    // Docker starts it again.
    hasEnded = false;
    Files.writeString(log, "again\n", StandardOpenOption.APPEND);
    run();
    assertThat(outbox.texts()).containsExactly("line\n", "fatal: no", "again\n");
    assertThat(outbox.gaps()).isEmpty();
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
      for (Incarnation incarnation : source.look()) {
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
      return new Plan.Read(LineDecoder.KIND, new LineSplitter(), context);
    }

    @Override
    public boolean hasEnded(Path file) {
      return hasEnded;
    }
  }
}
