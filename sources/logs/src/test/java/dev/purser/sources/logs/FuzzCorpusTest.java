package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Replays what the fuzzer starts from and what it found.
class FuzzCorpusTest {
  @Test
  void whatWasFoundInCriLinesHolds() throws Exception {
    replay("cri", ContainerLogFuzz.Cri::fuzzerTestOneInput);
  }

  @Test
  void whatWasFoundInLinesOfDockerHolds() throws Exception {
    replay("json-file", ContainerLogFuzz.JsonFile::fuzzerTestOneInput);
  }

  @Test
  void whatWasFoundInEntriesOfDockerHolds() throws Exception {
    replay("docker-local", ContainerLogFuzz.DockerLocal::fuzzerTestOneInput);
  }

  @Test
  void whatWasFoundInLinesThatAreJoinedHolds() throws Exception {
    replay("multiline", MultilineFuzz::fuzzerTestOneInput);
  }

  private static void replay(String target, Consumer<byte[]> check)
      throws IOException, URISyntaxException {
    URL corpus =
        Objects.requireNonNull(FuzzCorpusTest.class.getResource("/fuzz/" + target), target);
    List<Path> inputs;
    try (Stream<Path> files = Files.list(Path.of(corpus.toURI()))) {
      inputs = files.sorted().toList();
    }
    assertThat(inputs).isNotEmpty();
    for (Path input : inputs) {
      try {
        check.accept(Files.readAllBytes(input));
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(input.toString(), e);
      }
    }
  }
}
