package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Jobs that write one line and are gone, with their pods, as soon as they have ended, while the
/// agent is killed again and again.
@Tag("root")
class ShortJobsTest {
  private static final int WAVES = 15;
  private static final int JOBS_PER_WAVE = 20;
  private static final int WAVES_PER_KILL = 3;
  private static final String LINES =
      "SELECT count(*) AS n FROM logs WHERE message LIKE 'only line of %'";

  @TempDir private Path directory;

  @Test
  void eachLineIsThereOnceWithItsPodItsOwnerAndItsLabels() throws Exception {
    try (Cluster cluster = Cluster.up();
        PurserProcess hub = PurserProcess.start("hub", "--config", hubConfig(cluster).toString())) {
      hub.awaitReady();
      Path config = agentConfig(cluster);
      PurserProcess agent = agent(config);
      try (Asking asking = new Asking(directory.resolve("hub"))) {
        for (int wave = 0; wave < WAVES; wave++) {
          assertThat(cluster.apply(jobs(cluster, wave)).exit()).isZero();
          if (wave % WAVES_PER_KILL == 1) {
            agent.kill();
            agent = agent(config);
          }
          asking.awaitAtLeast((long) wave * JOBS_PER_WAVE, LINES);
        }
        asking.awaitAtLeast((long) WAVES * JOBS_PER_WAVE, LINES);
        check(asking);
      } finally {
        agent.close();
      }
    }
  }

  private static void check(Asking asking) throws Exception {
    assertThat(asking.number(LINES)).isEqualTo(WAVES * JOBS_PER_WAVE);
    JsonNode wrong =
        asking.sql(
            """
            SELECT message, pod, owner_kind, owner_name, labels
            FROM (SELECT *, replace(message, 'only line of ', '') AS job FROM logs WHERE message LIKE 'only line of %')
            WHERE namespace <> 'default' OR NOT starts_with(pod, job || '-') OR owner_kind IS DISTINCT FROM 'Job'
              OR owner_name IS DISTINCT FROM job OR labels['batch.kubernetes.io/job-name'] IS DISTINCT FROM job
              OR container <> 'main' OR image IS NULL\
            """);
    assertThat(wrong).isEmpty();
    assertThat(
            asking.number(
                "SELECT count(DISTINCT message) AS n FROM logs WHERE message LIKE 'only line of %'"))
        .isEqualTo(WAVES * JOBS_PER_WAVE);
    assertThat(asking.sql("SELECT * FROM gaps")).isEmpty();
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

  private static String jobs(Cluster cluster, int wave) {
    StringBuilder jobs = new StringBuilder();
    for (int i = 0; i < JOBS_PER_WAVE; i++) {
      String name = "short-" + wave + "-" + i;
      jobs.append(
          """
          ---
          apiVersion: batch/v1
          kind: Job
          metadata: { name: %s }
          spec:
            ttlSecondsAfterFinished: 0
            template:
              spec:
                restartPolicy: Never
                terminationGracePeriodSeconds: 0
                containers:
                  - { name: main, image: "%s", imagePullPolicy: Never, command: [ echo, "only line of %s" ] }
          """
              .formatted(name, cluster.env("IMAGE"), name));
    }
    return jobs.toString();
  }
}
