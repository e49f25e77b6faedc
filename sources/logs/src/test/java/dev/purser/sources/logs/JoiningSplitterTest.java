package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.config.DataSize;
import dev.purser.sources.logs.multiline.Multiline;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is joined, held back, reordered and cut. Random files have a seed, which is in each
/// failure's description.
class JoiningSplitterTest {
  private static final String TIME = "2026-11-23T04:38:02.123456789Z";
  private static final int ROUNDS = 2000;
  private static final int LIMIT = 1 << 20;

  /// Lines of all kinds that the grammars tell apart.
  private static final List<String> WORDS =
      List.of(
          "ordinary",
          "2026-11-23 ordinary",
          "",
          "java.lang.IllegalStateException: boom",
          "com.acme.App: ready",
          "\tat com.acme.App.main(App.java:1)",
          "Caused by: java.io.IOException",
          "\t... 3 more",
          "Traceback (most recent call last):",
          "  File \"x.py\", line 1, in f",
          "    f()",
          "ValueError: x",
          "During handling of the above exception, another exception occurred:",
          "panic: boom",
          "goroutine 1 [running]:",
          "main.main()",
          "\t/src/main.go:8 +0x2b",
          "exit status 2",
          "/srv/app.js:1",
          "  ^^^",
          "TypeError: x",
          "    at f (/srv/app.js:1:1) {",
          "  code: 'E_X'",
          "}",
          "Node.js v20.20.2",
          "a.rb:1:in `f': x (RuntimeError)",
          "\tfrom a.rb:2:in `<main>'",
          "\t1: from a.rb:2:in `<main>'",
          "fail: App[0]",
          "      indented",
          "System.Exception: x",
          " ---> System.Exception: y",
          "   at App.Main()",
          "   --- End of inner exception stack trace ---");

  @Test
  void everyLineBehindAStartBelongsToIt() {
    String file = "  before\n2026 a\n b\nc\n2026 d\n2026 e\n\n f\n";
    List<String> records = List.of("  before\n", "2026 a\n b\nc\n", "2026 d\n", "2026 e\n\n f\n");
    Splitter splitter = JoiningSplitter.ofLines(Multiline.parse("start: ^\\d{4} "));
    assertThat(Feed.whole(splitter, file)).isEqualTo(records);
    assertThat(Feed.dripping(splitter, file)).isEqualTo(records);
  }

  @Test
  void aContinuationBelongsToTheLineBeforeIt() {
    String file = "a\n b\n\tc\nd\ne\n\nf\n";
    List<String> records = List.of("a\n b\n\tc\n", "d\n", "e\n", "\n", "f\n");
    Splitter splitter = JoiningSplitter.ofLines(Multiline.parse("continuation: ^\\s+\\S"));
    assertThat(Feed.whole(splitter, file)).isEqualTo(records);
    assertThat(Feed.dripping(splitter, file)).isEqualTo(records);
  }

  @Test
  void aRecordIsOpenUntilALineEndsItOrNoneComesForALongTime() {
    Splitter splitter = JoiningSplitter.ofLines(Multiline.parse("java"));
    String file = "ordinary\njava.lang.Error\n\tat a.B.c(B.java:1)\n\tat a.B.d(B";
    try (Arena arena = Arena.ofConfined()) {
      Cuts cuts = new Cuts(arena);
      MemorySegment data = MemorySegment.ofArray(Feed.bytes(file));
      cuts.reset(data, LIMIT);
      splitter.split(data, file.length(), false, cuts);
      assertThat(cuts.taken()).isEqualTo("ordinary\n".length());
      assertThat(cuts.openEnd()).isEqualTo(file.lastIndexOf('\n') + 1);
      cuts.reset(data, LIMIT);
      splitter.splitAfterPause(data, file.length(), cuts);
      assertThat(cuts.taken()).isEqualTo(file.lastIndexOf('\n') + 1);
      assertThat(cuts.count()).isEqualTo(2);
      cuts.reset(data, LIMIT);
      splitter.split(data, file.length(), true, cuts);
      assertThat(cuts.taken()).isEqualTo(file.length());
    }
  }

  @Test
  void anOrdinaryLineIsNeverHeldBack() {
    Splitter splitter = JoiningSplitter.ofLines(Multiline.parse("java,python,go,node,ruby,dotnet"));
    assertThat(new SplitOnce(splitter, "2026-11-23 ordinary\n").taken).isEqualTo(20);
    assertThat(new SplitOnce(splitter, "INFO ordinary: text\n").taken).isEqualTo(20);
    assertThat(new SplitOnce(splitter, "{\"level\":\"info\"}\n").taken).isEqualTo(17);
  }

