package dev.purser.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// `purser up` with a directory of its own, and its hub to ask.
public final class Up implements AutoCloseable {
  private final Path config;
  private final PurserProcess process;
  private final Asking hub;

  private Up(Path config, PurserProcess process, Asking hub) {
    this.config = config;
    this.process = process;
    this.hub = hub;
  }

  /// Starts it, and waits until it is ready.
  ///
  /// @param directory for its data and its config
  /// @param yaml what it collects: the config, but for `data`, `hub` and `lake`
  public static Up start(Path directory, String yaml) throws IOException, InterruptedException {
    Path data = directory.resolve("data");
    Path config =
        Files.writeString(
            directory.resolve("purser.yaml"),
            """
            data: %s
            hub: { listen: "127.0.0.1:0" }
            lake: { commitEvery: 5s }
            %s\
            """
                .formatted(data, yaml));
    PurserProcess process = PurserProcess.start("up", "--config", config.toString());
    try {
      process.awaitReady();
      return new Up(config, process, new Asking(data));
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      process.close();
      throw e;
    }
  }

  /// The config file, for commands.
  public Path config() {
    return config;
  }

  public Asking hub() {
    return hub;
  }

  @Override
  public void close() {
    hub.close();
    process.close();
  }
}
