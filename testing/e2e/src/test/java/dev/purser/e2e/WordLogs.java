package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.rig.Asking;
import dev.purser.rig.PurserProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.IntStream;

/// Logs in a directory whose lines are a word and a number, and an agent that reads them.
///
/// @param lines of each word
record WordLogs(Path directory, int lines) {
  static WordLogs in(Path directory, int lines) throws IOException {
    return new WordLogs(Files.createDirectories(directory), lines);
  }

  Path file(String name) {
    return directory.resolve(name);
  }

  /// Appends all lines of a word.
  void write(Path file, String word) throws IOException {
    Files.write(
        file,
        IntStream.range(0, lines).mapToObj(i -> word + " " + i).toList(),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /// Starts an agent of the hub whose data is in `hubData`; its source is named `app`.
  PurserProcess agent(Path hubData, Path agentData) throws IOException, InterruptedException {
    Path config =
        Files.writeString(
            directory.resolveSibling("agent.yaml"),
            """
            data: %s
            sources:
              files: [ { name: app, paths: ["%s/*.log"] } ]
            hub: %s
            """
                .formatted(agentData, directory, Asking.hubOfAgents(hubData)));
    return PurserProcess.start("agent", "--config", config.toString()).awaitReady();
  }

  /// `logs` has each line of these words once, and no other.
  void assertEachOnce(Asking hub, List<String> words) throws IOException, InterruptedException {
    for (String word : words) {
      assertThat(
              hub.number(
                  "SELECT count(DISTINCT message) AS n FROM logs WHERE message LIKE '"
                      + word
                      + " %'"))
          .as(word)
          .isEqualTo(lines);
    }
    assertThat(hub.number("SELECT count(*) AS n FROM logs")).isEqualTo((long) words.size() * lines);
  }
}
