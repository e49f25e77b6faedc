package dev.purser.bench;

import dev.purser.rig.Asking;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A purser in a process of its own, pinned to cores, measured from outside.
final class Purser implements AutoCloseable {
  private final Process process;
  private final Path data;

  private Purser(Process process, Path data) {
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
    Process process =
        builder(cores, "", arguments)
            .redirectOutput(output.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    while (Files.readAllLines(output).stream().noneMatch(line -> line.endsWith(" is ready"))) {
      if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
        throw new IOException("purser ended with " + process.exitValue());
      }
    }
    return new Purser(process, data);
  }

  /// What a whole run took.
  ///
  /// @param cpuSeconds user and system time together
  record Run(double wallSeconds, double cpuSeconds, String out) {}

  /// Runs it to its end.
  ///
  /// @param flags of the JVM
  static Run run(String cores, String flags, List<String> arguments)
      throws IOException, InterruptedException {
    ProcessBuilder builder = builder(cores, flags, arguments);
    builder.command().addAll(0, List.of("bash", "-c", "TIMEFORMAT='%R %U %S'; time \"$@\"", "-"));
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("purser failed: " + out + err);
    }
    String[] times = err.strip().lines().reduce((first, last) -> last).orElseThrow().split(" ", -1);
    return new Run(
        Double.parseDouble(times[0]),
        Double.parseDouble(times[1]) + Double.parseDouble(times[2]),
        out);
  }

  /// Asks this hub.
  Asking asking() throws IOException {
    return new Asking(data);
  }

  Path data() {
    return data;
  }

  /// Peak resident memory.
  long peakMegabytes() throws IOException {
    return megabytes("VmHWM:");
  }

  /// Resident memory now.
  long residentMegabytes() throws IOException {
    return megabytes("VmRSS:");
  }

  private long megabytes(String field) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith(field)) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
      }
    }
    return -1;
  }

  double cpuSeconds() {
    return process.info().totalCpuDuration().map(d -> d.toNanos() / 1e9).orElse(-1.0);
  }

  @Override
  public void close() {
    process.destroy();
    process
        .onExit()
        .orTimeout(30, TimeUnit.SECONDS)
        .exceptionally(late -> process.destroyForcibly())
        .join();
  }

  /// As a user starts it.
  private static ProcessBuilder builder(String cores, String flags, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of("taskset", "-c", cores));
    command.add(Path.of(System.getProperty("purser.root"), "purser").toString());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("PURSER_JAVA_OPTS", flags);
    return builder;
  }
}
