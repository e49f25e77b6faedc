package dev.purser.app;

import dev.purser.core.config.ConfigException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// The config file, looked at without starting anything.
@Command(name = "config", description = "Looks at a config file.", mixinStandardHelpOptions = true)
final class ConfigCommand {
  @Spec private CommandSpec spec;

  @Command(
      name = "check",
      description = "Reports all faults of a config file. Exits with 2 if there are any.",
      mixinStandardHelpOptions = true)
  int check(@Parameters(paramLabel = "FILE", description = "The config file.") Path file)
      throws ConfigException, UserError {
    Config config = Config.load(file);
    spec.commandLine()
        .getOut()
        .println(file + ": good. Cluster " + config.cluster() + ", data in " + config.data() + ".");
    return ExitCode.OK;
  }
}
