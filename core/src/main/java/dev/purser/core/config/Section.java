package dev.purser.core.config;

import dev.purser.core.text.Excerpt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/// A mapping of the config file while it is decoded into records. It remembers which keys were
/// asked for, so that [#finish] can report the others, and collects faults, each with its line, so
/// that the user sees all of them at once.
///
/// It reads YAML's nodes as they are composed: an agent has no other use for a library that binds
/// them to objects, whose classes would take it 6 MB.
public final class Section {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9}) ?(ms|s|m|h|d)");
  private static final String DURATIONS = "a duration such as 500ms, 60s, 15m, 12h or 190d";
  private static final int SHOWN = 60;

  /// A parser takes long over what is no YAML.
  private static final int MOST_CHARACTERS = 1_000_000;

  private final String path;
  private final int line;
  private final Map<String, Node> values;
  private final List<String> faults;
  private final TreeSet<String> asked = new TreeSet<>();

  /// @param line of the file where it stands
  private Section(String path, int line, Map<String, Node> values, List<String> faults) {
    this.path = path;
    this.line = line;
    this.values = values;
    this.faults = faults;
  }

  /// Reads the text of a config file. An empty file is an empty mapping.
  ///
  /// @param name how messages call the file
  /// @throws ConfigException when it is no YAML mapping
  public static Section parse(String name, String yaml) throws ConfigException {
    Node root = compose(name, yaml);
    if (root == null || isNull(root)) {
      return new Section("", 1, Map.of(), new ArrayList<>());
    }
    if (root instanceof MappingNode mapping) {
      return of("", mapping, new ArrayList<>());
    }
    throw new ConfigException(name, List.of("expected a mapping at the top, found " + kind(root)));
  }

  private static @Nullable Node compose(String name, String yaml) throws ConfigException {
    LoaderOptions options = new LoaderOptions();
    if (yaml.length() > MOST_CHARACTERS) {
      throw new ConfigException(
          name, List.of("longer than " + MOST_CHARACTERS + " characters; is it a configuration?"));
    }
    try {
      ParserImpl parser = new ParserImpl(new StreamReader(yaml), options);
      return new Composer(parser, new Resolver(), options).getSingleNode();
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark();
      String where = mark == null ? "" : "line " + (mark.getLine() + 1) + ": ";
      throw new ConfigException(name, List.of(where + "no YAML: " + e.getProblem()));
    } catch (YAMLException e) {
      throw new ConfigException(name, List.of("no YAML: " + e.getMessage()));
    }
  }

  private static Section of(String path, MappingNode mapping, List<String> faults) {
    Section section = new Section(path, line(mapping), new LinkedHashMap<>(), faults);
    for (NodeTuple entry : mapping.getValue()) {
      if (!(entry.getKeyNode() instanceof ScalarNode key)) {
        section.fault(
            entry.getKeyNode(), path.isEmpty() ? "at the top" : path, "expected a text as a key");
      } else if (section.values.putIfAbsent(key.getValue(), entry.getValueNode()) != null) {
        section.fault(
            key, section.at(Excerpt.of(key.getValue(), SHOWN)), "stands twice in one mapping");
      }
    }
    return section;
  }

  public boolean has(String key) {
    return find(key).isPresent();
  }

  /// Whether a mapping stands under `key`, and no text or list.
  public boolean isMapping(String key) {
    return find(key).filter(MappingNode.class::isInstance).isPresent();
  }

  public Optional<String> string(String key) {
    return find(key).flatMap(value -> text(at(key), value));
  }

  public List<String> strings(String key) {
    List<String> found = new ArrayList<>();
    for (Node item : items(key)) {
      text(at(key), item).ifPresent(found::add);
    }
    return found;
  }

  public Optional<Integer> integer(String key, int least, int most) {
    return convert(
        key,
        text -> {
          int value = Integer.parseInt(text);
          if (value < least || value > most) {
            throw new IllegalArgumentException();
          }
          return value;
        },
        "a whole number from " + least + " to " + most);
  }

  public Optional<DataSize> size(String key) {
    return convert(key, DataSize::parse, "a size such as 128MB");
  }

  public Optional<Duration> duration(String key) {
    return convert(key, Section::parseDuration, DURATIONS);
  }

  /// One of the constants of an enum, written in lower case.
  public <E extends Enum<E>> Optional<E> choice(String key, Class<E> type) {
    List<String> names = new ArrayList<>();
    for (E constant : type.getEnumConstants()) {
      names.add(constant.name().toLowerCase(java.util.Locale.ROOT));
    }
    return convert(
        key,
        text -> {
          int index = names.indexOf(text);
          if (index < 0) {
            throw new IllegalArgumentException();
          }
          return type.getEnumConstants()[index];
        },
        "one of " + String.join(", ", names));
  }

  /// The mapping under `key`; an empty one if it is missing.
  public Section section(String key) {
    return find(key)
        .map(value -> child(at(key), value))
        .orElseGet(() -> new Section(at(key), line, Map.of(), faults));
  }

  /// The mappings in the list under `key`.
  public List<Section> sections(String key) {
    List<Section> found = new ArrayList<>();
    for (Node item : items(key)) {
      found.add(child(at(key) + "[" + found.size() + "]", item));
    }
    return found;
  }

  /// The mapping under `key`, whose keys are the user's own, from text to text.
  public Map<String, String> texts(String key) {
    Section mapping = section(key);
    Map<String, String> texts = new TreeMap<>();
    for (String name : mapping.values.keySet()) {
      mapping.string(name).ifPresent(text -> texts.put(name, text));
    }
    return texts;
  }

  /// Reports a fault of this mapping's `key`.
  public void fault(String key, String message) {
    Node value = values.get(key);
    fault(value == null ? line : line(value), at(key), message);
  }

  /// Reports every key that nobody asked for. Call it when all of this mapping was read.
  public void finish() {
    values.forEach((key, value) -> {
      if (!asked.contains(key)) {
        String near = nearest(key);
        String hint =
            near.isEmpty()
                ? "; known here: " + String.join(", ", asked)
                : "; did you mean " + near + "?";
        fault(value, at(Excerpt.of(key, SHOWN)), "unknown key" + hint);
      }
    });
  }

  /// @throws ConfigException when any fault was reported, in this mapping or another of the same
  ///   file
  public void throwFaults(String name) throws ConfigException {
    if (!faults.isEmpty()) {
      throw new ConfigException(name, faults);
    }
  }

  private String at(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private Optional<Node> find(String key) {
    asked.add(key);
    return Optional.ofNullable(values.get(key)).filter(value -> !isNull(value));
  }

  private List<Node> items(String key) {
    return find(key)
        .map(value -> value instanceof SequenceNode list ? list.getValue() : List.of(value))
        .orElse(List.of());
  }

  private Section child(String where, Node value) {
    if (value instanceof MappingNode mapping) {
      return of(where, mapping, faults);
    }
    if (!isNull(value)) {
      fault(value, where, "expected a mapping, found " + kind(value));
    }
    return new Section(where, line(value), Map.of(), faults);
  }

  private Optional<String> text(String where, Node value) {
    if (value instanceof ScalarNode scalar && !isNull(value)) {
      return Optional.of(scalar.getValue());
    }
    fault(value, where, "expected a text, found " + kind(value));
    return Optional.empty();
  }

  private void fault(Node at, String where, String message) {
    fault(line(at), where, message);
  }

  private void fault(int line, String where, String message) {
    faults.add("line " + line + ": " + where + ": " + message);
  }

  private <T> Optional<T> convert(String key, Function<String, T> parse, String expected) {
    Optional<String> text = string(key);
    try {
      return text.map(parse);
    } catch (IllegalArgumentException e) {
      fault(key, "expected " + expected + ", found \"" + Excerpt.of(text.orElse(""), SHOWN) + "\"");
      return Optional.empty();
    }
  }

  private String nearest(String key) {
    String best = "";
    int bestDistance = Math.max(2, key.length() / 3) + 1;
    for (String candidate : asked) {
      int distance = distance(key, candidate);
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return best;
  }

  /// Reads a duration, as it is written in a config file.
  ///
  /// @throws IllegalArgumentException when it is none
  public static Duration parseDuration(String text) {
    Matcher matcher = DURATION.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException("expected " + DURATIONS);
    }
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> Duration.ofDays(number);
    };
  }

  private static String kind(Node value) {
    if (isNull(value)) {
      return "nothing";
    }
    return switch (value) {
      case SequenceNode _ -> "a list";
      case ScalarNode scalar -> "\"" + Excerpt.of(scalar.getValue(), SHOWN) + "\"";
      default -> "a mapping";
    };
  }

  /// What is written as `null`, `~` or not at all; not an empty text in quotes.
  private static boolean isNull(Node value) {
    return value.getTag().equals(Tag.NULL);
  }

  /// From 1 on.
  private static int line(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  /// Levenshtein distance, ignoring case.
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        boolean same =
            Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1));
        current[j] =
            Math.min(previous[j - 1] + (same ? 0 : 1), 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return previous[b.length()];
  }
}
