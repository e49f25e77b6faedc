package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A source in a container, which sees the host's files below a directory.
class HostFilesTest {
  private static final String POD = "shop_web-1_0b5c2f5e-5d3c-4d32-9d3f-1c3b5f4f8b7a/app";

  @TempDir private Path mounted;
  private final RecordingOutbox outbox = new RecordingOutbox();
  private HostRoot host;

  @BeforeEach
  void mount() throws IOException {
    host = new HostRoot(mounted.toRealPath());
    // As Docker has it: a link to a link to the file.
    write("/var/lib/docker/containers/abc/abc-json.log", "one\ntwo\n");
    link("/var/log/pods/" + POD + "/0.log", "/var/lib/docker/containers/abc/abc-json.log");
    link("/var/log/containers/web-1_shop_app-abc.log", "/var/log/pods/" + POD + "/0.log");
  }

  @Test
  void readsThroughLinksOfTheHostAndSaysItsPaths() throws Exception {
    try (ReaderPool readers = new ReaderPool(1);
        FileSource source = source(readers, "/var/log/pods/*/*/*.log")) {
      source.start(outbox);
      assertThat(source.drain()).isEmpty();
      assertThat(outbox.texts()).containsExactly("one\n", "two\n");
      assertThat(source.progress())
          .singleElement()
          .satisfies(each ->
              assertThat(each.subject())
                  .containsEntry("file", "/var/log/pods/" + POD + "/0.log")
                  .containsEntry("pod", "web-1")
                  .containsEntry("container_id", "abc"));
      write("/var/lib/docker/containers/abc/abc-json.log", "one\ntwo\nthree\n");
      outbox.awaitRecords(3);
    }
  }

  /// The same name in the container's own image is another file.
  @Test
  void aLinkDoesNotLeadIntoTheContainer() throws Exception {
    Path own = Files.writeString(mounted.resolve("own"), "the container's\n").toRealPath();
    link("/var/log/own.log", own.toString());
    link("/var/log/up.log", "../../../../../../../.." + own);
    write("/var/log/round.log.1", "rotated\n");
    link("/var/log/round.log", "/var/log/round.log");
    try (ReaderPool readers = new ReaderPool(1);
        FileSource source = source(readers, "/var/log/*.log")) {
      source.start(outbox);
      assertThat(source.drain())
          .satisfiesExactlyInAnyOrder(
              problem -> assertThat(problem).startsWith("/var/log/round.log: "),
              problem -> assertThat(problem).startsWith("/var/log/own.log: not read: a link to"),
              problem -> assertThat(problem).startsWith("/var/log/up.log: not read: a link to"));
      assertThat(outbox.texts()).containsExactly("rotated\n");
    }
  }

  @Test
  void aFileBelongsToOneSourceByItsRealNameOnTheHost() throws Exception {
    Claims claims = new Claims(host);
    try (ReaderPool readers = new ReaderPool(1);
        FileSource first = source(readers, claims, "/var/lib/docker/containers/*/*.log");
        FileSource second = source(readers, claims, "/var/log/pods/*/*/*.log")) {
      // The second looks before the first's stream is in the hub.
      second.start(outbox);
      first.start(outbox);
      assertThat(first.drain()).isEmpty();
      assertThat(second.drain()).isEmpty();
      assertThat(outbox.texts()).containsExactly("one\n", "two\n");
      assertThat(second.progress()).isEmpty();
    }
  }

  private FileSource source(ReaderPool readers, String pattern) {
    return source(readers, new Claims(host), pattern);
  }

  private FileSource source(ReaderPool readers, Claims claims, String pattern) {
    return new FileSource(
        FileSourceConfig.of(
            "test",
            List.of(pattern),
            FileSourceConfig.From.BEGINNING,
            FileSourceConfig.DEFAULT_HELD_BYTES,
            List.of(),
            new AgentHome(mounted.resolve("data"), true)),
        Planner.all(
            LineDecoder.KIND,
            new LineSplitter(),
            LogContext.ofContainers(
                Map.of(), Path.of("/var/log/pods"), Path.of("/var/log/containers"), host)),
        claims,
        readers,
        InstantSource.system());
  }

  private void write(String path, String text) throws IOException {
    Files.writeString(parent(path), text);
  }

  private void link(String path, String target) throws IOException {
    Files.createSymbolicLink(parent(path), Path.of(target));
  }

  private Path parent(String path) throws IOException {
    Path file = mounted.resolve(path.substring(1));
    Files.createDirectories(file.getParent());
    return file;
  }
}
