package dev.purser.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Fluent Bit beside ours, as its chart configures it, with its own defaults for all else. The
/// variable FLUENT_BIT names its program.
final class FluentBit implements AutoCloseable {
  private final String program;
  private final Path config;
  private final Path output;
  private Process running;

  private FluentBit(String program, Path config, Path output) throws IOException {
    this.program = program;
    this.config = config;
    this.output = output;
    this.running = start();
  }

  /// Starts it; empty where there is none.
  ///
  /// @param paths which files it is to follow
  static Optional<FluentBit> start(Path directory, String paths) throws IOException {
    String program = System.getenv("FLUENT_BIT");
    if (program == null || program.isEmpty()) {
      return Optional.empty();
    }
    Files.createDirectories(directory);
    Path config =
        Files.writeString(
            directory.resolve("fluent-bit.conf"),
            """
            [SERVICE]
                Flush 1
                Log_Level warn
            [INPUT]
                Name tail
                Path %s
                multiline.parser docker, cri
                Tag kube.*
                Mem_Buf_Limit 5MB
                Skip_Long_Lines On
            [OUTPUT]
                Name file
                Match *
                Path %s
                File lines
            """
                .formatted(paths, directory));
    return Optional.of(new FluentBit(program, config, directory.resolve("lines")));
  }

  void killAndStart() throws IOException, InterruptedException {
    running.destroyForcibly();
    running.waitFor();
    running = start();
  }

  /// How often each text that `wanted` finds is in what it put out.
  Map<String, Integer> found(Pattern wanted) throws IOException {
    Map<String, Integer> found = new HashMap<>();
    if (Files.exists(output)) {
      for (String line : Files.readAllLines(output, StandardCharsets.UTF_8)) {
        Matcher matcher = wanted.matcher(line);
        if (matcher.find()) {
          found.merge(matcher.group(), 1, Integer::sum);
        }
      }
    }
    return found;
  }

  private Process start() throws IOException {
    return new ProcessBuilder(List.of(program, "-c", config.toString()))
        .redirectErrorStream(true)
        .redirectOutput(
            ProcessBuilder.Redirect.appendTo(config.resolveSibling("fluent-bit.log").toFile()))
        .start();
  }

  @Override
  public void close() {
    running.destroy();
    running.onExit().join();
  }
}
