package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The source with its threads, inotify and the real clock.
class RunningSourceTest {
  private static final int LINES = 20_000;

  @TempDir Path directory;
  private final RecordingOutbox outbox = new RecordingOutbox();

  @Test
  void readsWhatIsWrittenAndRotatedWhileItRuns() throws Exception {
    Path log = directory.resolve("deep/er/app.log");
    try (ReaderPool readers = new ReaderPool(2);
        FileSource source = source(readers, directory.resolve("**/*.log"))) {
      source.start(outbox);
      Files.createDirectories(log.getParent());
      List<String> expected = new ArrayList<>();
      StringBuilder block = new StringBuilder();
      for (int i = 0; i < LINES; i++) {
        String line = "line " + i + "\n";
        expected.add(line);
        block.append(line);
        if (i % 100 == 99) {
          append(log, block.toString());
          block.setLength(0);
        }
        if (i % 5000 == 4999) {
          Files.move(log, log.resolveSibling("app.log." + i), StandardCopyOption.REPLACE_EXISTING);
        }
      }
      outbox.awaitRecords(LINES);
      assertThat(outbox.texts()).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(outbox.fileStreams()).hasSize(4);
      assertThat(source.problems()).isEmpty();
      assertThat(source.progress()).allSatisfy(each -> assertThat(each.lagBytes()).isZero());
    }
  }

  @Test
  void severalThreadsDrainManyFilesOnce() throws Exception {
    for (int file = 0; file < 50; file++) {
      append(directory.resolve("f" + file + ".log"), "first of " + file + "\n" + "x\n".repeat(500));
    }
    try (ReaderPool readers = new ReaderPool(2);
        FileSource source = source(readers, directory.resolve("*.log"))) {
      source.start(outbox);
      assertThat(source.drain()).isEmpty();
      assertThat(outbox.texts()).hasSize(50 * 501);
    }
  }

  private static FileSource source(ReaderPool readers, Path pattern) {
    return new FileSource(
        new FileSourceConfig(
            "test",
            List.of(pattern.toString()),
            From.BEGINNING,
            1 << 20,
            Duration.ofMillis(200),
            Duration.ofSeconds(5),
            List.of()),
        Planner.all(LineDecoder.KIND, new LineSplitter(), LogContext.ofFiles(Map.of())),
        new Claims(),
        readers,
        InstantSource.system());
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
