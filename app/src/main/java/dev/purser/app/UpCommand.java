package dev.purser.app;

import dev.purser.app.Program.Role;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Agent and hub in one process.
@Command(
    name = "up",
    description = {
      "Collects what this machine has and keeps it: agent and hub in one process.",
      "Without a config file: host logs, containers' logs, an audit log and a cluster's Events, as"
          + " far as they are there. Ends cleanly on Ctrl-C and SIGTERM."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:ended by a signal",
      "1:it could not start, or the disk failed",
      "2:the command line or the config file is wrong"
    })
final class UpCommand implements Callable<Integer> {
  @Mixin private ConfigOptions options;

  @Override
  public Integer call() throws Exception {
    Config config = options.load();
    if (options.file().isPresent()) {
      return Running.run(config, Role.UP, List.of(), System.out);
    }
    Discovery found = Discovery.of(config);
    return Running.run(config.withSources(found.sources()), Role.UP, found.notes(), System.out);
  }
}
