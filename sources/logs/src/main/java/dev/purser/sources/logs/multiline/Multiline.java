package dev.purser.sources.logs.multiline;

import dev.purser.core.config.DataSize;
import dev.purser.core.config.Section;
import dev.purser.core.text.Excerpt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/// Which lines of a source make one record: `multiline: java`, `multiline: [java, python]`, or
/// `multiline: { start: '^\d{4}-', timeout: 2s }` in the config file.
///
/// @param rules the first that knows a line as the first of a record decides where that ends
/// @param timeout how long a record waits for lines to come
/// @param maxBytes size at which a record is cut; that of the source if it is smaller
public record Multiline(List<Rule> rules, Duration timeout, DataSize maxBytes) {
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(1);
  public static final DataSize DEFAULT_MAX_BYTES = DataSize.ofMegabytes(1);

  private static final Duration LEAST_TIMEOUT = Duration.ofMillis(10);
  private static final Duration MOST_TIMEOUT = Duration.ofHours(1);
  private static final DataSize LEAST_BYTES = new DataSize(1 << 10);
  private static final DataSize MOST_BYTES = DataSize.ofMegabytes(64);
  private static final int SHOWN = 60;
  private static final String NAMES =
      String.join(", ", Arrays.stream(Language.values()).map(Multiline::name).toList());

  public Multiline {
    rules = List.copyOf(rules);
    if (rules.isEmpty()) {
      throw new IllegalArgumentException("no rule");
    }
    if (timeout.compareTo(LEAST_TIMEOUT) < 0 || timeout.compareTo(MOST_TIMEOUT) > 0) {
      throw new IllegalArgumentException("timeout " + timeout);
    }
    if (maxBytes.bytes() < LEAST_BYTES.bytes() || maxBytes.bytes() > MOST_BYTES.bytes()) {
      throw new IllegalArgumentException("maxBytes " + maxBytes);
    }
  }

  /// Reads one line, such as the annotation of a pod: names of languages with commas between them,
  /// or `start: <pattern>`, or `continuation: <pattern>`.
  ///
  /// @throws IllegalArgumentException says what was expected and what came
  public static Multiline parse(String text) {
    String stripped = text.strip();
    int colon = stripped.indexOf(':');
    if (colon < 0) {
      return of(languages(List.of(stripped.split(",", -1))));
    }
    String pattern = stripped.substring(colon + 1).strip();
    return switch (stripped.substring(0, colon).strip()) {
      case "start" -> of(List.of(LinePattern.start(pattern)));
      case "continuation" -> of(List.of(LinePattern.continuation(pattern)));
      default ->
          throw new IllegalArgumentException(
              "expected "
                  + NAMES
                  + ", start: <pattern> or continuation: <pattern>, found \""
                  + Excerpt.of(stripped, SHOWN)
                  + "\"");
    };
  }

  /// Reads `multiline` of a source's section; faults go to the section.
  public static Optional<Multiline> read(Section source) {
    if (!source.has("multiline")) {
      return Optional.empty();
    }
    if (!source.isMapping("multiline")) {
      return languages(source, "multiline").map(Multiline::of);
    }
    Section section = source.section("multiline");
    Optional<List<Rule>> rules = rules(section);
    Duration timeout = section.duration("timeout").orElse(DEFAULT_TIMEOUT);
    if (timeout.compareTo(LEAST_TIMEOUT) < 0 || timeout.compareTo(MOST_TIMEOUT) > 0) {
      section.fault("timeout", "expected 10ms to 1h, found " + timeout.toMillis() + "ms");
      timeout = DEFAULT_TIMEOUT;
    }
    DataSize maxBytes = section.size("maxBytes").orElse(DEFAULT_MAX_BYTES);
    if (maxBytes.bytes() < LEAST_BYTES.bytes() || maxBytes.bytes() > MOST_BYTES.bytes()) {
      section.fault(
          "maxBytes", "expected " + LEAST_BYTES + " to " + MOST_BYTES + ", found " + maxBytes);
      maxBytes = DEFAULT_MAX_BYTES;
    }
    section.finish();
    if (rules.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new Multiline(rules.get(), timeout, maxBytes));
  }

  private static Optional<List<Rule>> rules(Section section) {
    List<String> found =
        Stream.of("languages", "start", "continuation").filter(section::has).toList();
    if (found.size() != 1) {
      section.fault(
          found.isEmpty() ? "languages" : found.getLast(),
          "expected one of languages, start and continuation, found "
              + (found.isEmpty() ? "none" : String.join(" and ", found)));
      return Optional.empty();
    }
    String key = found.getFirst();
    if (key.equals("languages")) {
      return languages(section, key);
    }
    boolean start = key.equals("start");
    Optional<String> pattern = section.string(key);
    if (pattern.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          List.of(
              start ? LinePattern.start(pattern.get()) : LinePattern.continuation(pattern.get())));
    } catch (IllegalArgumentException e) {
      section.fault(key, String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  private static Optional<List<Rule>> languages(Section section, String key) {
    try {
      List<String> names = section.strings(key);
      return names.isEmpty() ? Optional.empty() : Optional.of(languages(names));
    } catch (IllegalArgumentException e) {
      section.fault(key, String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  private static List<Rule> languages(List<String> names) {
    List<Rule> languages = new ArrayList<>();
    for (String name : names) {
      Language language =
          Arrays.stream(Language.values())
              .filter(each -> name(each).equals(name.strip()))
              .findFirst()
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "expected one or more of "
                          + NAMES
                          + ", found \""
                          + Excerpt.of(name, SHOWN)
                          + "\""));
      if (!languages.contains(language)) {
        languages.add(language);
      }
    }
    return languages;
  }

  private static Multiline of(List<Rule> rules) {
    return new Multiline(rules, DEFAULT_TIMEOUT, DEFAULT_MAX_BYTES);
  }

  private static String name(Language language) {
    return language.name().toLowerCase(Locale.ROOT);
  }
}
