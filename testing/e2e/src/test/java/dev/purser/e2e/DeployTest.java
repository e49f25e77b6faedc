package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.rig.Cluster;
import dev.purser.rig.Cluster.Result;
import dev.purser.rig.PurserProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Purser as users install it: its image and its chart on a real Kubernetes, upgraded and rolled
/// back while a workload writes.
@Tag("root")
class DeployTest {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final String ROLLOUT = "--timeout=600s";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path DEPLOY = PurserProcess.ROOT.resolve("deploy");

  /// CAP_DAC_READ_SEARCH.
  private static final String READS_ALL = "0000000000000004";

  @TempDir static Path directory;
  private static Cluster cluster;

  @BeforeAll
  static void start() throws Exception {
    CompletableFuture<Path> image = CompletableFuture.supplyAsync(DeployTest::buildImage);
    cluster = Cluster.up();
    cluster.ctr("images", "import", image.get().toString());
    done(cluster.ctr("images", "tag", image("one"), image("two")));
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void thePlainManifestsAreTheChartsDefaults() throws Exception {
    String rendered =
        done(
            cluster.helm(
                "template",
                "purser",
                DEPLOY.resolve("helm/purser").toString(),
                "--namespace",
                "purser"));
    assertThat(meaning(Files.readString(DEPLOY.resolve("kubernetes/purser.yaml"))))
        .as("deploy/kubernetes/render was not run after a change of the chart")
        .isEqualTo(meaning(rendered));
  }

  @Test
  void nothingIsLostOrRepeatedByUpgradeAndRollback() throws Exception {
    done(cluster.apply(Files.readString(DEPLOY.resolve("kubernetes/namespace.yaml"))));
    done(
        kubectl(
            "create",
            "secret",
            "generic",
            "purser-tokens",
            "--from-file=ingest=" + token("ingest"),
            "--from-file=query=" + token("query")));
    done(cluster.apply(volume()));
    done(cluster.apply(WRITER));
    Path values = Files.writeString(directory.resolve("values.yaml"), values());
    done(helm("install", values, "one"));
    awaitRollout();

    assertThat(wait(1, "SELECT count(*) AS n FROM logs WHERE pod = 'writer'")).isPositive();
    assertThat(wait(1, "SELECT count(*) AS n FROM events WHERE namespace = 'purser'")).isPositive();
    assertAgentIsConfined();
    assertHubIsConfined();

    done(helm("upgrade", values, "two"));
    awaitRollout();
    assertThat(images()).containsOnly("purser:two");
    for (String workload : List.of("daemonset/purser-agent", "statefulset/purser-hub")) {
      done(kubectl("rollout", "undo", workload));
    }
    awaitRollout();
    assertThat(images()).containsOnly("purser:one");

    done(cluster.kubectl("KUBECONFIG", "exec", "writer", "--", "touch", "/tmp/stop"));
    String lines = "FROM logs WHERE pod = 'writer' AND namespace = 'default'";
    wait(1, "SELECT count(*) AS n " + lines + " AND message LIKE 'end %'");
    JsonNode row =
        sql(
            "SELECT count(*) AS n, count(DISTINCT message) AS different, max(CAST(split_part(message, ' ', 2) AS BIGINT))"
                + " AS last, min(file) AS file, min(node) AS node, min(container_id) AS id "
                + lines
                + " AND message LIKE 'line %'");
    assertThat(row.path("last").asLong()).isGreaterThan(100);
    assertThat(row.path("n").asLong()).isEqualTo(row.path("last").asLong());
    assertThat(row.path("different").asLong()).isEqualTo(row.path("last").asLong());
    assertThat(row.path("node").asText()).isEqualTo("node-1");
    // The runtime, whose socket is the host's, told it.
    assertThat(row.path("id").asText()).matches("[0-9a-f]{64}");
    assertThat(row.path("file").asText()).startsWith(cluster.env("POD_LOGS") + "/default_writer_");
    assertFilesInsideContainersAreRead(row.path("last").asLong() / 10);
    // Others may have gaps: the old agent's log goes with its pod, and nobody is there to read its
    // end.
    assertThat(
            sql("SELECT count(*) AS n FROM gaps WHERE source IN (SELECT source " + lines + ")")
                .path("n")
                .asLong())
        .isZero();
  }

  /// From the overlay of the container, with no more powers than for its output.
  private static void assertFilesInsideContainersAreRead(long lines) throws Exception {
    String inside = "FROM logs WHERE file = '/tmp/app.log' AND message LIKE 'inside %'";
    assertThat(wait(lines, "SELECT count(*) AS n " + inside)).isEqualTo(lines);
    JsonNode row = sql("SELECT count(DISTINCT message) AS different, min(pod) AS pod " + inside);
    assertThat(row.path("different").asLong()).isEqualTo(lines);
    assertThat(row.path("pod").asText()).isEqualTo("writer");
  }

  private static void assertAgentIsConfined() throws Exception {
    String pod = done(kubectl("get", "pods", "-l", AGENT, "-o", "name")).strip();
    Path process = process(pod);
    String mounts = Files.readString(process.resolve("mountinfo"));
    assertThat(mounts).doesNotContain(" /run/secrets", " /var/run/secrets");
    assertThat(mountOptions(mounts, "/")).startsWith("ro");
    assertThat(mountOptions(mounts, "/host")).startsWith("ro");
    assertThat(Files.readString(process.resolve("status")))
        .contains("CapEff:\t" + READS_ALL, "CapBnd:\t" + READS_ALL, "NoNewPrivs:\t1");
    assertThat(Files.exists(process.resolve("root/run/purser/tokens/ingest"))).isTrue();
    assertThat(Files.exists(process.resolve("root/run/purser/tokens/query"))).isFalse();
    // The kubelet made it for all to read.
    assertIsItsOwners(process.resolve("root/var/lib/purser"));
    Path host = process.resolve("root/host");
    assertThat(host.resolve("proc")).isEmptyDirectory();
    assertThat(host.resolve(kubelet().substring(1))).isEmptyDirectory();
    assertThat(host.resolve(cluster.env("POD_LOGS").substring(1))).isNotEmptyDirectory();
    // Its archive of classes is in use: where it is not taken, the JVM goes on without a word.
    assertThat(Files.readString(process.resolve("maps"))).contains("/agent.jsa");
  }

  private static void assertHubIsConfined() throws Exception {
    Path process = process("pod/purser-hub-0");
    assertThat(mountOptions(Files.readString(process.resolve("mountinfo")), "/")).startsWith("ro");
    assertThat(Files.readString(process.resolve("status")))
        .contains("Uid:\t65532", "CapEff:\t0000000000000000", "NoNewPrivs:\t1");
    assertIsItsOwners(process.resolve("root/var/lib/purser/data"));
  }

  private static void assertIsItsOwners(Path directory) throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
        .isEqualTo("rwx------");
  }

