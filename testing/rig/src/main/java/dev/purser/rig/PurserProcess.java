package dev.purser.rig;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The program as users run it: a process of its own, from the distribution that the build made.
public final class PurserProcess implements AutoCloseable {
  /// The source tree.
  public static final Path ROOT = root();

  private static final Path DISTRIBUTION = ROOT.resolve("app/target/purser");
  private static final long DEADLINE_SECONDS = 60;

  private final Process process;
  private final CountDownLatch ready = new CountDownLatch(1);
  private final List<String> output = new CopyOnWriteArrayList<>();
  private final Thread reader;

  private PurserProcess(Process process) {
    this.process = process;
    this.reader = Thread.ofVirtual().start(this::read);
  }

  /// Starts it; [#awaitReady] tells when it is up.
  public static PurserProcess start(String... arguments) throws IOException {
    return startWith(List.of(), arguments);
  }

  /// @param javaOptions further ones
  public static PurserProcess startWith(List<String> javaOptions, String... arguments)
      throws IOException {
    ProcessBuilder builder = builder(arguments).redirectErrorStream(true);
    builder.command().addAll(1, javaOptions);
    return new PurserProcess(builder.start());
  }

  /// Runs it to its end.
  public static Result run(String... arguments) throws IOException, InterruptedException {
    Process process = builder(arguments).start();
    process.getOutputStream().close();
    CompletableFuture<String> err = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            err.complete(
                new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
          } catch (IOException e) {
            err.completeExceptionally(e);
          }
        });
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = process.waitFor();
    return new Result(exit, out, err.join());
  }

  /// Runs `purser tail` and listens to it.
  public static TailProcess tail(String... arguments) throws IOException {
    ProcessBuilder tail = builder(arguments);
    // A shell makes what it runs in the background ignore SIGINT, and all that this runs.
    tail.command().addAll(0, List.of("env", "--default-signal=INT"));
    return new TailProcess(tail.start());
  }

  /// Runs it with its output as the input of another program.
  public static List<Process> pipe(List<String> reader, String... arguments) throws IOException {
    return ProcessBuilder.startPipeline(List.of(builder(arguments), new ProcessBuilder(reader)));
  }

  /// Rows of a query, through the command line.
  public static JsonNode sql(Path config, String query) throws IOException, InterruptedException {
    Result result = run("sql", "--config", config.toString(), "--format", "json", query);
    if (result.exit() != 0) {
      throw new AssertionError(query + ": " + result);
    }
    return new ObjectMapper().readTree(result.out());
  }

  /// What it said, and how it ended.
  public record Result(int exit, String out, String err) {}

  /// Waits until it says that it is ready.
  public PurserProcess awaitReady() throws InterruptedException {
    if (!ready.await(DEADLINE_SECONDS, TimeUnit.SECONDS) || !process.isAlive()) {
      throw new AssertionError("not ready: " + output);
    }
    return this;
  }

  public long pid() {
    return process.pid();
  }

  /// The files that it has open, by the names that they have now.
  public Set<Path> openFiles() throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid() + "/fd"))) {
      return descriptors.flatMap(PurserProcess::target).collect(Collectors.toSet());
    }
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /// All that it has said so far.
  public String output() {
    return String.join("\n", output);
  }

  /// As a crash would: SIGKILL.
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
    reader.join();
  }

  /// SIGTERM.
  ///
  /// @return the exit status
  public int stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("does not end: " + output);
    }
    reader.join();
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }

  private void read() {
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        output.add(line);
        if (line.startsWith("purser ") && line.endsWith(" is ready")) {
          ready.countDown();
        }
      }
    } catch (IOException e) {
      output.add(e.toString());
    } finally {
      ready.countDown();
    }
  }

  private static Stream<Path> target(Path descriptor) {
    try {
      return Stream.of(Files.readSymbolicLink(descriptor));
    } catch (IOException e) {
      return Stream.of(); // closed meanwhile
    }
  }

  private static ProcessBuilder builder(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("--add-opens=java.base/java.nio=ALL-UNNAMED");
    command.add("-XX:+UseSerialGC");
    command.add("-XX:TieredStopAtLevel=1");
    // Starts in half the time: the archive is written by the first process that ends by itself.
    command.add("-XX:SharedArchiveFile=" + ROOT.resolve("app/target/purser-e2e.jsa"));
    command.addAll(
        List.of(
            "-XX:+AutoCreateSharedArchive",
            "-Xlog:cds=off",
            "-Xlog:cds+dynamic=off",
            "-Xlog:aot=off"));
    command.add("-cp");
    command.add(classPath(arguments));
    command.add("dev.purser.app.Main");
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }

  /// As of ./purser: an agent does without what only a hub needs.
  private static String classPath(String... arguments) {
    String ofAgent = DISTRIBUTION.resolve("lib") + "/*";
    return arguments.length > 0 && arguments[0].equals("agent")
        ? ofAgent
        : ofAgent + ":" + DISTRIBUTION.resolve("lib/hub") + "/*";
  }

  private static Path root() {
    Path at = Path.of("").toAbsolutePath();
    while (at != null && !Files.exists(at.resolve("purser"))) {
      at = at.getParent();
    }
    if (at == null) {
      throw new IllegalStateException("not run from inside the source tree");
    }
    return at;
  }
}
