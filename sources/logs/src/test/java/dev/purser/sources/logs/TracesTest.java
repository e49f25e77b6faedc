package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.sources.logs.multiline.Language;
import dev.purser.sources.logs.multiline.Multiline;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Traces as the languages write them, among ordinary lines. In the resources a line `~~~` stands
/// between records.
class TracesTest {
  private static final String TIME = "2026-11-23T04:38:02.123456789Z";
  private static final String ALL =
      Arrays.stream(Language.values()).map(TracesTest::name).collect(Collectors.joining(","));

  @ParameterizedTest
  @EnumSource
  void aTraceIsOneRecordAndEachOtherLineToo(Language language) throws Exception {
    List<String> records = records(language);
    Splitter splitter = JoiningSplitter.ofLines(Multiline.parse(name(language)));
    assertThat(Feed.whole(splitter, String.join("", records))).isEqualTo(records);
  }

  @ParameterizedTest
  @EnumSource
  void theRecordsAreTheSameWhenTheFileGrowsByteByByte(Language language) throws Exception {
    List<String> records = records(language);
    Splitter splitter = JoiningSplitter.ofLines(Multiline.parse(name(language)));
    assertThat(Feed.dripping(splitter, String.join("", records))).isEqualTo(records);
  }

  @ParameterizedTest
  @EnumSource
  void aTraceOfAContainerIsOneRecord(Language language) throws Exception {
    List<String> records = records(language).stream().map(TracesTest::cri).toList();
    Splitter splitter = JoiningSplitter.ofContainers(Multiline.parse(name(language)));
    String file = String.join("", records);
    assertThat(Feed.whole(splitter, file)).isEqualTo(records);
    assertThat(Feed.dripping(splitter, file)).isEqualTo(records);
  }

  @ParameterizedTest
  @EnumSource
  void aTraceInDockersJsonFileIsOneRecord(Language language) throws Exception {
    List<String> records = new ArrayList<>();
    for (String record : records(language)) {
      records.add(jsonFile(record));
    }
    Splitter splitter = JoiningSplitter.ofContainers(Multiline.parse(name(language)));
    assertThat(Feed.whole(splitter, String.join("", records))).isEqualTo(records);
  }

  @ParameterizedTest
  @EnumSource
  void aTraceInAFileOfDockersLocalIsOneRecord(Language language) throws Exception {
    List<byte[]> records = new ArrayList<>();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    for (String record : records(language)) {
      records.add(dockerLocal(record));
      file.writeBytes(records.getLast());
    }
    byte[] bytes = file.toByteArray();
    Splitter splitter = JoiningSplitter.ofDockerLocal(Multiline.parse(name(language)));
    assertThat(PiecewiseReading.records(splitter, bytes, 1 << 20, () -> bytes.length))
        .containsExactlyElementsOf(records);
    assertThat(PiecewiseReading.records(splitter, bytes, 1 << 20, () -> 1))
        .containsExactlyElementsOf(records);
  }

  @ParameterizedTest
  @EnumSource
  void theOtherLanguagesDoNotDisturb(Language language) throws Exception {
    List<String> traces =
        records(language).stream().filter(record -> record.lines().count() > 1).toList();
    List<String> records = new ArrayList<>();
    for (String trace : traces) {
      records.add("2026-11-23 05:00:00 ordinary\n");
      records.add(trace);
    }
    records.add("2026-11-23 05:00:00 ordinary\n");
    Splitter splitter = JoiningSplitter.ofLines(Multiline.parse(ALL));
    assertThat(Feed.whole(splitter, String.join("", records))).isEqualTo(records);
    assertThat(Feed.dripping(splitter, String.join("", records))).isEqualTo(records);
  }

  private static String name(Language language) {
    return language.name().toLowerCase(Locale.ROOT);
  }

  private static List<String> records(Language language) throws IOException {
    try (InputStream file =
        Objects.requireNonNull(
            TracesTest.class.getResourceAsStream("multiline/" + name(language) + ".txt"))) {
      String text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
      return List.of(text.split("~~~\n", -1));
    }
  }

  private static String jsonFile(String record) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String line : record.lines().toList()) {
      String log = new ObjectMapper().writeValueAsString(line + "\n");
      lines.append("{\"log\":").append(log);
      lines.append(",\"stream\":\"stderr\",\"time\":\"").append(TIME).append("\"}\n");
    }
    return lines.toString();
  }

  private static byte[] dockerLocal(String record) {
    ByteArrayOutputStream entries = new ByteArrayOutputStream();
    record.lines().forEach(line -> entries.writeBytes(DockerLogs.local("stderr", line)));
    return entries.toByteArray();
  }

  private static String cri(String record) {
    return record
        .lines()
        .map(line -> TIME + " stderr F " + line + "\n")
        .collect(Collectors.joining());
  }
}
