package dev.purser.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A program in a process of its own, pinned to cores, measured from outside.
final class Measured implements AutoCloseable {
  static final String BOTH_CORES = "0,1";

  private final Process process;

  private Measured(Process process) {
    this.process = process;
  }

  /// @param cores as taskset takes them
  /// @param output what it prints is added to it
  static Measured start(
      String cores, List<String> command, Path output, ProcessBuilder.Redirect errors)
      throws IOException {
    return new Measured(
        builder(List.of(), cores, command)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
            .redirectError(errors)
            .start());
  }

  /// What a whole run took.
  ///
  /// @param cpuSeconds user and system time together
  record Run(double wallSeconds, double cpuSeconds, String out) {}

  /// Runs it to its end.
  ///
  /// @param cores as taskset takes them
  static Run run(String cores, List<String> command) throws IOException, InterruptedException {
    Path errors = Files.createTempFile("bench", ".err");
    try {
      Process process =
          builder(List.of("bash", "-c", "TIMEFORMAT='%R %U %S'; time \"$@\"", "-"), cores, command)
              .redirectError(errors.toFile())
              .start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int status = process.waitFor();
      String err = Files.readString(errors);
      if (status != 0) {
        throw new IOException(command.getFirst() + " failed: " + out + err);
      }
      String[] times =
          err.strip().lines().reduce((first, last) -> last).orElseThrow().split(" ", -1);
      return new Run(
          Double.parseDouble(times[0]),
          Double.parseDouble(times[1]) + Double.parseDouble(times[2]),
          out);
    } finally {
      Files.delete(errors);
    }
  }

  /// Peak resident memory.
  long peakMegabytes() throws IOException {
    return megabytes("VmHWM:");
  }

  /// Resident memory now.
  long residentMegabytes() throws IOException {
    return megabytes("VmRSS:");
  }

  /// All that it has read so far, of files and of connections.
  long readBytes() throws IOException {
    return field("io", "rchar:");
  }

  private long megabytes(String name) throws IOException {
    return field("status", name) / 1024;
  }

  private long field(String file, String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/" + file))) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    throw new IOException("/proc/" + process.pid() + "/" + file + " has no " + name);
  }

  double cpuSeconds() {
    return process.info().totalCpuDuration().map(d -> d.toNanos() / 1e9).orElse(-1.0);
  }

  /// @throws IOException if it ends before that
  void passTime(long millis) throws IOException, InterruptedException {
    if (process.waitFor(millis, TimeUnit.MILLISECONDS)) {
      throw new IOException("a measured program ended with " + process.exitValue());
    }
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
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

  private static ProcessBuilder builder(List<String> before, String cores, List<String> program) {
    List<String> command = new ArrayList<>(before);
    command.addAll(List.of("taskset", "-c", cores));
    command.addAll(program);
    return new ProcessBuilder(command);
  }
}
