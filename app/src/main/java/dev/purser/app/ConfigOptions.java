package dev.purser.app;

import dev.purser.core.config.ConfigException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that name the config file and the data directory.
final class ConfigOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "The config file. Default: purser/purser.yaml under XDG_CONFIG_HOME, then /etc.")
  private @Nullable Path file;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "The data directory. Default: what the config file says; else /var/lib/purser as root,"
              + " purser under XDG_DATA_HOME otherwise.")
  private @Nullable Path data;

  /// The file named, or the default one if it is there.
  Optional<Path> file() {
    return file == null ? Host.defaultConfig() : Optional.of(file);
  }

  /// The config file's content, or one that collects nothing if there is none.
  Config load() throws ConfigException, UserError {
    Optional<Path> named = file();
    Config config =
        named.isPresent() ? Config.load(named.get()) : Config.parse("no config file", "");
    return data == null ? config : config.withData(data);
  }
}