  @Test
  void tracesOfStdoutAndStderrThatInterleaveAreWholeEach() {
    String file =
        cri("stdout", "java.lang.Error: out")
            + cri("stderr", "java.lang.Error: err")
            + cri("stdout", "\tat a.B.c(B.java:1)")
            + cri("stderr", "\tat a.B.d(B.java:2)")
            + cri("stdout", "ordinary")
            + cri("stderr", "\tat a.B.e(B.java:3)")
            + cri("stderr", "ordinary");
    List<String> records =
        List.of(
            cri("stdout", "java.lang.Error: out") + cri("stdout", "\tat a.B.c(B.java:1)"),
            cri("stdout", "ordinary"),
            cri("stderr", "java.lang.Error: err")
                + cri("stderr", "\tat a.B.d(B.java:2)")
                + cri("stderr", "\tat a.B.e(B.java:3)"),
            cri("stderr", "ordinary"));
    Splitter splitter = JoiningSplitter.ofContainers(Multiline.parse("java"));
    assertThat(Feed.whole(splitter, file)).isEqualTo(records);
    assertThat(Feed.dripping(splitter, file)).isEqualTo(records);
  }

  @Test
  void aLineInSeveralPiecesIsOneLineOfATrace() {
    String trace =
        cri("stderr", "java.lang.Error: boom")
            + TIME
            + " stderr P \tat a.B.c\n"
            + TIME
            + " stderr F (B.java:1)\n"
            + cri("stderr", "\tat a.B.d(B.java:2)");
    String file = trace + cri("stderr", "ordinary");
    Splitter splitter = JoiningSplitter.ofContainers(Multiline.parse("java"));
    List<String> records = List.of(trace, cri("stderr", "ordinary"));
    assertThat(Feed.whole(splitter, file)).isEqualTo(records);
    assertThat(Feed.dripping(splitter, file)).isEqualTo(records);
  }

  @Test
  void aBusyStreamIsNotHeldBackByATraceOfTheOther() {
    String trace = cri("stderr", "java.lang.Error: boom") + cri("stderr", "\tat a.B.c(B.java:1)");
    String line = cri("stdout", "x".repeat(400));
    String file = trace + line.repeat(200);
    SplitOnce once = new SplitOnce(JoiningSplitter.ofContainers(Multiline.parse("java")), file);
    assertThat(once.taken).isEqualTo(file.length());
    assertThat(once.records).hasSize(201).first().isEqualTo(trace);
  }

  @Test
  void aRecordThatIsTooLongIsCutAndThePiecesGiveTheWhole() {
    Multiline multiline = limited("java");
    String frames = "\tat a.B.c(B.java:1)\n".repeat(200);
    String file = "java.lang.Error\n" + frames + "ordinary\n";
    List<String> records = Feed.whole(JoiningSplitter.ofLines(multiline), file);
    assertThat(records).hasSize(5).last().isEqualTo("ordinary\n");
    assertThat(String.join("", records)).isEqualTo(file);
    assertThat(records.subList(0, 3))
        .allSatisfy(record -> {
          assertThat(record.length()).isBetween(1000, 1024);
          assertThat(record).doesNotEndWith("\n");
        });
    assertThat(records.subList(1, 4)).allSatisfy(record -> assertThat(record).startsWith("\n"));
    assertThat(Feed.dripping(JoiningSplitter.ofLines(multiline), file)).isEqualTo(records);
  }

  @Test
  void thePiecesOfAContainersRecordGiveTheWholeToo() {
    Multiline multiline = limited("java");
    String frames = cri("stderr", "\tat a.B.c(B.java:1)").repeat(200);
    String file = cri("stderr", "java.lang.Error") + frames + cri("stderr", "ordinary");
    List<String> records = Feed.whole(JoiningSplitter.ofContainers(multiline), file);
    assertThat(records).last().isEqualTo(cri("stderr", "ordinary"));
    assertThat(String.join("", records)).isEqualTo(file);
    assertThat(records.getFirst()).doesNotEndWith("\n");
    assertThat(records.subList(1, records.size() - 1))
        .allSatisfy(record -> assertThat(record).startsWith("\n" + TIME));
    assertThat(Feed.dripping(JoiningSplitter.ofContainers(multiline), file)).isEqualTo(records);
  }

