package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.rig.Asking;
import dev.purser.rig.Cluster;
import dev.purser.rig.Up;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files inside the containers of a real Kubernetes: each line that was written is a row, once, and
/// nothing of the host is one.
@Tag("root")
class InsideFilesTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir static Path directory;
  private static Cluster cluster;
  private static Up purser;
  private static Asking hub;

  @BeforeAll
  static void start() throws Exception {
    cluster = Cluster.up();
    Files.createDirectories(directory.resolve("covered"));
    purser =
        Up.start(
            directory,
            """
            cluster: e2e
            sources:
              files: [ { name: host, paths: ["%s/covered/*.log"] } ]
              containers:
                paths: %s
                sockets: ["%s"]
                files:
                  - { paths: ["/var/log/app/**/*.log", "/empty/*.log", "/host/*.log"], include: [ { pod: "inside-*" } ] }
            """
                .formatted(directory, cluster.env("POD_LOGS"), cluster.env("CONTAINERD")));
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
  void layerAndVolumesAreReadThroughRotationToTheEndOfThePod() throws Exception {
    Path shared = Files.createDirectories(directory.resolve("shared"));
    run(
        "inside-writer",
        """
        mkdir -p /var/log/app/deep
        for i in 1 2 3; do echo layer-$i >> /var/log/app/deep/app.log; done
        echo empty-1 >> /empty/app.log
        echo host-1 >> /host/app.log
        sleep 3
        echo layer-4 >> /var/log/app/deep/app.log
        mv /var/log/app/deep/app.log /var/log/app/deep/app.log.1
        echo layer-5 >> /var/log/app/deep/app.log
        mv /empty/app.log /empty/app.log.1
        echo empty-2 >> /empty/app.log
        sleep 3
        echo layer-6 >> /var/log/app/deep/app.log
        printf 'layer-7, without an end' >> /var/log/app/deep/app.log
        echo host-2 >> /host/app.log
        """,
        shared,
        "");
    await(
        "message LIKE 'layer-%'",
        "/var/log/app/deep/app.log layer-1",
        "/var/log/app/deep/app.log layer-2",
        "/var/log/app/deep/app.log layer-3",
        "/var/log/app/deep/app.log layer-4",
        "/var/log/app/deep/app.log layer-5",
        "/var/log/app/deep/app.log layer-6",
        "/var/log/app/deep/app.log layer-7, without an end");
    await("message LIKE 'empty-%'", "/empty/app.log empty-1", "/empty/app.log empty-2");
    await("message LIKE 'host-%'", "/host/app.log host-1", "/host/app.log host-2");
    assertThat(
            hub.number(
                "SELECT count(*) AS n FROM logs WHERE pod = 'inside-writer' AND namespace = 'default'"
                    + " AND container = 'main' AND container_id <> '' AND pod_uid <> ''"
                    + " AND message SIMILAR TO '(layer|empty|host)-.*'"))
        .isEqualTo(11);

    delete("inside-writer");
    assertThat(hub.number("SELECT count(*) AS n FROM gaps")).isZero();
  }

  /// The pod is deleted while its last lines are not read yet.
  @Test
  void aPodThatIsDeletedLosesNothingThatWasSeen() throws Exception {
    run(
        "inside-short",
        """
        mkdir -p /var/log/app
        i=0; while [ $i -lt 2000 ]; do echo short-$i >> /var/log/app/app.log; i=$((i+1)); done
        """,
        Files.createDirectories(directory.resolve("unused")),
        "");
    hub.awaitAtLeast(1, "SELECT count(*) AS n FROM logs WHERE message LIKE 'short-%'");
    delete("inside-short");
    hub.awaitAtLeast(2000, "SELECT count(*) AS n FROM logs WHERE message LIKE 'short-%'");
    assertThat(
            hub.number(
                "SELECT count(DISTINCT message) AS n FROM logs WHERE message LIKE 'short-%'"))
        .isEqualTo(2000);
    assertThat(hub.number("SELECT count(*) AS n FROM logs WHERE message LIKE 'short-%'"))
        .isEqualTo(2000);
  }

  @Test
  void aPodAsksForItsFiles() throws Exception {
    run(
        "asking",
        "mkdir /data; echo asked-1 >> /data/own.txt; echo not-asked >> /data/other.txt; sleep 3",
        Files.createDirectories(directory.resolve("unused")),
        "annotations: { purser.dev/files: \"/data/own.*\" }");
    await("message LIKE '%asked%'", "/data/own.txt asked-1");
  }

  @Test
  void whatASourceOfHostFilesCoversStaysWithIt() throws Exception {
    run(
        "inside-covered",
        "echo covered-1 >> /host/app.log; sleep 3; echo covered-2 >> /host/app.log",
        directory.resolve("covered"),
        "");
    String file = directory.resolve("covered/app.log").toString();
    await("message LIKE 'covered-%'", file + " covered-1", file + " covered-2");
  }

  @Test
  void linksToTheHostAreToldAndNotFollowed() throws Exception {
    Path shadow = directory.resolve("shadow");
    Files.writeString(shadow, "root:of-the-host\n");
    run(
        "inside-hostile",
        """
        mkdir -p /var/log/app
        echo hostile-own >> /var/log/app/app.log
        ln -s /etc/shadow /var/log/app/absolute.log
        ln -s %1$s /var/log/app/planted.log
        ln -s ../../../../../../../../../../..%1$s /var/log/app/climbing.log
        ln -s /proc/1/root%1$s /var/log/app/process.log
        ln -s %1$s /empty/volume.log
        ln -s / /var/log/app/root
        mkfifo /var/log/app/fifo.log
        mknod /var/log/app/zero.log c 1 5
        while true; do
          ln -sfn $(dirname %1$s) /empty/swapped; rm -f /empty/swapped
          mkdir /empty/swapped; rmdir /empty/swapped
        done
        """
            .formatted(shadow),
        Files.createDirectories(directory.resolve("unused")),
        "");
    await("message LIKE 'hostile-%'", "/var/log/app/app.log hostile-own");
    Instant deadline = Instant.now().plus(PATIENCE);
    List<String> told =
        List.of("planted.log", "climbing.log", "process.log", "volume.log", "fifo.log", "zero.log");
    String problems;
    do {
      problems = hub.status().toString();
    } while (!told.stream().allMatch(problems::contains) && Instant.now().isBefore(deadline));
    assertThat(problems).contains(told).contains("not followed");
    assertThat(hub.number("SELECT count(*) AS n FROM logs WHERE message LIKE '%root:%'")).isZero();
    assertThat(
            hub.number(
                "SELECT count(*) AS n FROM logs WHERE pod = 'inside-hostile' AND stream IS NULL"))
        .isEqualTo(1);
    delete("inside-hostile");
  }

  /// @param metadata further metadata of the pod
  private static void run(String name, String script, Path hostPath, String metadata)
      throws Exception {
    Cluster.Result result =
        cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: %s
              %s
            spec:
              restartPolicy: Never
              terminationGracePeriodSeconds: 0
              containers:
                - name: main
                  image: %s
                  imagePullPolicy: Never
                  command:
                    - sh
                    - -c
                    - |
            %s
                  volumeMounts:
                    - { name: empty, mountPath: /empty }
                    - { name: host, mountPath: /host }
              volumes:
                - { name: empty, emptyDir: {} }
                - { name: host, hostPath: { path: "%s" } }
            """
                .formatted(
                    name,
                    metadata,
                    cluster.env("IMAGE"),
                    script.indent(12).stripTrailing(),
                    hostPath));
    assertThat(result.exit()).as(result.out()).isZero();
  }

  private static void delete(String pod) throws Exception {
    Cluster.Result result =
        cluster.kubectl("KUBECONFIG", "delete", "pod", pod, "--wait=true", "--timeout=60s");
    assertThat(result.exit()).as(result.out()).isZero();
  }

  /// Waits for rows, and makes sure that there are no others.
  private static void await(String where, String... rows) throws Exception {
    Instant deadline = Instant.now().plus(PATIENCE);
    List<String> found;
    do {
      found = rows(where);
    } while (found.size() < rows.length && Instant.now().isBefore(deadline));
    assertThat(found).containsExactlyInAnyOrder(rows);
  }

  private static List<String> rows(String where) throws Exception {
    JsonNode rows = hub.sql("SELECT file, message FROM logs WHERE stream IS NULL AND " + where);
    return StreamSupport.stream(rows.spliterator(), false)
        .map(row -> row.path("file").asText() + " " + row.path("message").asText())
        .toList();
  }
}
