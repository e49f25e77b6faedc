package dev.purser.app;

import dev.purser.app.Program.Role;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What a program says when it is ready: what it collects, what it cannot read, where things lie,
/// what to try.
final class Greeting {
  private Greeting() {}

  static void print(
      Config config, Role role, Program program, List<String> notes, PrintStream out) {
    out.println("purser " + version() + " is ready");
    SourceList.describe(config, role).forEach(line -> out.println("  " + line));
    notes.forEach(note -> out.println("  " + note));
    program
        .agent()
        .ifPresent(agent ->
            agent
                .problems()
                .forEach(line -> out.println("  cannot read: " + TextTable.harmless(line))));
    program
        .stranded()
        .forEach(spool ->
            out.println(
                "  not read: "
                    + spool
                    + ": deleted files that the hub did not get, of a source that is not in the"
                    + " config any more; name one so again, or delete them"));
    out.println("  data        " + config.data());
    program
        .session()
        .ifPresent(session -> {
          out.println("  hub         " + session.url());
          out.println("  certSha256  " + session.pin().sha256());
          out.println("  tokens      " + config.hub().ingestToken(config.data()) + " for agents");
          out.println("              " + config.hub().queryToken(config.data()) + " for queries");
        });
    if (role != Role.AGENT) {
      out.println("Try, from another terminal:");
      String option =
          config.data().equals(Host.defaultData()) ? "" : " --data " + quoted(config.data());
      queries(config)
          .forEach(query -> out.println("  ./purser sql" + option + " \"" + query + "\""));
    }
    out.flush();
  }

  private static List<String> queries(Config config) {
    List<String> queries = new ArrayList<>();
    Config.Sources sources = config.sources();
    if (sources.audit().isPresent()) {
      queries.add(
          "SELECT time, user, verb, resource, namespace, name, code FROM audit WHERE code = 403 ORDER BY time DESC LIMIT 20");
    }
    if (!sources.events().clusters().isEmpty()) {
      queries.add(
          "SELECT time, reason, kind, namespace, name, message FROM events WHERE type = 'Warning' ORDER BY time DESC LIMIT 20");
    }
    queries.add(
        sources.containers().isPresent()
            ? "SELECT namespace, pod, count(*) AS lines FROM logs GROUP BY ALL ORDER BY lines DESC LIMIT 20"
            : "SELECT file, count(*) AS lines FROM logs GROUP BY ALL ORDER BY lines DESC LIMIT 20");
    queries.add(
        "SELECT time, file, message FROM logs ORDER BY ingest_time DESC, seq DESC LIMIT 20");
    queries.add("SELECT time, reason, source, lost, detail FROM gaps ORDER BY time DESC LIMIT 20");
    return queries.subList(0, 3);
  }

  /// As a shell takes it for one word.
  private static String quoted(Path path) {
    String text = path.toString();
    return text.matches("[\\w./~:@%+-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }

  private static String version() {
    try {
      return VersionCommand.version();
    } catch (IOException e) {
      return "of an unknown version";
    }
  }
}
