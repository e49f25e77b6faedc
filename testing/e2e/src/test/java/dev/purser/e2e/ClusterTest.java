package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.rig.Asking;
import dev.purser.rig.Cluster;
import dev.purser.rig.PurserProcess;
import dev.purser.rig.Up;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Known actions on a real Kubernetes give exactly the rows that they should.
@Tag("root")
class ClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int JOBS = 20;

  @TempDir static Path directory;
  private static Cluster cluster;
  private static Up purser;
  private static Asking hub;

  @BeforeAll
  static void start() throws Exception {
    cluster = Cluster.up();
    purser =
        Up.start(
            directory,
            """
            cluster: e2e
            node: node-1
            sources:
              containers: { paths: %s }
              audit: { files: ["%s"] }
              events: [ { cluster: e2e, kubeconfig: "%s" } ]
            """
                .formatted(
                    cluster.env("POD_LOGS"), cluster.env("AUDIT_LOG"), cluster.env("KUBECONFIG")));
    hub = purser.hub();
  }

  @AfterAll
  static void stop() {
    if (purser != null) {
      purser.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void auditSaysWhoDidWhatWithWhichOutcome() throws Exception {
    assertThat(kubectl("ALICE", "create", "configmap", "ledger", "--from-literal=a=1").exit())
        .isZero();
    assertThat(
            kubectl("ALICE", "patch", "configmap", "ledger", "-p", "{\"data\":{\"a\":\"2\"}}")
                .exit())
        .isZero();
    assertThat(kubectl("ALICE", "delete", "configmap", "ledger").exit()).isZero();
    assertThat(kubectl("MALLORY", "get", "secrets").exit()).isNotZero();
    awaitCount(
        3,
        "SELECT count(*) AS n FROM audit WHERE name = 'ledger' AND \"user\" = 'alice' AND verb <> 'get'");
    JsonNode rows =
        PurserProcess.sql(
            purser.config(),
            "SELECT verb, code, resource, namespace, api_version, cluster FROM audit WHERE name = 'ledger'"
                + " AND \"user\" = 'alice' AND verb <> 'get' ORDER BY time");
    assertThat(rows)
        .extracting(row -> row.path("verb").asText() + " " + row.path("code").asInt())
        .containsExactly("create 201", "patch 200", "delete 200");
    assertThat(rows).allMatch(row -> row.path("cluster").asText().equals("e2e"));
    awaitCount(
        1,
        "SELECT count(*) AS n FROM audit WHERE \"user\" = 'mallory' AND verb = 'list' AND resource = 'secrets'"
            + " AND code = 403 AND decision = 'forbid'");
  }

  @Test
  void logsOfJobsThatLiveASecondAreAllThere() throws Exception {
    StringBuilder jobs = new StringBuilder();
    for (int i = 0; i < JOBS; i++) {
      jobs.append(cluster.shortJob("marker-" + i, "echo marker-%d; sleep 1".formatted(i)));
    }
    assertThat(cluster.apply(jobs.toString()).exit()).isZero();
    awaitCount(JOBS, "SELECT count(*) AS n FROM logs WHERE message LIKE 'marker-%'");
    JsonNode rows =
        PurserProcess.sql(
            purser.config(),
            "SELECT message, pod, namespace, container, stream, owner_kind, owner_name, labels, namespace_labels, node_labels"
                + " FROM logs WHERE message LIKE 'marker-%'");
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < JOBS; i++) {
      expected.add("marker-" + i);
    }
    assertThat(rows)
        .extracting(row -> row.path("message").asText())
        .containsExactlyInAnyOrderElementsOf(expected);
    assertThat(rows)
        .allMatch(row -> row.path("pod").asText().startsWith(row.path("message").asText() + "-"))
        .allMatch(row -> row.path("namespace").asText().equals("default"))
        .allMatch(row -> row.path("container").asText().equals("main"))
        .allMatch(row -> row.path("stream").asText().equals("stdout"))
        .allMatch(row -> row.path("owner_kind").asText().equals("Job"))
        .allMatch(row -> row.path("owner_name").asText().equals(row.path("message").asText()))
        .allMatch(row ->
            row.path("labels")
                .path("batch.kubernetes.io/job-name")
                .asText()
                .equals(row.path("message").asText()))
        .allMatch(row ->
            row.path("namespace_labels")
                .path("kubernetes.io/metadata.name")
                .asText()
                .equals("default"))
        .allMatch(row -> row.path("node_labels").path("kubernetes.io/os").asText().equals("linux"));
  }

  @Test
  void logsOfADeploymentAndOfACronJobTellWhoseTheyAre() throws Exception {
    String container =
        "{ name: main, image: \"%s\", imagePullPolicy: Never, command: [ sh, -c, \"echo owned; sleep 2\" ] }"
            .formatted(cluster.env("IMAGE"));
    assertThat(
            cluster
                .apply(
                    """
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: { name: storefront }
                    spec:
                      selector: { matchLabels: { app: storefront } }
                      template:
                        metadata: { labels: { app: storefront, tier: web } }
                        spec: { terminationGracePeriodSeconds: 0, containers: [ %s ] }
                    ---
                    apiVersion: batch/v1
                    kind: CronJob
                    metadata: { name: nightly }
                    spec:
                      schedule: "0 0 1 1 *"
                      jobTemplate:
                        spec:
                          template:
                            metadata: { labels: { app: nightly } }
                            spec: { restartPolicy: Never, containers: [ %s ] }
                    """
                        .formatted(container, container))
                .exit())
        .isZero();
    assertThat(kubectl("", "create", "job", "--from=cronjob/nightly", "nightly-now").exit())
        .isZero();
    for (String pod : List.of("storefront-", "nightly-now-")) {
      awaitAtLeast(
          1, "SELECT count(*) AS n FROM logs WHERE message = 'owned' AND pod LIKE '" + pod + "%'");
    }
    JsonNode rows =
        PurserProcess.sql(
            purser.config(),
            "SELECT DISTINCT owner_kind, owner_name, labels['app'] AS app, labels['tier'] AS tier FROM logs"
                + " WHERE message = 'owned' ORDER BY owner_kind");
    assertThat(rows)
        .extracting(row ->
            String.join(
                " ",
                row.path("owner_kind").asText(),
                row.path("owner_name").asText(),
                row.path("app").asText(),
                row.path("tier").asText()))
        .containsExactly("CronJob nightly nightly null", "Deployment storefront storefront web");
  }

  @Test
  void eventsAndLogsOfACrashingPodAndAnExecAreThere() throws Exception {
    assertThat(
            cluster
                .apply(
                    """
                    apiVersion: v1
                    kind: Pod
                    metadata: { name: crasher }
                    spec:
                      terminationGracePeriodSeconds: 0
                      containers:
                        - { name: main, image: "%s", imagePullPolicy: Never, command: [ sh, -c, "echo going down >&2; exit 3" ] }
                        - { name: shell, image: "%s", imagePullPolicy: Never, command: [ sh, -c, "while true; do sleep 1; done" ] }
                    """
                        .formatted(cluster.env("IMAGE"), cluster.env("IMAGE")))
                .exit())
        .isZero();
    awaitAtLeast(
        1,
        "SELECT count(*) AS n FROM events WHERE reason = 'BackOff' AND kind = 'Pod' AND name = 'crasher' AND type = 'Warning'");
    awaitAtLeast(
        2,
        "SELECT count(*) AS n FROM logs WHERE pod = 'crasher' AND message = 'going down' AND stream = 'stderr'");
    assertThat(kubectl("ALICE", "exec", "crasher", "-c", "shell", "--", "true").exit()).isZero();
    // The API server writes a row when the stream opens and one when it ends.
    for (String stage : List.of("ResponseStarted", "ResponseComplete")) {
      awaitCount(
          1,
          "SELECT count(*) AS n FROM audit WHERE \"user\" = 'alice' AND resource = 'pods' AND subresource = 'exec'"
              + " AND name = 'crasher' AND code = 101 AND stage = '%s'".formatted(stage));
    }
    everyEventOfTheApiServerIsThereOnce();
  }

  /// The API server counts its audit events itself.
  @Test
  void auditIsAsCompleteAsTheApiServerSays() throws Exception {
    List<String> clients = List.of("kubelet", "controller-manager", "scheduler");
    for (String client : clients) {
      cluster.signal(client, "STOP");
    }
    try {
      Instant deadline = Instant.now().plus(PATIENCE);
      long before;
      long rows;
      long after;
      do {
        before = auditCounter();
        rows = count("SELECT count(*) AS n FROM audit");
        after = auditCounter();
      } while ((before != rows || rows != after) && Instant.now().isBefore(deadline));
      assertThat(rows).isEqualTo(before).isEqualTo(after);
    } finally {
      for (String client : clients) {
        cluster.signal(client, "CONT");
      }
    }
    assertThat(count("SELECT count(*) AS n FROM gaps")).isZero();
  }

  private static void everyEventOfTheApiServerIsThereOnce() throws Exception {
    JsonNode items =
        new ObjectMapper()
            .readTree(kubectl("", "get", "events", "--all-namespaces", "-o", "json").out())
            .path("items");
    assertThat(items).isNotEmpty();
    for (JsonNode event : items) {
      awaitCount(
          1,
          "SELECT count(*) AS n FROM events WHERE uid = '%s' AND resource_version = '%s'"
              .formatted(
                  event.path("metadata").path("uid").asText(),
                  event.path("metadata").path("resourceVersion").asText()));
    }
  }

  private static long auditCounter() throws IOException, InterruptedException {
    for (String line : kubectl("", "get", "--raw", "/metrics").out().lines().toList()) {
      if (line.startsWith("apiserver_audit_event_total")) {
        return (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
      }
    }
    throw new AssertionError("no apiserver_audit_event_total");
  }

  private static Cluster.Result kubectl(String user, String... arguments)
      throws IOException, InterruptedException {
    return cluster.kubectl(user.isEmpty() ? "KUBECONFIG" : "KUBECONFIG_" + user, arguments);
  }

  private static void awaitCount(long expected, String query) throws Exception {
    awaitAtLeast(expected, query);
    assertThat(count(query)).as(query).isEqualTo(expected);
  }

  private static void awaitAtLeast(long expected, String query) throws Exception {
    hub.awaitAtLeast(expected, query);
  }

  private static long count(String query) throws IOException, InterruptedException {
    return hub.number(query);
  }
}
