package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.record.EpochMicros;
import dev.purser.core.record.Stream;
import dev.purser.core.table.Decoder;
import dev.purser.core.table.MalformedRecordException;
import dev.purser.testkit.FilledRow;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Docker's json-file and local. The files below `docker/` were written by dockerd 20.10.24 for one
/// container run with each driver.
class DockerFormatsTest {
  private static final int LIMIT = 1 << 20;
  private static final String TIME = DockerLogs.TIME;
  private static final String CRI = TIME + " stdout ";

  @Test
  void bothFilesOfOneRunOfDockerHoldTheSameMessages() throws Exception {
    List<String> messages =
        List.of(
            "stdout 0 hello",
            "stderr 0 err \"quoted\" \\ back\ttab",
            "stdout 0 caf\u00e9 \ud83d\ude00 bad\ufffd ctl\u0001 <&>",
            "stdout 0 ",
            "stdout 0 cr",
            "stdout 0 " + "x".repeat(17000) + "END",
            "stdout 1 no end");
    assertThat(
            rows(
                ContainerSplitter.ofLines(),
                ContainerDecoder.ofLines(),
                resource("docker/json-file.log")))
        .isEqualTo(messages);
    assertThat(
            rows(
                ContainerSplitter.ofDockerLocal(),
                ContainerDecoder.ofDockerLocal(),
                resource("docker/local.log")))
        .isEqualTo(messages);
  }

  @Test
  void linesOfBothFormatsMayStandInOneFile() throws Exception {
    String file =
        CRI
            + "P a\n"
            + DockerLogs.jsonLine("b", "stdout")
            + DockerLogs.jsonLine("c\\n", "stdout")
            + DockerLogs.jsonLine("x", "stderr")
            + CRI
            + "F d\n"
            + DockerLogs.jsonLine("y\\n", "stderr");
    assertThat(lines(file)).containsExactly("stdout 0 abc", "stdout 0 d", "stderr 0 xy");
  }

  @Test
  void aLineOfDockerMayLookLikeOneOfCriWithinItsText() throws Exception {
    String text = "x".repeat(30 - "{\"log\":\"".length() - 1) + "Z stdout P y\\n";
    assertThat(lines(DockerLogs.jsonLine(text, "stderr") + DockerLogs.jsonLine("z\\n", "stdout")))
        .containsExactly("stderr 0 " + text.substring(0, text.length() - 2), "stdout 0 z");
  }

  @Test
  void keysStandInAnyOrderAndOthersAreIgnored() throws Exception {
    assertThat(
            lines(
                "{\"a\":[{\"log\":\"no\"},1e3,null],\"time\" : \""
                    + TIME
                    + "\", \"attrs\":{\"stream\":\"stderr\",\"b\":{\"c\":\"}\\\"\"}},"
                    + "\"stream\":\"stdout\",\"log\":\"yes\\n\"} \n"))
        .containsExactly("stdout 0 yes");
  }

  @Test
  void ofEqualKeysTheLastCounts() throws Exception {
    String twice = "{\"log\":\"a\",\"log\":\"b\\n\",\"stream\":\"stderr\",\"stream\":\"stdout\"";
    assertThat(lines(twice + ",\"time\":\"x\",\"time\":\"" + TIME + "\"}\n"))
        .containsExactly("stdout 0 b");
  }

  @Test
  void escapesAreUndone() throws Exception {
    assertThat(
            lines(
                DockerLogs.jsonLine("\\\"\\\\n\\/\\b\\f\\r\\t\\u00e9\\ud83d\\ude00\\n", "stdout")))
        .containsExactly("stdout 0 \"\\n/\b\f\r\t\u00e9\ud83d\ude00");
    assertThat(lines(DockerLogs.jsonLine("\\ud83d|\\ude00|\\u0000\\n", "stdout")))
        .containsExactly("stdout 0 \ufffd|\ufffd|\0");
  }

  @Test
  void onlyALineFeedThatIsOneEndsALine() throws Exception {
    assertThat(
            lines(
                DockerLogs.jsonLine("a\\\\n", "stdout")
                    + DockerLogs.jsonLine("n", "stdout")
                    + DockerLogs.jsonLine("\\\\\\n", "stdout")
                    + DockerLogs.jsonLine("open", "stdout")))
        .containsExactly("stdout 0 a\\nn\\", "stdout 1 open");
  }

