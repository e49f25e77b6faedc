package dev.purser.rig;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Jobs that write one line and are gone, with their pods, as soon as they have ended, on a real
/// cluster, while the agent is killed again and again. What the kubelet deletes while no agent
/// runs, or before one has opened it, nobody can read; but it must be known whose it was.
public final class ShortJobs {
  private static final int AT_ONCE = 20;
  private static final String JOB = "short-";
  private static final String LINE = "only line of ";

  /// For a wave of Jobs to run and to be deleted.
  private static final String PATIENCE = "--timeout=4m";

  /// Those that were read, and those that a gap names.
  private static final String ROWS =
      "SELECT replace(message, '%s', '') AS job FROM logs WHERE message LIKE '%s%s%%'"
          .formatted(LINE, LINE, JOB);

  private static final String GAPS =
      """
      SELECT regexp_extract(detail, '^pod (short-[0-9]+)-[a-z0-9]+ of namespace default ', 1) AS job
      FROM gaps WHERE reason = 'never_seen' AND starts_with(detail, 'pod short-')
      UNION
      SELECT regexp_extract(detail, '/default_(short-[0-9]+)-[a-z0-9]+_', 1) AS job
      FROM gaps WHERE reason = 'deleted_unread' AND detail LIKE '%/default_short-%'\
      """;

  private final Cluster cluster;
  private final Path directory;
  private final int jobs;
  private final int kills;

  /// Another collector beside ours, which is killed and started again when ours is.
  public interface Other {
    void killAndStart() throws IOException, InterruptedException;
  }

  /// What became of the Jobs' lines.
  ///
  /// @param rows how many Jobs have a row
  /// @param gaps how many have a gap that names their pod, and no row
  /// @param unaccounted those that have neither
  /// @param faults lines that are there twice or say what is not true, gaps of what was read or of
  ///   something else
  public record Account(
      int jobs, long rows, long gaps, Set<String> unaccounted, List<String> faults) {
    public boolean isExact() {
      return unaccounted.isEmpty() && faults.isEmpty() && rows + gaps == jobs;
    }
  }

  /// @param directory for data and config of hub and agent
  /// @param jobs how many, twenty at once
  /// @param kills how often the agent is killed meanwhile
  public ShortJobs(Cluster cluster, Path directory, int jobs, int kills) {
    this.cluster = cluster;
    this.directory = directory;
    this.jobs = jobs;
    this.kills = kills;
  }

  public Account run(Other other) throws IOException, InterruptedException {
    try (PurserProcess hub = PurserProcess.start("hub", "--config", hubConfig().toString())) {
      hub.awaitReady();
      Path config = agentConfig();
      PurserProcess agent = agent(config).awaitReady();
      try (Asking asking = new Asking(directory.resolve("hub"))) {
        // Pods before the hub's first list are beyond what it can tell.
        apply("first", 0, 1);
        asking.awaitAtLeast(
            1, "SELECT count(*) AS n FROM logs WHERE message LIKE '%sfirst-%%'".formatted(LINE));
        int waves = (jobs + AT_ONCE - 1) / AT_ONCE;
        for (int wave = 0; wave < waves; wave++) {
          apply("short", wave * AT_ONCE, Math.min(jobs, (wave + 1) * AT_ONCE));
          if ((wave + 1) * kills / waves > wave * kills / waves) {
            agent.kill();
            agent = agent(config);
            other.killAndStart();
          }
          awaitNoJobs();
        }
        agent.awaitReady();
        Account account = account(asking);
        if (!account.unaccounted.isEmpty()) {
          account.faults.add("the hub said: " + hub.output());
          account.faults.add("the last agent said: " + agent.output());
          account.faults.add("the hub knows: " + asking.status());
        }
        return account;
      } catch (AssertionError | IOException e) {
        throw new AssertionError(
            "the hub said:\n" + hub.output() + "\nthe last agent:\n" + agent.output(), e);
      } finally {
        agent.close();
      }
    }
  }

