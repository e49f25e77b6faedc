package dev.purser.app;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The `purser` command.
@Command(
    name = "purser",
    description =
        "Collects, keeps and watches the security-relevant records of a Kubernetes cluster.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = VersionCommand.class)
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }
}