  @Test
  void aLineWithoutLogIsAnEmptyPiece() throws Exception {
    assertThat(lines("{\"stream\":\"stdout\",\"time\":\"" + TIME + "\"}\n"))
        .containsExactly("stdout 1 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "{}",
        "{\"log\"",
        "{\"log\":",
        "{\"log\":\"a\\n\"}",
        "{\"log\":\"a\\n\",\"stream\":\"stdout\"",
        "{\"log\":\"a\\n\",\"stream\":\"stdin\",\"time\":\"" + TIME + "\"}",
        "{\"log\":1,\"stream\":\"stdout\",\"time\":\"" + TIME + "\"}",
        "{\"log\":\"a\\n\",\"stream\":null,\"time\":\"" + TIME + "\"}",
        "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"" + TIME + "\"}x",
        "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"" + TIME + "\",}",
        "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"" + TIME,
        "{\"log\":\"a\0\\n\",\"stream\":\"stdout\",\"time\":\"" + TIME + "\"}",
        "{\"log\":\"a\\\",\"stream\":\"stdout\",\"time\":\"" + TIME + "\"}",
        "{log:\"a\\n\",\"stream\":\"stdout\",\"time\":\"" + TIME + "\"}",
      })
  void whatIsNoLineOfDockerStandsAlone(String text) throws Exception {
    String around = DockerLogs.jsonLine("before", "stdout") + text + "\n";
    assertThat(records(ContainerSplitter.ofLines(), bytes(around + CRI + "F after\n")))
        .as("a record of its own")
        .contains(text + "\n");
    assertThatThrownBy(() -> decode(ContainerDecoder.ofLines(), bytes(text + "\n")))
        .isInstanceOf(MalformedRecordException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"log\":\"\\q\\n\",\"stream\":\"stdout\",\"time\":\"" + TIME + "\"}",
        "{\"log\":\"\\u12g4\\n\",\"stream\":\"stdout\",\"time\":\"" + TIME + "\"}",
        "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"yesterday\"}",
        "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"attrs\":[},\"time\":\"" + TIME + "\"}",
        "{\"log\":\"a\\n\",\"stream\":\"stdout\"}",
      })
  void theDecoderHasTheLastWord(String text) {
    assertThatThrownBy(() -> decode(ContainerDecoder.ofLines(), bytes(text + "\n")))
        .isInstanceOf(MalformedRecordException.class);
  }

  @Test
  void deepAttributesTakeNoStack() {
    String deep =
        "{\"attrs\":" + "[".repeat(100_000) + "]".repeat(100_000) + ",\"stream\":\"stdout\"}\n";
    assertThat(records(ContainerSplitter.ofLines(), bytes(deep))).containsExactly(deep);
    assertThatThrownBy(() -> decode(ContainerDecoder.ofLines(), bytes(deep)))
        .isInstanceOf(MalformedRecordException.class)
        .hasMessageContaining("deeper");
  }

  @Test
  void piecesOfOneLineAreJoined() throws Exception {
    byte[] file =
        concat(
            DockerLogs.localPiece("stdout", "a", 1, false),
            DockerLogs.local("stderr", "x"),
            DockerLogs.localPiece("stdout", "b", 2, false),
            DockerLogs.localPiece("stdout", "c", 3, true),
            DockerLogs.localPiece("stdout", "d", 1, false));
    assertThat(local(file)).containsExactly("stderr 0 x", "stdout 0 abc", "stdout 1 d");
  }

  @Test
  void theTimeOfAnEntryIsItsOwn() throws Exception {
    long micros = EpochMicros.of(Instant.parse(TIME));
    assertThat(
            decode(ContainerDecoder.ofDockerLocal(), DockerLogs.local("stdout", "x")).get("time"))
        .isEqualTo(micros);
    assertThat(
            decode(ContainerDecoder.ofLines(), bytes(DockerLogs.jsonLine("x\\n", "stdout")))
                .get("time"))
        .isEqualTo(micros);
  }

  @Test
  void aDamagedLengthCostsOneEntryAndIsSeenAtOnce() throws Exception {
    byte[] one = DockerLogs.local("stdout", "one");
    byte[] two = DockerLogs.local("stdout", "two");
    byte[] three = DockerLogs.local("stdout", "three");
    for (int at : List.of(0, 1, 2, 3, two.length - 4, two.length - 1)) {
      byte[] broken = two.clone();
      broken[at] ^= 8;
      byte[] file = concat(one, broken, three);
      assertThat(local(file))
          .as("byte %s", at)
          .containsExactly("stdout 0 one", "damaged " + broken.length, "stdout 0 three");
      assertThat(takenUnfinished(file)).as("byte %s", at).isEqualTo(file.length);
    }
  }

  @Test
  void anEntryThatWasNotWrittenToItsEndCostsOnlyItself() throws Exception {
    byte[] torn = Arrays.copyOf(DockerLogs.local("stdout", "x".repeat(3000)), 2000);
    byte[] good = DockerLogs.local("stdout", "y".repeat(3000));
    assertThat(local(concat(torn, good)))
        .containsExactly("damaged 2000", "stdout 0 " + "y".repeat(3000));
    assertThat(local(torn)).containsExactly("damaged 2000");
    assertThat(takenUnfinished(torn)).isZero();
  }

  @Test
  void whatIsNoEntryIsOneRecordUpToTheNext() throws Exception {
    byte[] good = DockerLogs.local("stderr", "good");
    for (byte[] bad :
        List.of(
            new byte[5000],
            bytes("plain text\n".repeat(99)),
            new byte[] {0x7f, -1, -1, -1},
            new byte[] {-1, -1, -1, -1, 1})) {
      assertThat(local(concat(bad, good)))
          .containsExactly("damaged " + bad.length, "stderr 0 good");
      assertThat(local(concat(good, bad)))
          .containsExactly("stderr 0 good", "damaged " + bad.length);
    }
  }

