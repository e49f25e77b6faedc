package dev.purser.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The real Docker of `testing/docker`, in a directory of its own.
public final class Docker implements AutoCloseable {
  private static final Path SCRIPTS = PurserProcess.ROOT.resolve("testing/docker");

  private final Path directory;
  private final Map<String, String> env = new HashMap<>();

  private Docker(Path directory) {
    this.directory = directory;
  }

  /// Unpacks it where that is still to be done, and waits until it answers.
  public static Docker up() throws IOException, InterruptedException {
    Docker docker = new Docker(Files.createTempDirectory(Path.of("/var/tmp"), "e2e-docker"));
    for (String line :
        execute(List.of(SCRIPTS.resolve("up").toString(), docker.directory.toString()))
            .lines()
            .toList()) {
      String[] parts = line.split("=", 2);
      if (parts.length == 2) {
        docker.env.put(parts[0], parts[1]);
      }
    }
    return docker;
  }

  public Path socket() {
    return Path.of(env("DOCKER_SOCKET"));
  }

  /// Directory of the containers' logs.
  public Path logs() {
    return Path.of(env("DOCKER_LOGS"));
  }

  /// Starts a container that runs a shell script.
  ///
  /// @param options of `docker run`
  public void run(String name, List<String> options, String script)
      throws IOException, InterruptedException {
    List<String> command = command("run", "--detach", "--net=none", "--name", name);
    command.addAll(options);
    command.addAll(List.of(env("IMAGE"), "sh", "-c", script));
    execute(command);
  }

  /// The file to which a container writes its output.
  public Path log(String name) throws IOException, InterruptedException {
    return Path.of(execute(command("inspect", "--format", "{{.LogPath}}", name)).strip());
  }

  /// Ends a container as a crash would, and removes it.
  public void remove(String name) throws IOException, InterruptedException {
    execute(command("rm", "--force", name));
  }

  /// Waits until a container has ended by itself.
  public void await(String name) throws IOException, InterruptedException {
    execute(command("wait", name));
  }

  @Override
  public void close() {
    try {
      execute(List.of(SCRIPTS.resolve("down").toString(), directory.toString()));
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String env(String name) {
    String value = env.get(name);
    if (value == null) {
      throw new IllegalStateException("no " + name + " in " + env);
    }
    return value;
  }

  private List<String> command(String... arguments) {
    List<String> command =
        new ArrayList<>(List.of(env("DOCKER"), "--host", "unix://" + env("DOCKER_SOCKET")));
    command.addAll(List.of(arguments));
    return command;
  }

  private static String execute(List<String> command) throws IOException, InterruptedException {
    Path output = Files.createTempFile("e2e", ".out");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      process.getOutputStream().close();
      if (process.waitFor() != 0) {
        throw new AssertionError(String.join(" ", command) + ": " + Files.readString(output));
      }
      return Files.readString(output);
    } finally {
      Files.deleteIfExists(output);
    }
  }
}
