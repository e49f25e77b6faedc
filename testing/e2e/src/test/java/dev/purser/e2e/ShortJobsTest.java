package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.rig.Asking;
import dev.purser.rig.Cluster;
import dev.purser.rig.PurserProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Jobs that write one line and are gone, with their pods, as soon as they have ended, while the
/// agent is killed again and again. What the kubelet deletes while no agent runs, or before one has
/// opened it, nobody can read; but it must be known whose it was.
@Tag("root")
class ShortJobsTest {
  private static final int WAVES = 5;
  private static final int JOBS_PER_WAVE = 20;
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  @TempDir private Path directory;

  @Test
  void eachLineIsThereOnceOrAGapNamesThePodThatNobodySaw() throws Exception {
    try (Cluster cluster = Cluster.up();
        PurserProcess hub = PurserProcess.start("hub", "--config", hubConfig(cluster).toString())) {
      hub.awaitReady();
      Path config = agentConfig(cluster);
      PurserProcess agent = agent(config).awaitReady();
      try (Asking asking = new Asking(directory.resolve("hub"))) {
        // Pods before the hub's first list are beyond what it can tell.
        apply(cluster, "first", 1);
        asking.awaitAtLeast(
            1, "SELECT count(*) AS n FROM logs WHERE message LIKE 'only line of first-%'");
        for (int wave = 0; wave < WAVES; wave++) {
          apply(cluster, "short-" + wave, JOBS_PER_WAVE);
          agent.kill();
          agent = agent(config);
          awaitNoJobs(cluster);
        }
        agent.awaitReady();
        try {
          awaitAllAccountedFor(asking);
        } catch (AssertionError e) {
          throw new AssertionError(
              "the gaps:\n" + asking.sql("SELECT * FROM gaps").toPrettyString(), e);
        }
        check(asking);
      } catch (AssertionError | Exception e) {
        throw new AssertionError(
            "the hub said:\n" + hub.output() + "\nthe last agent:\n" + agent.output(), e);
      } finally {
        agent.close();
      }
    }
  }

  private static void awaitAllAccountedFor(Asking asking) throws Exception {
    asking.awaitAtLeast(
        WAVES * JOBS_PER_WAVE,
        """
        SELECT count(DISTINCT job) AS n FROM (
          SELECT replace(message, 'only line of ', '') AS job FROM logs WHERE message LIKE 'only line of short-%'
          UNION ALL
          SELECT regexp_extract(detail, '^pod (short-[0-9]+-[0-9]+)-[a-z0-9]+ of namespace default ', 1) AS job
          FROM gaps WHERE reason = 'never_seen' AND starts_with(detail, 'pod short-')
          UNION ALL
          SELECT regexp_extract(detail, '/default_(short-[0-9]+-[0-9]+)-[a-z0-9]+_', 1) AS job
          FROM gaps WHERE reason = 'deleted_unread' AND detail LIKE '%/default_short-%')\
        """);
  }

  /// The image is the runtime's word; it may have forgotten a container whose file is still there
  /// when an agent begins.
  private static void check(Asking asking) throws Exception {
    assertThat(
            asking.sql(
                """
                SELECT message, count(*) AS times FROM logs WHERE message LIKE 'only line of %'
                GROUP BY message HAVING count(*) > 1\
                """))
        .isEmpty();
    assertThat(
            asking.sql(
                """
                SELECT message, pod, owner_kind, owner_name, labels
                FROM (SELECT *, replace(message, 'only line of ', '') AS job FROM logs WHERE message LIKE 'only line of %')
                WHERE namespace <> 'default' OR NOT starts_with(pod, job || '-') OR owner_kind IS DISTINCT FROM 'Job'
                  OR owner_name IS DISTINCT FROM job OR labels['batch.kubernetes.io/job-name'] IS DISTINCT FROM job
                  OR container <> 'main'\
                """))
        .isEmpty();
    assertThat(
            asking.sql(
                """
                SELECT gaps.detail, logs.message FROM gaps JOIN logs ON starts_with(gaps.detail, 'pod ' || logs.pod || ' ')
                WHERE gaps.reason = 'never_seen'\
                """))
        .as("gaps of what was read")
        .isEmpty();
    JsonNode others =
        asking.sql(
            "SELECT * FROM gaps WHERE reason NOT IN ('never_seen', 'deleted_unread') OR lost IS NOT NULL");
    assertThat(others).isEmpty();
  }

  /// The controller deletes a Job once its pod has ended.
  private static void awaitNoJobs(Cluster cluster) throws Exception {
    Instant deadline = Instant.now().plus(PATIENCE);
    String left;
    do {
      left = cluster.kubectl("KUBECONFIG", "get", "jobs,pods", "-o", "name").out();
      if (Instant.now().isAfter(deadline)) {
        throw new AssertionError("the cluster does not get done with its Jobs:\n" + left);
      }
    } while (left.contains("/short-"));
  }

  private static PurserProcess agent(Path config) throws Exception {
    return PurserProcess.start("agent", "--config", config.toString());
  }

  private Path hubConfig(Cluster cluster) throws Exception {
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

  private Path agentConfig(Cluster cluster) throws Exception {
    JsonNode session = Asking.session(directory.resolve("hub"));
    return Files.writeString(
        directory.resolve("agent.yaml"),
        """
        cluster: e2e
        node: node-1
        data: %s/agent
        hub: { url: "%s", certSha256: "%s", tokenFile: "%s/hub/ingest.token" }
        sources:
          containers: { paths: "%s", sockets: ["%s"] }
        """
            .formatted(
                directory,
                session.path("url").asText(),
                session.path("certSha256").asText(),
                directory,
                cluster.env("POD_LOGS"),
                cluster.env("CONTAINERD")));
  }

  private static void apply(Cluster cluster, String prefix, int count) throws Exception {
    StringBuilder jobs = new StringBuilder();
    for (int i = 0; i < count; i++) {
      String name = prefix + "-" + i;
      jobs.append(cluster.shortJob(name, "echo only line of " + name));
    }
    Cluster.Result applied = cluster.apply(jobs.toString());
    assertThat(applied.exit()).as(applied.out()).isZero();
  }
}