  private static final String AGENT = "app.kubernetes.io/component=agent";

  /// Numbered lines, some hundred a second, until it is told to stop.
  private static final String WRITER =
      """
      apiVersion: v1
      kind: Pod
      metadata: { name: writer }
      spec:
        restartPolicy: Never
        terminationGracePeriodSeconds: 0
        containers:
          - name: writer
            image: localhost/busybox:1
            imagePullPolicy: Never
            command: [sh, -c]
            args:
              - |
                i=0
                until [ -e /tmp/stop ]; do
                  for _ in 1 2 3 4 5 6 7 8 9 10; do i=$((i + 1)); echo "line $i"; done
                  echo "inside $i" >> /tmp/app.log
                  usleep 50000
                done
                echo "end $i"
                sleep 100000
      """;

  /// The cluster has neither DNS nor Services, nor a provisioner of volumes: the hub listens on the
  /// address of the node that pods reach, and asks the API server on loopback.
  private static String values() throws Exception {
    String node =
        done(
            cluster.kubectl(
                "KUBECONFIG",
                "get",
                "node",
                "node-1",
                "-o",
                "jsonpath={.status.addresses[?(@.type==\"InternalIP\")].address}"));
    return """
    cluster: e2e
    image: { pullPolicy: Never }
    kubernetes: { server: "%1$s" }
    hub:
      hostNetwork: true
      listen: "%2$s:7443"
      url: "https://%2$s:7443"
      lake: { commitEvery: 5s }
      storage: { size: 1Gi, className: e2e }
      resources: { requests: { cpu: 10m, memory: 64Mi } }
    agent:
      hidden: ["%4$s"]
      sources: { containers: { paths: %3$s, sockets: ["%5$s"], files: [ { paths: [/tmp/app.log] } ] }, audit: null, files: null }
      resources: { requests: { cpu: 10m, memory: 64Mi } }
    """
        .formatted(
            cluster.env("API_SERVER"),
            node,
            cluster.env("POD_LOGS"),
            kubelet(),
            cluster.env("CONTAINERD"));
  }

  /// The kubelet's own directory, with the Secrets of all pods.
  private static String kubelet() {
    return Path.of(cluster.env("KUBECONFIG")).resolveSibling("kubelet").toString();
  }

