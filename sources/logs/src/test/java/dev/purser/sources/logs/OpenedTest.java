package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.disk.HostRoot;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A file that was opened and cannot be read, as on a disk that fails, leaves no descriptor behind,
/// however often it is tried.
class OpenedTest {
  @TempDir private Path directory;
  private final SteppedSource.Clock clock = new SteppedSource.Clock();
  private final RecordingOutbox outbox = new RecordingOutbox();
  private final FailingTree tree = new FailingTree();
  private Path log;
  private Path copy;

  @BeforeEach
  void nameFiles() {
    log = directory.resolve("app.log");
    copy = directory.resolve("app.log.1");
  }

  @AfterEach
  void allAreClosed() {
    assertThat(tree.opened).isNotEmpty().noneMatch(FileChannel::isOpen);
  }

  @Test
  void whenItIsFound() throws Exception {
    append(log, "one\n");
    tree.failing = log;
    try (SteppedSource source = source()) {
      source.look();
      source.look();
      assertThat(tree.opened).isNotEmpty().noneMatch(FileChannel::isOpen);
      assertThat(source.source().problems()).singleElement().asString().contains("disk");
      tree.failing = null;
      source.run();
    }
    assertThat(outbox.texts()).containsExactly("one\n");
  }

  @Test
  void whenItWasTruncated() throws Exception {
    append(log, "one\ntwo\n");
    try (SteppedSource source = source().run()) {
      Files.writeString(log, "new\n");
      step(source);
      tree.failing = log;
      source.look();
      assertThat(tree.opened).isNotEmpty().noneMatch(FileChannel::isOpen);
    }
  }

  @Test
  void whenItIsACopyOfWhatWasTruncated() throws Exception {
    append(log, "one\ntwo\n");
    try (SteppedSource source = source().run()) {
      append(log, "three\n");
      Files.copy(log, copy);
      Files.writeString(log, "new\n");
      step(source);
      tree.failing = copy;
      source.look();
      source.look();
      assertThat(tree.opened).isNotEmpty().noneMatch(FileChannel::isOpen);
    }
  }

  @Test
  void whenItIsBackAndMayBeAnother() throws Exception {
    append(log, "one\ntwo\n");
    Path kept = directory.resolve("kept");
    outbox.holdBack();
    try (SteppedSource source = source()) {
      source.look();
      Files.createLink(kept, log);
      Files.delete(log);
      for (int i = 0; i < 4; i++) {
        source.look();
        clock.pass(Duration.ofSeconds(3));
      }
      Files.move(kept, log);
      tree.failing = log;
      source.look();
      assertThat(tree.opened).isNotEmpty().noneMatch(FileChannel::isOpen);
    }
  }

  /// Looks and reads a little, so that what became of a file is seen and nothing done about it.
  private static void step(SteppedSource source) throws InterruptedException {
    for (Incarnation each : source.look()) {
      source.readSome(each);
    }
  }

  private SteppedSource source() {
    return new SteppedSource(
        readers ->
            new FileSource(
                SteppedSource.config(From.BEGINNING, 1 << 20, directory.resolve("*.log")),
                Planner.all(LineDecoder.KIND, new LineSplitter(), LogContext.ofFiles(Map.of())),
                tree,
                new Claims(),
                readers,
                clock::now),
        outbox);
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /// The host's files on a file system without times of birth, of which one cannot be read.
  private final class FailingTree extends PassingTree {
    private final List<FileChannel> opened = new ArrayList<>();
    private @Nullable HostTree host;
    private @Nullable Path failing;

    @Override
    FileTree tree() {
      if (host == null) {
        FilePattern pattern = new FilePattern(directory.resolve("*.log").toString());
        host = new HostTree(HostRoot.SAME, List.of(pattern));
      }
      return host;
    }

    @Override
    public FileStats.Stat stat(Path file) throws IOException {
      FileStats.Stat stat = tree().stat(file);
      return new FileStats.Stat(
          new FileId(stat.id().dev(), stat.id().ino(), 0),
          stat.size(),
          stat.mtimeMicros(),
          stat.isRegularFile(),
          stat.isFinal());
    }

    @Override
    public @Nullable FileChannel open(Path file, FileId found) throws IOException {
      FileChannel channel = tree().open(file, tree().stat(file).id());
      if (channel == null || !file.equals(failing)) {
        return channel;
      }
      FileChannel broken = new BrokenChannel(channel);
      opened.add(broken);
      return broken;
    }
  }

  private static final class BrokenChannel extends ContentChannel {
    private final FileChannel file;

    private BrokenChannel(FileChannel file) {
      this.file = file;
    }

    @Override
    public long size() {
      return 100;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      throw new IOException("the disk fails");
    }

    @Override
    protected void implCloseChannel() throws IOException {
      file.close();
    }
  }
}