  private Account account(Asking asking) throws IOException, InterruptedException {
    Set<String> unaccounted = new TreeSet<>();
    try {
      asking.awaitAtLeast(
          jobs, "SELECT count(DISTINCT job) AS n FROM (%s UNION %s)".formatted(ROWS, GAPS));
    } catch (AssertionError late) {
      for (int i = 0; i < jobs; i++) {
        unaccounted.add(JOB + i);
      }
      for (JsonNode row : asking.sql(ROWS + " UNION " + GAPS)) {
        unaccounted.remove(row.path("job").asText());
      }
    }
    return new Account(
        jobs,
        asking.number("SELECT count(DISTINCT job) AS n FROM (%s)".formatted(ROWS)),
        asking.number("SELECT count(*) AS n FROM (%s EXCEPT %s)".formatted("(" + GAPS + ")", ROWS)),
        unaccounted,
        faults(asking));
  }

  /// The image is the runtime's word; it may have forgotten a container whose file is still there
  /// when an agent begins.
  private static List<String> faults(Asking asking) throws IOException, InterruptedException {
    List<String> faults = new ArrayList<>();
    for (String query :
        List.of(
            """
            SELECT 'twice' AS fault, message, count(*) AS times FROM logs WHERE message LIKE 'only line of %'
            GROUP BY message HAVING count(*) > 1\
            """,
            """
            SELECT 'whose it is' AS fault, message, namespace, pod, container, owner_kind, owner_name, labels
            FROM (SELECT *, replace(message, 'only line of ', '') AS job FROM logs WHERE message LIKE 'only line of %')
            WHERE namespace <> 'default' OR NOT starts_with(pod, job || '-') OR owner_kind IS DISTINCT FROM 'Job'
              OR owner_name IS DISTINCT FROM job OR labels['batch.kubernetes.io/job-name'] IS DISTINCT FROM job
              OR container <> 'main'\
            """,
            """
            SELECT 'gap of what was read' AS fault, gaps.detail, logs.message
            FROM gaps JOIN logs ON starts_with(gaps.detail, 'pod ' || logs.pod || ' ')
            WHERE gaps.reason = 'never_seen'\
            """,
            """
            SELECT 'other gap' AS fault, reason, detail, lost FROM gaps
            WHERE reason NOT IN ('never_seen', 'deleted_unread') OR lost IS NOT NULL\
            """)) {
      asking.sql(query).forEach(row -> faults.add(row.toString()));
    }
    return faults;
  }

  /// The controller deletes a Job once its pod has ended.
  private void awaitNoJobs() throws IOException, InterruptedException {
    Cluster.Result waited =
        cluster.kubectl("KUBECONFIG", "wait", "--for=delete", "jobs,pods", "--all", PATIENCE);
    if (waited.exit() != 0 && !waited.out().contains("no matching resources")) {
      throw new IOException("the cluster does not get done with its Jobs: " + waited.out());
    }
  }

  private void apply(String prefix, int from, int to) throws IOException, InterruptedException {
    StringBuilder manifests = new StringBuilder();
    for (int i = from; i < to; i++) {
      String name = prefix + "-" + i;
      manifests.append(cluster.shortJob(name, "echo " + LINE + name));
    }
    Cluster.Result applied = cluster.apply(manifests.toString());
    if (applied.exit() != 0) {
      throw new IOException("kubectl apply failed: " + applied.out());
    }
  }

  private static PurserProcess agent(Path config) throws IOException {
    return PurserProcess.start("agent", "--config", config.toString());
  }

  private Path hubConfig() throws IOException {
    return Files.writeString(
        directory.resolve("hub.yaml"),
        """
        data: %s/hub
        hub: { listen: "127.0.0.1:0" }
        sources:
          events: [ { cluster: e2e, kubeconfig: "%s" } ]
        """
            .formatted(directory, cluster.env("KUBECONFIG")));
  }

  private Path agentConfig() throws IOException {
    return Files.writeString(
        directory.resolve("agent.yaml"),
        """
        cluster: e2e
        node: node-1
        data: %s/agent
        hub: %s
        sources:
          containers: { paths: "%s", sockets: ["%s"] }
        """
            .formatted(
                directory,
                Asking.hubOfAgents(directory.resolve("hub")),
                cluster.env("POD_LOGS"),
                cluster.env("CONTAINERD")));
  }
}
