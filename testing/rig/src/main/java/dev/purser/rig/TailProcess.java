package dev.purser.rig;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// `purser tail` as users run it, with what it prints.
public final class TailProcess implements AutoCloseable {
  private static final long DEADLINE_SECONDS = 90;

  private final Process process;
  private final Lines out;
  private final Lines err;

  TailProcess(Process process) throws IOException {
    this.process = process;
    process.getOutputStream().close();
    this.out = new Lines(process.inputReader());
    this.err = new Lines(process.errorReader());
  }

  /// Waits until it has printed so many lines.
  public List<String> awaitLines(int count) throws InterruptedException {
    return out.await(lines -> lines.size() >= count, this);
  }

  /// Waits for a remark on standard error.
  public void awaitRemark(String part) throws InterruptedException {
    err.await(lines -> lines.stream().anyMatch(line -> line.contains(part)), this);
  }

  /// As Ctrl-C: SIGINT.
  public void interrupt() throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
  }

  /// Waits for its end.
  ///
  /// @return the exit status
  public int awaitEnd() throws InterruptedException {
    if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("does not end: " + this);
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }

  @Override
  public String toString() {
    return "out: " + out + "\nerr: " + err;
  }

  /// What a stream has brought so far.
  private static final class Lines {
    private final List<String> lines = new ArrayList<>();

    Lines(BufferedReader reader) {
      Thread.ofVirtual().start(() -> read(reader));
    }

    synchronized List<String> await(Predicate<List<String>> enough, Object all)
        throws InterruptedException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
      while (!enough.test(lines)) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError("not enough: " + all);
        }
        wait(100);
      }
      return List.copyOf(lines);
    }

    @Override
    public synchronized String toString() {
      return String.join("\n", lines);
    }

    private void read(BufferedReader reader) {
      try (reader) {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          add(line);
        }
      } catch (IOException e) {
        // The test closed it.
      }
    }

    private synchronized void add(String line) {
      lines.add(line);
      notifyAll();
    }
  }
}
