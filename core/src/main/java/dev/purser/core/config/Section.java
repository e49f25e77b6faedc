package dev.purser.core.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A mapping of the config file while it is decoded into records. It remembers which keys were
/// asked for, so that [#finish] can report the others, and collects faults, so that the user sees
/// all of them at once.
public final class Section {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9}) ?(ms|s|m|h|d)");
  private static final String DURATIONS = "a duration such as 500ms, 60s, 15m, 12h or 190d";
  private static final int SHOWN = 60;

  private final String path;
  private final ObjectNode node;
  private final List<String> faults;
  private final TreeSet<String> asked = new TreeSet<>();

  private Section(String path, ObjectNode node, List<String> faults) {
    this.path = path;
    this.node = node;
    this.faults = faults;
  }

  /// Reads the text of a config file. An empty file is an empty mapping.
  ///
  /// @param name how messages call the file
  /// @throws ConfigException when it is no YAML mapping
  public static Section parse(String name, String yaml) throws ConfigException {
    ObjectMapper mapper =
        new ObjectMapper(new YAMLFactory())
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    try {
      JsonNode root = mapper.readTree(yaml);
      if (root == null || root.isMissingNode() || root.isNull()) {
        return new Section("", JsonNodeFactory.instance.objectNode(), new ArrayList<>());
      }
      if (root instanceof ObjectNode object) {
        return new Section("", object, new ArrayList<>());
      }
      throw new ConfigException(
          name, List.of("expected a mapping at the top, found " + kind(root)));
    } catch (JsonProcessingException e) {
      throw new ConfigException(
          name,
          List.of("line " + e.getLocation().getLineNr() + ": no YAML: " + e.getOriginalMessage()));
    }
  }

  public boolean has(String key) {
    return find(key).isPresent();
  }

  /// Whether a mapping stands under `key`, and no text or list.
  public boolean isMapping(String key) {
    return find(key).filter(JsonNode::isObject).isPresent();
  }

  public Optional<String> string(String key) {
    return find(key).flatMap(value -> text(at(key), value));
  }

  public List<String> strings(String key) {
    List<String> found = new ArrayList<>();
    for (JsonNode item : items(key)) {
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
        .orElseGet(() -> new Section(at(key), JsonNodeFactory.instance.objectNode(), faults));
  }

  /// The mappings in the list under `key`.
  public List<Section> sections(String key) {
    List<Section> found = new ArrayList<>();
    for (JsonNode item : items(key)) {
      found.add(child(at(key) + "[" + found.size() + "]", item));
    }
    return found;
  }

  /// The mapping under `key`, whose keys are the user's own, from text to text.
  public Map<String, String> texts(String key) {
    Section mapping = section(key);
    Map<String, String> texts = new TreeMap<>();
    for (String name : (Iterable<String>) mapping.node::fieldNames) {
      mapping.string(name).ifPresent(text -> texts.put(name, text));
    }
    return texts;
  }

  /// Reports a fault of this mapping's `key`.
  public void fault(String key, String message) {
    faults.add(at(key) + ": " + message);
  }

  /// Reports every key that nobody asked for. Call it when all of this mapping was read.
  public void finish() {
    node.fieldNames()
        .forEachRemaining(key -> {
          if (!asked.contains(key)) {
            String near = nearest(key);
            String hint =
                near.isEmpty()
                    ? "; known here: " + String.join(", ", asked)
                    : "; did you mean " + near + "?";
            faults.add(at(shorten(key)) + ": unknown key" + hint);
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

  private Optional<JsonNode> find(String key) {
    asked.add(key);
    return Optional.ofNullable(node.get(key)).filter(value -> !value.isNull());
  }

  private List<JsonNode> items(String key) {
    JsonNode value = find(key).orElse(null);
    if (value == null) {
      return List.of();
    }
    List<JsonNode> items = new ArrayList<>();
    if (value.isArray()) {
      value.forEach(items::add);
    } else {
      items.add(value);
    }
    return items;
  }

  private Section child(String where, JsonNode value) {
    if (value instanceof ObjectNode object) {
      return new Section(where, object, faults);
    }
    if (!value.isNull()) {
      faults.add(where + ": expected a mapping, found " + kind(value));
    }
    return new Section(where, JsonNodeFactory.instance.objectNode(), faults);
  }

  private Optional<String> text(String where, JsonNode value) {
    if (value.isValueNode()) {
      return Optional.of(value.asText());
    }
    faults.add(where + ": expected a text, found " + kind(value));
    return Optional.empty();
  }

  private <T> Optional<T> convert(String key, Function<String, T> parse, String expected) {
    Optional<String> text = string(key);
    try {
      return text.map(parse);
    } catch (IllegalArgumentException e) {
      fault(key, "expected " + expected + ", found \"" + shorten(text.orElse("")) + "\"");
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

  private static String kind(JsonNode value) {
    return switch (value.getNodeType()) {
      case ARRAY -> "a list";
      case OBJECT -> "a mapping";
      default -> "\"" + shorten(value.asText()) + "\"";
    };
  }

  private static String shorten(String text) {
    String line = text.replaceAll("[\\p{Cntrl}]", "?");
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…";
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
