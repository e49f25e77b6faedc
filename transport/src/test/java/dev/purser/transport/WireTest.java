package dev.purser.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.ingest.Reply;
import dev.purser.core.record.Position;
import dev.purser.core.record.StreamState;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WireTest {
  private static final long SEED = Long.getLong("purser.seed", 20_260_301L);
  private static final int FUZZ_ROUNDS = 50_000;

  private static final Map<String, StreamState> STREAMS =
      Map.of(
          "file/ä",
          new StreamState(new Position("18446744073709551615"), Long.MAX_VALUE, true),
          "b",
          StreamState.NEW,
          "€".repeat(512),
          new StreamState(new Position("x".repeat(1024)), 1, false));

  static Stream<Reply> replies() {
    return Stream.of(
        new Reply.Accepted(0, 0),
        new Reply.Accepted(Long.MAX_VALUE, 7),
        new Reply.Conflict(Map.of()),
        new Reply.Conflict(STREAMS),
        new Reply.Busy("log is full"),
        new Reply.Rejected("€".repeat(1024)));
  }

  @ParameterizedTest
  @MethodSource("replies")
  void aReplyComesBackAsItWas(Reply reply) throws Exception {
    assertThat(WireReader.reply(WireWriter.reply(reply))).isEqualTo(reply);
  }

  @Test
  void aStreamMapComesBackAsItWas() throws Exception {
    assertThat(WireReader.streams(WireWriter.streams(STREAMS))).isEqualTo(STREAMS);
    assertThat(WireReader.streams(WireWriter.streams(Map.of()))).isEmpty();
  }

  @Test
  void aStartComesBackAsItWas() throws Exception {
    UUID start = UUID.randomUUID();
    assertThat(WireReader.start(WireWriter.start(start))).isEqualTo(start);
    assertThatThrownBy(() -> WireReader.start(new byte[0])).isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> WireReader.start(WireWriter.streams(Map.of())))
        .isInstanceOf(Malformed.class);
  }

  @Test
  void aLongReasonIsCut() throws Exception {
    Reply cut = WireReader.reply(WireWriter.reply(new Reply.Busy("ä".repeat(100_000))));
    assertThat(cut).isEqualTo(new Reply.Busy("ä".repeat(Limits.MAX_REASON_CHARS)));
  }

  @Test
  void theBytesAreThoseOfTheSpecification() {
    assertThat(WireWriter.reply(new Reply.Accepted(258, 1)))
        .asHexString()
        .isEqualTo("0101" + "0000000000000102" + "0000000000000001");
    assertThat(WireWriter.streams(Map.of("a", new StreamState(new Position("12"), 3, true))))
        .asHexString()
        .isEqualTo(
            "0110" + "00000001" + "0001" + "61" + "0002" + "3132" + "0000000000000003" + "01");
    assertThat(WireWriter.start(new UUID(1, 2)))
        .asHexString()
        .isEqualTo("0111" + "0000000000000001" + "0000000000000002");
  }

  @Test
  void refusesEveryPrefixAndEveryByteTooMany() {
    for (Reply reply : replies().toList()) {
      byte[] whole = WireWriter.reply(reply);
      int step = Math.max(1, whole.length / 500);
      for (int length = 0; length < whole.length; length += step) {
        byte[] prefix = java.util.Arrays.copyOf(whole, length);
        assertThatThrownBy(() -> WireReader.reply(prefix)).isInstanceOf(Malformed.class);
      }
      byte[] longer = java.util.Arrays.copyOf(whole, whole.length + 1);
      assertThatThrownBy(() -> WireReader.reply(longer)).isInstanceOf(Malformed.class);
    }
  }

  /// The corpus: one case a line, hex of the bytes behind a word on why it is refused.
  static List<String> corpus() throws IOException {
    try (InputStream in = WireTest.class.getResourceAsStream("wire-malformed.txt")) {
      if (in == null) {
        throw new IOException("the corpus is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank())
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void refusesMalformedBytes(String line) {
    byte[] bytes = HexFormat.of().parseHex(line.substring(line.indexOf(' ') + 1).strip());
    assertThatThrownBy(() -> WireReader.reply(bytes)).isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> WireReader.streams(bytes)).isInstanceOf(Malformed.class);
  }

  @Test
  void anyBytesAreReadOrMalformedAndWhatIsReadIsWrittenTheSame() {
    Random random = new Random(SEED);
    List<byte[]> seeds =
        Stream.concat(
                replies().map(WireWriter::reply), Stream.of(WireWriter.streams(small(random))))
            .toList();
    for (int round = 0; round < FUZZ_ROUNDS; round++) {
      byte[] bytes = mutated(seeds.get(random.nextInt(seeds.size())), random);
      try {
        Reply reply = WireReader.reply(bytes);
        assertThat(WireReader.reply(WireWriter.reply(reply)))
            .as("seed %d round %d", SEED, round)
            .isEqualTo(reply);
      } catch (Malformed e) {
        assertThat(e).hasMessageNotContaining("null");
      }
      try {
        Map<String, StreamState> streams = WireReader.streams(bytes);
        assertThat(WireReader.streams(WireWriter.streams(streams)))
            .as("seed %d round %d", SEED, round)
            .isEqualTo(streams);
      } catch (Malformed e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
  }

  private static Map<String, StreamState> small(Random random) {
    Map<String, StreamState> streams = new HashMap<>();
    for (int i = 0; i < 20; i++) {
      streams.put(
          "stream " + i,
          new StreamState(Position.ofOffset(i), random.nextLong(1000), random.nextBoolean()));
    }
    return streams;
  }

  private static byte[] mutated(byte[] seed, Random random) {
    int length = random.nextInt(10) == 0 ? random.nextInt(seed.length + 4) : seed.length;
    byte[] bytes = java.util.Arrays.copyOf(seed, length);
    for (int changes = random.nextInt(4); changes > 0 && length > 0; changes--) {
      int at = random.nextInt(random.nextBoolean() ? Math.min(length, 40) : length);
      bytes[at] =
          random.nextBoolean()
              ? (byte) random.nextInt()
              : (byte) (bytes[at] ^ (1 << random.nextInt(8)));
    }
    return bytes;
  }
}