  private static String volume() throws IOException {
    return """
    apiVersion: v1
    kind: PersistentVolume
    metadata: { name: purser }
    spec:
      capacity: { storage: 1Gi }
      accessModes: [ReadWriteOnce]
      storageClassName: e2e
      local: { path: %s }
      nodeAffinity:
        required:
          nodeSelectorTerms:
            - matchExpressions: [ { key: kubernetes.io/hostname, operator: In, values: [node-1] } ]
    """
        .formatted(Files.createDirectory(directory.resolve("volume")));
  }

  private static Path token(String name) throws IOException {
    return Files.writeString(directory.resolve(name), name + "-0123456789abcdef0123456789abcdef\n");
  }

  private static Result helm(String action, Path values, String tag) throws Exception {
    return cluster.helm(
        action,
        "purser",
        DEPLOY.resolve("helm/purser").toString(),
        "--namespace",
        "purser",
        "--values",
        values.toString(),
        "--set",
        "image.tag=" + tag);
  }

  private static void awaitRollout() throws Exception {
    for (String workload : List.of("statefulset/purser-hub", "daemonset/purser-agent")) {
      Result result = kubectl("rollout", "status", workload, ROLLOUT);
      assertThat(result.exit()).as(() -> result.out() + "\n" + whatIsWrong()).isZero();
    }
  }

  private static String whatIsWrong() {
    try {
      return kubectl("get", "pods", "-o", "wide").out()
          + kubectl("get", "events").out()
          + kubectl("logs", "purser-hub-0", "--tail=50").out()
          + kubectl("logs", "-l", AGENT, "--tail=50").out();
    } catch (IOException | InterruptedException e) {
      return e.toString();
    }
  }

  private static List<String> images() throws Exception {
    return done(kubectl("get", "pods", "-o", "jsonpath={.items[*].spec.containers[*].image}"))
        .strip()
        .lines()
        .flatMap(line -> Stream.of(line.split(" ")))
        .toList();
  }

  /// Where /proc tells of a pod's only container.
  private static Path process(String pod) throws Exception {
    String id =
        done(kubectl("get", pod, "-o", "jsonpath={.status.containerStatuses[0].containerID}"))
            .replace("containerd://", "")
            .strip();
    return done(cluster.ctr("tasks", "ls"))
        .lines()
        .map(line -> line.trim().split(" +"))
        .filter(columns -> columns[0].equals(id))
        .map(columns -> Path.of("/proc", columns[1]))
        .findFirst()
        .orElseThrow();
  }

  private static String mountOptions(String mountinfo, String place) {
    return mountinfo
        .lines()
        .map(line -> line.split(" "))
        .filter(columns -> columns[4].equals(place))
        .map(columns -> columns[5])
        .findFirst()
        .orElseThrow();
  }

  /// Asks until a number is there.
  private static long wait(long atLeast, String query) throws Exception {
    Instant deadline = Instant.now().plus(PATIENCE);
    long found = sql(query).path("n").asLong();
    while (found < atLeast && Instant.now().isBefore(deadline)) {
      found = sql(query).path("n").asLong();
    }
    assertThat(found).as(() -> query + "\n" + whatIsWrong()).isGreaterThanOrEqualTo(atLeast);
    return found;
  }

  /// The only row of a query, as users ask it.
  private static JsonNode sql(String query) throws Exception {
    String rows =
        done(kubectl("exec", "purser-hub-0", "--", "purser", "sql", "--format", "json", query));
    return JSON.readTree(rows).path(0);
  }

  private static Result kubectl(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        Stream.concat(Stream.of("--namespace", "purser"), Stream.of(arguments)).toList();
    return cluster.kubectl("KUBECONFIG", command.toArray(String[]::new));
  }

  private static String done(Result result) {
    assertThat(result.exit()).as(result.out()).isZero();
    return result.out();
  }

  private static String image(String tag) {
    return "docker.io/library/purser:" + tag;
  }

  private static Path buildImage() {
    Path image = directory.resolve("image.tar");
    Path log = directory.resolve("image.log");
    try {
      Process build =
          new ProcessBuilder(
                  DEPLOY.resolve("image/build").toString(),
                  "--no-build",
                  "--tag",
                  "purser:one",
                  "--output",
                  image.toString())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (build.waitFor() != 0) {
        throw new AssertionError(Files.readString(log));
      }
      return image;
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /// Manifests without comments and without what tells that Helm rendered them.
  private static List<String> meaning(String yaml) {
    return yaml.lines()
        .filter(line -> !line.startsWith("#") && !line.contains("managed-by: Helm"))
        .toList();
  }
}
