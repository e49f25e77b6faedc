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

/// The Fluent Bit that the variable FLUENT_BIT names, beside ours. It reads as its chart configures
/// it, with its own defaults for all else.
final class FluentBit {
  private static final Pattern COUNTED = Pattern.compile("\"log_records\":([0-9]+)");

  private static final String JAVA =
      """
      [FILTER]
          Name multiline
          Match *
          multiline.key_content log
          multiline.parser java
      """;

  private final String program;

  private FluentBit(String program) {
    this.program = program;
  }

  /// Empty where the variable is not set.
  static Optional<FluentBit> named() {
    return Optional.ofNullable(System.getenv("FLUENT_BIT"))
        .filter(program -> !program.isEmpty())
        .map(FluentBit::new);
  }

  /// What it took, and how many records came out.
  record Run(Measured.Run whole, long records) {}

  /// Reads files from their first byte to their end, to nowhere.
  ///
  /// @param java whether it is to join Java's traces
  Run read(String cores, Path directory, String paths, boolean java)
      throws IOException, InterruptedException {
    // Without the chart's Mem_Buf_Limit, which would have it wait most of the time.
    Path config =
        config(
            directory,
            paths,
            "Read_from_Head On\n    Exit_On_Eof On",
            java ? JAVA : "",
            "Name counter");
    Measured.Run run = Measured.run(cores, command(config));
    Matcher counted = COUNTED.matcher(run.out());
    long records = 0;
    while (counted.find()) {
      records += Long.parseLong(counted.group(1));
    }
    return new Run(run, records);
  }

  /// Follows files, to nowhere.
  Measured follow(String cores, Path directory, String paths) throws IOException {
    Path config = config(directory, paths, "Mem_Buf_Limit 5MB", "", "Name null");
    return start(cores, config);
  }

  /// Follows files, each line of which it keeps.
  Keeping keep(String cores, Path directory, String paths) throws IOException {
    Path config =
        config(
            directory,
            paths,
            "Mem_Buf_Limit 5MB",
            "",
            "Name file\n    Path %s\n    File lines".formatted(directory));
    return new Keeping(cores, directory, config);
  }

  private Measured start(String cores, Path config) throws IOException {
    Path log = config.resolveSibling("fluent-bit.log");
    return Measured.start(
        cores, command(config), log, ProcessBuilder.Redirect.appendTo(log.toFile()));
  }

  private List<String> command(Path config) {
    return List.of(program, "-c", config.toString());
  }

  private static Path config(
      Path directory, String paths, String input, String filter, String output) throws IOException {
    Files.createDirectories(directory);
    return Files.writeString(
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
            Skip_Long_Lines On
            %s
        %s
        [OUTPUT]
            Match *
            %s
        """
            .formatted(paths, input, filter, output));
  }

  /// One that runs, and may be killed.
  final class Keeping implements AutoCloseable {
    private final String cores;
    private final Path directory;
    private final Path config;
    private Measured running;

    private Keeping(String cores, Path directory, Path config) throws IOException {
      this.cores = cores;
      this.directory = directory;
      this.config = config;
      this.running = start();
    }

    void killAndStart() throws IOException, InterruptedException {
      running.kill();
      running = start();
    }

    /// How often each text that `wanted` finds is in what it put out.
    Map<String, Integer> found(Pattern wanted) throws IOException {
      Map<String, Integer> found = new HashMap<>();
      Path output = directory.resolve("lines");
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

    private Measured start() throws IOException {
      return FluentBit.this.start(cores, config);
    }

    @Override
    public void close() {
      running.close();
    }
  }
}
