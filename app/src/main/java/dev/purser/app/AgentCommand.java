package dev.purser.app;

import dev.purser.agent.Agent;
import dev.purser.app.Program.Role;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The agent alone.
@Command(
    name = "agent",
    description = {
      "Reads the files of this machine and delivers them to a hub.",
      "With `output: blackhole` it reads them to their end, counts them and exits."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:ended by a signal; with --once: all that is complete was delivered",
      "1:it could not start; with --once: the hub took nothing for 10 seconds",
      "2:the command line or the config file is wrong"
    })
final class AgentCommand implements Callable<Integer> {
  /// For a hub that starts at the same time; a job that is run once shall not wait for ever.
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Mixin private ConfigOptions options;

  @Option(
      names = "--once",
      description =
          "Read every file to its end, deliver, report what is pending (such as an unterminated last"
              + " line), and exit.")
  private boolean once;

  @Override
  public Integer call() throws Exception {
    Config config = options.load();
    if (config.output() == Config.Output.BLACKHOLE) {
      return Blackhole.run(config, System.out);
    }
    if (!once) {
      return Running.run(config, Role.AGENT, List.of(), System.out);
    }
    try (Program program = Program.start(config, Role.AGENT, PATIENCE, Running::printFatal)) {
      Agent agent = program.agent().orElseThrow();
      agent.drain().forEach(line -> System.out.println("pending: " + line));
      agent.problems().forEach(line -> System.out.println("problem: " + line));
      System.out.printf(
          "delivered %,d records, %,d bytes%n",
          agent.counters().records(), agent.counters().bytes());
      return ExitCode.OK;
    } catch (IOException e) {
      throw new UserError(
          ExitCode.FAILED, "not all was delivered, run it again: " + Host.reason(e));
    }
  }
}
