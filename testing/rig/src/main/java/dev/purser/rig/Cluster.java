package dev.purser.rig;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The real Kubernetes of `testing/cluster`, in a directory of its own.
public final class Cluster implements AutoCloseable {
  private final Path scripts;
  private final Path directory;
  private final Map<String, String> env = new HashMap<>();

  private Cluster(Path scripts, Path directory) {
    this.scripts = scripts;
    this.directory = directory;
  }

  /// Builds it where that is still to be done, and waits until its node is ready.
  public static Cluster up() throws IOException, InterruptedException {
    Path scripts = PurserProcess.ROOT.resolve("testing/cluster");
    Path directory = Files.createTempDirectory(Path.of("/var/tmp"), "e2e");
    Cluster cluster = new Cluster(scripts, directory);
    cluster.run(scripts.resolve("build").toString());
    cluster.run(scripts.resolve("up").toString(), directory.toString());
    for (String line : Files.readAllLines(directory.resolve("env"))) {
      String[] parts = line.split("=", 2);
      if (parts.length == 2) {
        cluster.env.put(parts[0], parts[1]);
      }
    }
    return cluster;
  }

  /// What `testing/cluster/up` says of it, such as `AUDIT_LOG`.
  public String env(String name) {
    String value = env.get(name);
    if (value == null) {
      throw new IllegalStateException("no " + name + " in " + env);
    }
    return value;
  }

  /// kubectl as a user: `KUBECONFIG`, `KUBECONFIG_ALICE` or `KUBECONFIG_MALLORY`.
  ///
  /// @return its output; whether it succeeded is the caller's to know
  public Result kubectl(String user, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(env("KUBECTL"), "--kubeconfig", env(user)));
    command.addAll(List.of(arguments));
    return execute(command, "");
  }

  /// Applies manifests as the administrator.
  public Result apply(String yaml) throws IOException, InterruptedException {
    return execute(
        List.of(env("KUBECTL"), "--kubeconfig", env("KUBECONFIG"), "apply", "-f", "-"), yaml);
  }

  /// A document of YAML for a Job that, with its pod, is gone as soon as it has ended.
  ///
  /// @param script what its container does, for a shell; without quotes
  public String shortJob(String name, String script) {
    return """
    ---
    apiVersion: batch/v1
    kind: Job
    metadata: { name: %s }
    spec:
      ttlSecondsAfterFinished: 0
      template:
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 0
          containers:
            - { name: main, image: "%s", imagePullPolicy: Never, command: [ sh, -c, "%s" ] }
    """
        .formatted(name, env("IMAGE"), script);
  }

  /// Helm as the administrator.
  public Result helm(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(env("HELM")));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--kubeconfig", env("KUBECONFIG")));
    return execute(command, "");
  }

  /// The node's container runtime.
  public Result ctr(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("ctr", "--address", env("CONTAINERD"), "--namespace", "k8s.io"));
    command.addAll(List.of(arguments));
    return execute(command, "");
  }

  /// Stops a component in its tracks, or lets it go on: signal `STOP` or `CONT`.
  public void signal(String component, String signal) throws IOException, InterruptedException {
    String pid = Files.readString(directory.resolve("pid").resolve(component)).strip();
    run("kill", "-" + signal, pid);
  }

  @Override
  public void close() {
    try {
      run(scripts.resolve("down").toString(), directory.toString());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// What a program said, on both of its outputs, and how it ended.
  public record Result(int exit, String out) {}

  private void run(String... command) throws IOException, InterruptedException {
    Result result = execute(List.of(command), "");
    if (result.exit() != 0) {
      throw new AssertionError(String.join(" ", command) + ": " + result.out());
    }
  }

  private Result execute(List<String> command, String input)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("e2e", ".out");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
      if (env.containsKey("KUBECACHEDIR")) {
        builder.environment().put("KUBECACHEDIR", env("KUBECACHEDIR"));
      }
      Process process = builder.start();
      process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().close();
      return new Result(process.waitFor(), Files.readString(output));
    } finally {
      Files.deleteIfExists(output);
    }
  }
}
