package dev.purser.app;

import dev.purser.agent.AgentIdentity;
import dev.purser.agent.BlackholeOutbox;
import dev.purser.core.disk.LocalDisk;
import dev.purser.core.source.Source;
import java.io.IOException;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.List;

/// Reads all files to their end through the agent's own path, and delivers to nowhere: for benches.
final class Blackhole {
  private Blackhole() {}

  static int run(Config config, PrintStream out) throws IOException, InterruptedException {
    boolean checksum = Boolean.getBoolean("purser.blackhole.crc");
    BlackholeOutbox outbox =
        new BlackholeOutbox(
            AgentIdentity.load(new LocalDisk(), config.host(), config.data()), checksum);
    try (SourceList list = new SourceList(config, InstantSource.system())) {
      List<Source> sources = list.ofRehearsal();
      for (Source source : sources) {
        source.start(outbox);
      }
      for (Source source : sources) {
        source.drain().forEach(line -> out.println("pending: " + line));
      }
      sources.reversed().forEach(Source::close);
    }
    BlackholeOutbox.Totals totals = outbox.totals();
    out.println("records " + totals.records());
    out.println("bytes " + totals.bytes());
    if (checksum) {
      totals.crc().forEach((id, crc) -> out.printf("crc32c %08x %s%n", crc, id));
    }
    return ExitCode.OK;
  }
}
