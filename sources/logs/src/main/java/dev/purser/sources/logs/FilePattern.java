package dev.purser.sources.logs;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/// A path of the config, such as `/var/log/auth.log` or `/srv/**/*.log`. It also covers the rotated
/// siblings of what it matches. `*`, `?`, `[…]` and `{…}` stay within a name; `**` is any number of
/// directories, symbolic links left out.
final class FilePattern {
  private final String text;
  private final List<Part> parts = new ArrayList<>();

  /// @throws IllegalArgumentException when it is not absolute, or no valid pattern
  FilePattern(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("expected an absolute path, found \"" + text + "\"");
    }
    this.text = text;
    for (String part : text.substring(1).split("/+", -1)) {
      if (part.equals("..") || part.equals(".") || part.isEmpty()) {
        throw new IllegalArgumentException(
            "expected a path without . and .., found \"" + text + "\"");
      }
      parts.add(new Part(part));
    }
    if (last().isAny()) {
      parts.add(new Part("*"));
    }
  }

  /// Which file a name stands for.
  ///
  /// @param base the name it is or was written under
  /// @param rotation null while it is not rotated
  record Match(String base, @Nullable RotatedName rotation) {}

  List<Part> parts() {
    return parts;
  }

  /// What the last part makes of a name in a directory that the others match.
  Optional<Match> match(String name) {
    Optional<RotatedName> rotated = RotatedName.parse(name).filter(r -> last().matches(r.base()));
    if (rotated.isPresent()) {
      return rotated.map(r -> new Match(r.base(), r));
    }
    return last().matches(name) ? Optional.of(new Match(name, null)) : Optional.empty();
  }

  /// Whether it covers the file, by its path alone.
  boolean covers(Path file) {
    return covers(file, 0, 0);
  }

  private boolean covers(Path file, int name, int part) {
    boolean lastName = name == file.getNameCount() - 1;
    if (part == parts.size() - 1) {
      return lastName && match(file.getName(name).toString()).isPresent();
    }
    if (parts.get(part).isAny()) {
      return covers(file, name, part + 1) || (!lastName && covers(file, name + 1, part));
    }
    return !lastName
        && parts.get(part).matches(file.getName(name).toString())
        && covers(file, name + 1, part + 1);
  }

  @Override
  public String toString() {
    return text;
  }

  private Part last() {
    return parts.getLast();
  }

  /// One name of a pattern.
  static final class Part {
    private final String text;
    private final @Nullable Predicate<String> matcher;

    private Part(String text) {
      this.text = text;
      boolean literal = text.chars().noneMatch(c -> "*?[{\\".indexOf(c) >= 0);
      boolean simple = text.chars().noneMatch(c -> "[{\\".indexOf(c) >= 0);
      this.matcher = literal ? null : simple ? new Glob(text)::matches : matcher(text);
    }

    private static Predicate<String> matcher(String text) {
      try {
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + text);
        return name -> matcher.matches(Path.of(name));
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(
            "no pattern: \"" + text + "\": " + e.getDescription(), e);
      }
    }

    boolean isAny() {
      return text.equals("**");
    }

    boolean isLiteral() {
      return matcher == null;
    }

    String text() {
      return text;
    }

    boolean matches(String name) {
      return matcher == null ? name.equals(text) : matcher.test(name);
    }
  }
}
