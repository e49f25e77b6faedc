package dev.purser.app;

import dev.purser.app.Program.Role;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// The hub alone.
@Command(
    name = "hub",
    description = {
      "Takes records from agents, keeps them and answers queries.",
      "Also watches the Events of the clusters in its config. Prints what an agent's config needs."
          + " Ends cleanly on SIGTERM."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:ended by a signal",
      "1:it could not start, or the disk failed",
      "2:the command line or the config file is wrong"
    })
final class HubCommand implements Callable<Integer> {
  @Mixin private ConfigOptions options;

  @Override
  public Integer call() throws Exception {
    return Running.run(options.load(), Role.HUB, List.of(), System.out);
  }
}