  @Test
  void ofEmptyLinesInAContainersFileOnlyTheLastBelongsToTheLineBehind() {
    String empty = "\n".repeat(50_000);
    String file = empty + cri("stdout", "ordinary") + empty;
    List<String> records = Feed.whole(JoiningSplitter.ofContainers(Multiline.parse("java")), file);
    assertThat(String.join("", records)).isEqualTo(file);
    assertThat(records).hasSize(100_000).contains("\n" + cri("stdout", "ordinary"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "java",
        "python",
        "go",
        "node",
        "ruby",
        "dotnet",
        "java,python,go,node,ruby,dotnet",
        "start: ^[a-z]",
        "continuation: ^\\s"
      })
  void howTheFileGrowsDoesNotMatter(String rules) {
    Splitter splitter = JoiningSplitter.ofLines(Multiline.parse(rules));
    long first = System.nanoTime();
    for (int i = 0; i < ROUNDS; i++) {
      Random random = new Random(first + i);
      String file = lines(random).stream().map(line -> line + "\n").collect(Collectors.joining());
      List<String> whole = Feed.whole(splitter, file);
      assertThat(String.join("", whole)).as("seed %s", first + i).isEqualTo(file);
      assertThat(growing(splitter, file, LIMIT, random)).as("seed %s", first + i).isEqualTo(whole);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"java", "python,go", "java,python,go,node,ruby,dotnet", "start: ^[a-z]"})
  void eachStreamIsJoinedAsIfItWereAlone(String rules) {
    Splitter splitter = JoiningSplitter.ofContainers(Multiline.parse(rules));
    long first = System.nanoTime();
    for (int i = 0; i < ROUNDS; i++) {
      Random random = new Random(first + i);
      String file = interleaved(random, lines(random));
      List<String> records = growing(splitter, file, LIMIT, random);
      assertThat(Feed.whole(splitter, file)).as("seed %s", first + i).isEqualTo(records);
      for (String stream : List.of(" stdout ", " stderr ")) {
        String alone = only(file, stream);
        assertThat(records.stream().filter(record -> record.contains(stream)).toList())
            .as("%s, seed %s", stream, first + i)
            .isEqualTo(Feed.whole(splitter, alone));
      }
    }
  }

  @Test
  void ofAnyBytesNoneIsLostWhateverTheSizeLimit() {
    long first = System.nanoTime();
    for (int i = 0; i < ROUNDS; i++) {
      Random random = new Random(first + i);
      int limit = 16 + random.nextInt(200);
      String file = hostile(random);
      for (String rules : List.of("java,python,go,node,ruby,dotnet", "start: ^[a-z]", "ruby")) {
        Splitter plain = JoiningSplitter.ofLines(Multiline.parse(rules));
        assertThat(String.join("", growing(plain, file, limit, random)))
            .as("seed %s", first + i)
            .isEqualTo(file);
        Splitter containers = JoiningSplitter.ofContainers(Multiline.parse(rules));
        assertThat(sorted(String.join("", growing(containers, file, limit, random))))
            .as("seed %s", first + i)
            .isEqualTo(sorted(file));
      }
    }
  }

  private static Multiline limited(String rules) {
    Multiline parsed = Multiline.parse(rules);
    return new Multiline(parsed.rules(), parsed.timeout(), new DataSize(1024));
  }

  private static List<String> growing(Splitter splitter, String file, int limit, Random random) {
    return new Feed(splitter, Feed.bytes(file), limit)
        .records(size -> size + 1 + random.nextInt(400));
  }

  private static List<String> lines(Random random) {
    List<String> lines = new ArrayList<>();
    int at = random.nextInt(WORDS.size());
    for (int i = random.nextInt(40); i >= 0; i--) {
      at = random.nextInt(3) == 0 ? random.nextInt(WORDS.size()) : (at + 1) % WORDS.size();
      lines.add(WORDS.get(at));
    }
    return lines;
  }

  private static String interleaved(Random random, List<String> lines) {
    StringBuilder file = new StringBuilder();
    int changes = 1 + random.nextInt(6);
    boolean[] goesOn = new boolean[2];
    int stream = 0;
    for (String line : lines) {
      stream = random.nextInt(changes) == 0 ? 1 - stream : stream;
      goesOn[stream] = random.nextInt(8) == 0;
      file.append(TIME)
          .append(stream == 0 ? " stdout " : " stderr ")
          .append(goesOn[stream] ? "P " : "F ")
          .append(line)
          .append('\n');
    }
    return file + cri("stdout", "2026-11-23 last") + cri("stderr", "2026-11-23 last");
  }

  private static String only(String file, String stream) {
    return file.lines()
        .filter(line -> line.contains(stream))
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }

  private static String hostile(Random random) {
    StringBuilder file = new StringBuilder(interleaved(random, lines(random)));
    for (int i = random.nextInt(20); i > 0 && !file.isEmpty(); i--) {
      int at = random.nextInt(file.length());
      switch (random.nextInt(4)) {
        case 0 -> file.insert(at, '\n');
        case 1 -> file.deleteCharAt(at);
        case 2 -> file.setCharAt(at, (char) random.nextInt(128));
        default -> file.insert(at, "x".repeat(random.nextInt(300)));
      }
    }
    return file.toString();
  }

  private static List<Integer> sorted(String text) {
    return text.chars().sorted().boxed().toList();
  }

  private static String cri(String stream, String line) {
    return TIME + " " + stream + " F " + line + "\n";
  }

  /// One look at a file.
  private static final class SplitOnce {
    final List<String> records = new ArrayList<>();
    final int taken;

    SplitOnce(Splitter splitter, String text) {
      try (Arena arena = Arena.ofConfined()) {
        byte[] bytes = Feed.bytes(text);
        MemorySegment data = arena.allocate(bytes.length);
        MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, 0, bytes.length);
        Cuts cuts = new Cuts(arena);
        cuts.reset(data, LIMIT);
        splitter.split(data, bytes.length, false, cuts);
        Feed.take(cuts, records);
        taken = cuts.taken();
      }
    }
  }
}
