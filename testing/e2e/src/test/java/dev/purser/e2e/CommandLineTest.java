package dev.purser.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.rig.Asking;
import dev.purser.rig.Loopback;
import dev.purser.rig.PurserProcess;
import dev.purser.rig.PurserProcess.Result;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// What users see who mistype, misconfigure, or come too early.
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class CommandLineTest {
  private static final String PIN = "0".repeat(64);
  private static final Pattern ERRORS = Pattern.compile("purser_agent_errors_total [1-9]");

  @TempDir Path directory;
  private Path log;

  @BeforeEach
  void write() throws IOException {
    log = Files.writeString(directory.resolve("app.log"), "one\ntwo\nunfinished");
  }

  @Test
  void aGoodConfigIsSaidToBeGood() throws Exception {
    Path config = config("data: " + directory.resolve("data") + "\n" + sources());
    Result result = PurserProcess.run("config", "check", config.toString());
    assertThat(result.exit()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(directory.resolve("data")).doesNotExist();
  }

  @Test
  void aDataDirectoryWithAFileInItsWayIsAFault() throws Exception {
    for (Path data : List.of(log, log.resolve("deep/data"))) {
      Path config = config("data: " + data + "\n" + sources());
      Result result = PurserProcess.run("config", "check", config.toString());
      assertThat(result.exit()).isEqualTo(2);
      assertThat(result.err())
          .contains(config + ": data: " + log + " is no directory")
          .contains("name another");
    }
  }

  /// Whoever checks may be another user on another machine.
  @Test
  @Tag("root")
  void aDataDirectoryThatCannotBeWrittenHereIsTold() throws Exception {
    Path disk = Files.createDirectory(directory.resolve("disk"));
    shell("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", disk.toString());
    try {
      for (Path data : List.of(disk, disk.resolve("deep/data"))) {
        Path config = config("data: " + data + "\n" + sources());
        Result result = PurserProcess.run("config", "check", config.toString());
        assertThat(result.exit()).isZero();
        assertThat(result.out()).contains(config + ": good");
        assertThat(result.err())
            .contains(config + ": data: ")
            .contains(disk + " cannot be written: its file system is read-only");
      }
    } finally {
      shell("umount", disk.toString());
    }
  }

  @Test
  void eachFaultOfAConfigIsNamedWithItsPlace() throws Exception {
    Path config =
        config(
            """
            dta: /x
            data: relative/directory
            hub: { listen: "127.0.0.1:99999", url: "http://hub:7443", certSha256: abcx }
            agent: { metrics: "127.0.0.1" }
            lake: { retention: soon }
            sources:
              files: [ { name: a, paths: [ /var/log/a ] }, { name: a, paths: [ /var/log/b ] }, { name: c },
                       { name: d, paths: [ "/x[" ] }, { name: audit, paths: [ /var/log/audit/audit.log ] } ]
            """);
    Result result = PurserProcess.run("config", "check", config.toString());
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err())
        .contains("dta: unknown key; did you mean data?")
        .contains("data: expected the absolute path of a directory, found \"relative/directory\"")
        .contains("hub.listen: expected host:port with a port up to 65535,")
        .contains(", found \"127.0.0.1:99999\"")
        .contains(
            "hub.url: expected an address such as https://hub:7443, found \"http://hub:7443\"")
        .contains("hub.certSha256: expected a SHA-256 of 64 hex digits")
        .contains(", found 4 characters, 3 of them hex digits")
        .contains("agent.metrics: expected host:port")
        .contains(", found \"127.0.0.1\"")
        .contains("lake.retention: expected a duration")
        .contains("sources.files: two sources are named \"a\"")
        .contains("sources.files: \"audit\" is a name of Purser's own")
        .contains("sources.files[2].paths: missing")
        .contains("sources.files[3].paths: no pattern: \"x[\"")
        .doesNotContain("sources.files[3].paths: missing")
        .doesNotContain("\tat ");
  }

  @Test
  void aConfigThatIsNotThereAndAnUnknownCommandAreUsageErrors() throws Exception {
    Result missing = PurserProcess.run("up", "--config", directory.resolve("none").toString());
    assertThat(missing.exit()).isEqualTo(2);
    assertThat(missing.err()).contains("does not exist");
    assertThat(PurserProcess.run("upp").exit()).isEqualTo(2);
    assertThat(PurserProcess.run("--help").exit()).isZero();
  }

  /// Native libraries that unpack themselves would stay there.
  @Test
  void aKilledProgramLeavesNothingInTheTemporaryDirectory() throws Exception {
    Path temporary = Files.createDirectory(directory.resolve("tmp"));
    Path config =
        config(
            "data: "
                + directory.resolve("data")
                + "\nhub: { listen: \"127.0.0.1:0\" }\n"
                + sources());
    try (PurserProcess purser =
            PurserProcess.startWith(
                    List.of("-Djava.io.tmpdir=" + temporary), "up", "--config", config.toString())
                .awaitReady();
        Asking hub = new Asking(directory.resolve("data"))) {
      hub.awaitAtLeast(2, "SELECT count(*) AS n FROM logs");
      purser.kill();
    }
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void aQueryWithoutAHubSaysSo() throws Exception {
    Result result =
        PurserProcess.run("sql", "--data", directory.resolve("nothing").toString(), "SELECT 1");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("nothing").doesNotContain("\tat ");
  }

  @Test
  void anAgentRunOnceGivesUpOnAHubThatIsNotThere() throws Exception {
    int unused = Loopback.unusedPort();
    Path token = Files.writeString(directory.resolve("token"), "secret");
    Result result = runAgentOnce(unused, PIN, token);
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("127.0.0.1:" + unused + ": Connection refused");
  }

  @Test
  void anAgentThatWaitsForItsHubTellsSoInItsMetrics() throws Exception {
    int metrics = Loopback.unusedPort();
    Path token = Files.writeString(directory.resolve("token"), "secret");
    Path config =
        config(
            "agent: { metrics: \"127.0.0.1:%d\" }\n".formatted(metrics)
                + agent(Loopback.unusedPort(), PIN, token));
    try (PurserProcess agent = PurserProcess.start("agent", "--config", config.toString());
        HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + metrics + "/metrics")).build();
      String figures = "";
      while (!ERRORS.matcher(figures).find()) {
        try {
          figures = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        } catch (ConnectException e) {
          Thread.onSpinWait(); // It is about to start.
        }
      }
      assertThat(agent.stop()).isZero();
    }
  }

  @Test
  void anAgentRunOnceDeliversAndTellsWhatIsPending() throws Exception {
    Path hubData = directory.resolve("hub");
    Path config = config("data: " + hubData + "\nhub: { listen: \"127.0.0.1:0\" }\n");
    try (PurserProcess hub = PurserProcess.start("hub", "--config", config.toString())) {
      hub.awaitReady();
      JsonNode session = Asking.session(hubData);
      int port = URI.create(session.path("url").asText()).getPort();
      String pin = session.path("certSha256").asText();
      Result delivered = runAgentOnce(port, pin, hubData.resolve("ingest.token"));
      assertThat(delivered.exit()).as(delivered.err()).isZero();
      assertThat(delivered.out())
          .contains("delivered 2 records")
          .contains(log + ": the last line has no end yet: 10 bytes wait for it");
      Result refused = runAgentOnce(port, pin, hubData.resolve("query.token"));
      assertThat(refused.exit()).isEqualTo(1);
      assertThat(refused.err()).contains("refuses the token in " + hubData.resolve("query.token"));
      String url = "https://127.0.0.1:" + port;
      Result asked = ask(url, hubData.resolve("query.token"));
      assertThat(asked.out().strip()).as(asked.err()).isEqualTo("[{\"n\":2}]");
      Result unknown = ask(url, hubData.resolve("ingest.token"));
      assertThat(unknown.exit()).isEqualTo(1);
      assertThat(unknown.err())
          .contains("does not know the token in " + hubData.resolve("ingest.token"));
      JsonNode rows =
          PurserProcess.sql(
              config,
              "SELECT message, message, {'n': seq, 'of': [1, 2]} AS s FROM logs ORDER BY seq");
      assertThat(rows.toString())
          .isEqualTo(
              "[{\"message\":\"one\",\"message_1\":\"one\",\"s\":{\"n\":0,\"of\":[1,2]}},"
                  + "{\"message\":\"two\",\"message_1\":\"two\",\"s\":{\"n\":1,\"of\":[1,2]}}]");
      assertThat(hub.stop()).isZero();
    }
  }

  /// Without the hub's certificate.
  private static Result ask(String url, Path token) throws Exception {
    return PurserProcess.run(
        "sql",
        "--format",
        "json",
        "--hub",
        url,
        "--token-file",
        token.toString(),
        "SELECT count(*) AS n FROM logs");
  }

  private Result runAgentOnce(int port, String pin, Path token) throws Exception {
    Path config = config(agent(port, pin, token));
    return PurserProcess.run("agent", "--once", "--config", config.toString());
  }

  private String agent(int port, String pin, Path token) {
    return "data: %s\nhub: { url: \"https://127.0.0.1:%d\", certSha256: \"%s\", tokenFile: %s }\n%s"
        .formatted(directory.resolve("agent"), port, pin, token, sources());
  }

  private String sources() {
    return "sources: { files: [ { name: app, paths: [ \"" + log + "\" ] } ] }\n";
  }

  private static void shell(String... command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  private Path config(String yaml) throws IOException {
    return Files.writeString(Files.createTempFile(directory, "config", ".yaml"), yaml);
  }
}