  @Test
  void messagesThatAreNotOfDockerAreMalformedButKeepTheirFrame() throws Exception {
    byte[] good = DockerLogs.local("stdout", "good");
    byte[] noSource = DockerLogs.frame(new byte[] {0x10, 1});
    byte[] wrongType = DockerLogs.frame(new byte[] {0x08, 1, 0x10, 1});
    byte[] otherSource = DockerLogs.frame(new byte[] {0x0a, 1, 'x', 0x10, 1});
    assertThat(local(concat(good, noSource, wrongType, otherSource, good)))
        .containsExactly(
            "stdout 0 good", "damaged 10", "damaged 12", "damaged 13", "stdout 0 good");
  }

  @Test
  void laterFieldsAreIgnored() throws Exception {
    byte[] entry = DockerLogs.local("stdout", "x");
    byte[] message = Arrays.copyOfRange(entry, 4, entry.length - 4);
    byte[] attributes = {0x32, 3, 0x0a, 1, 'k', 0x39, 1, 2, 3, 4, 5, 6, 7, 8, 0x45, 1, 2, 3, 4};
    assertThat(local(DockerLogs.frame(concat(message, attributes)))).containsExactly("stdout 0 x");
  }

  @Test
  void entriesSurviveAnyDamageOfOthers() throws Exception {
    long first = System.nanoTime();
    for (int i = 0; i < 2000; i++) {
      Random random = new Random(first + i);
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      List<String> whole = new ArrayList<>();
      for (int n = 0; n < 20; n++) {
        // No two of one length: one that lacks just its second length would take the next's first.
        String line = n + "-" + "z".repeat(3 * ((n * 7) % 20));
        byte[] entry = DockerLogs.local(random.nextBoolean() ? "stdout" : "stderr", line);
        if (random.nextInt(4) == 0) {
          file.writeBytes(damaged(entry, random));
        } else {
          file.writeBytes(entry);
          whole.add(line);
        }
      }
      List<String> read = local(file.toByteArray());
      assertThat(read.stream().map(row -> row.substring(row.lastIndexOf(' ') + 1)))
          .as("seed %s", first + i)
          .containsSubsequence(whole);
    }
  }

  private static byte[] damaged(byte[] entry, Random random) {
    byte[] bytes = entry.clone();
    return switch (random.nextInt(3)) {
      case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1 -> {
        bytes[random.nextInt(4)] ^= (byte) (1 + random.nextInt(255));
        yield bytes;
      }
      default -> {
        bytes[bytes.length - 1 - random.nextInt(4)] ^= (byte) (1 + random.nextInt(255));
        yield bytes;
      }
    };
  }

  private static List<String> lines(String file) throws IOException {
    return rows(ContainerSplitter.ofLines(), ContainerDecoder.ofLines(), bytes(file));
  }

  private static List<String> local(byte[] file) {
    return rows(ContainerSplitter.ofDockerLocal(), ContainerDecoder.ofDockerLocal(), file);
  }

  /// `<stream> <partial> <message>` for each record, `damaged <bytes>` for what does not decode.
  private static List<String> rows(Splitter splitter, Decoder decoder, byte[] file) {
    Random random = new Random(Arrays.hashCode(file));
    List<String> rows = new ArrayList<>();
    for (byte[] record :
        PiecewiseReading.records(splitter, file, LIMIT, () -> 1 + random.nextInt(20_000))) {
      try {
        Map<String, Object> row = decode(decoder, record);
        rows.add(row.get("stream") + " " + row.get("partial") + " " + row.get("message"));
      } catch (MalformedRecordException e) {
        rows.add("damaged " + record.length);
      }
    }
    return rows;
  }

  private static List<String> records(Splitter splitter, byte[] file) {
    return PiecewiseReading.records(splitter, file, LIMIT, () -> file.length).stream()
        .map(record -> new String(record, StandardCharsets.UTF_8))
        .toList();
  }

  private static int takenUnfinished(byte[] file) {
    try (Arena arena = Arena.ofConfined()) {
      Cuts cuts = new Cuts(arena);
      MemorySegment data = arena.allocate(file.length);
      MemorySegment.copy(file, 0, data, ValueLayout.JAVA_BYTE, 0, file.length);
      cuts.reset(data, LIMIT);
      ContainerSplitter.ofDockerLocal().split(data, file.length, false, cuts);
      return cuts.taken();
    }
  }

  private static Map<String, Object> decode(Decoder decoder, byte[] record)
      throws MalformedRecordException {
    FilledRow row = new FilledRow(decoder.table());
    decoder.decode(
        new Stream("file/x", decoder.kind(), Map.of("file", "/x")), record, 0, record.length, row);
    return row.values();
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(DockerFormatsTest.class.getResourceAsStream("/" + name), name)) {
      return in.readAllBytes();
    }
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
