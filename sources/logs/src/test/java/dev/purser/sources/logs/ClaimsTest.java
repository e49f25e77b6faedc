package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.sources.logs.FileSourceConfig.From;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClaimsTest {
  @TempDir private Path temporary;
  private final SteppedSource.Clock clock = new SteppedSource.Clock();
  private final RecordingOutbox outbox = new RecordingOutbox();
  private final Claims claims = new Claims();

  /// By its number, which is also that of the next file once it is deleted.
  @Test
  void aFileThatASourceLostWithoutReadingItIsTheNextOnes() throws Exception {
    Path packed = Files.createDirectories(temporary.resolve("first")).resolve("app.log.gz");
    Files.writeString(packed, "no gzip\n");
    Files.setLastModifiedTime(packed, FileTime.from(clock.now()));
    Path second = Files.createDirectories(temporary.resolve("second"));
    try (SteppedSource before = source(packed.resolveSibling("*.log"));
        SteppedSource after = source(second.resolve("*.log"))) {
      before.run();
      Files.move(packed, second.resolve("app.log"));
      before.run();
      after.run();
      assertThat(outbox.texts()).containsExactly("no gzip\n");
    }
  }

  private SteppedSource source(Path pattern) {
    FileSourceConfig config = SteppedSource.config(From.BEGINNING, 1 << 16, pattern);
    return new SteppedSource(
        config, LineDecoder.KIND, new LineSplitter(), claims, outbox, clock, new Slab());
  }
}
