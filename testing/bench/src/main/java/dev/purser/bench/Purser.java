package dev.purser.bench;

import dev.purser.rig.Asking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A purser in a process of its own, started as a user starts it.
final class Purser implements AutoCloseable {
  private static final long READY_POLL_MILLIS = 20;

  private final Measured process;
  private final Path data;

  private Purser(Measured process, Path data) {
    this.process = process;
    this.data = data;
  }

  /// Starts it and waits until it is ready.
  ///
  /// @param cores as taskset takes them
  static Purser start(String cores, Path data, List<String> arguments)
      throws IOException, InterruptedException {
    Path output = data.resolveSibling(data.getFileName() + ".out");
    Files.deleteIfExists(output);
    Measured process =
        Measured.start(cores, command("", arguments), output, ProcessBuilder.Redirect.INHERIT);
    while (Files.readAllLines(output).stream().noneMatch(line -> line.endsWith(" is ready"))) {
      process.passTime(READY_POLL_MILLIS);
    }
    return new Purser(process, data);
  }

  /// Runs it to its end.
  ///
  /// @param cores as taskset takes them
  /// @param flags of the JVM
  static Measured.Run run(String cores, String flags, List<String> arguments)
      throws IOException, InterruptedException {
    return Measured.run(cores, command(flags, arguments));
  }

  private static List<String> command(String flags, List<String> arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "env",
                "PURSER_JAVA_OPTS=" + flags,
                Path.of(System.getProperty("purser.root"), "purser").toString()));
    command.addAll(arguments);
    return command;
  }

  /// Its process.
  Measured process() {
    return process;
  }

  /// Asks this hub.
  Asking asking() throws IOException {
    return new Asking(data);
  }

  Path data() {
    return data;
  }

  @Override
  public void close() {
    process.close();
  }
}
