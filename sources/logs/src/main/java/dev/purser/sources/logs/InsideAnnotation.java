package dev.purser.sources.logs;

import dev.purser.containers.Container;
import dev.purser.core.text.Excerpt;
import java.util.ArrayList;
import java.util.List;

/// What the owner of a pod says on it of the files in its containers that are to be read:
/// `purser.dev/files: /a.log,/var/log/app/*.log`; for a container without a pod, its label.
///
/// Whoever may make a pod writes it, so it is held to what is found quickly: `*` and `?` in names,
/// and `**` once.
///
/// @param patterns those that are good
/// @param problems what is wrong with the others
record InsideAnnotation(List<String> patterns, List<String> problems) {
  static final String NAME = "purser.dev/files";
  private static final int MAX_PATTERNS = 16;
  private static final int MAX_LENGTH = 1024;
  private static final int SHOWN = 100;

  static InsideAnnotation of(Container container) {
    String text =
        (container.pod().isPresent() ? container.annotations() : container.labels())
            .getOrDefault(NAME, "");
    List<String> patterns = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String pattern = part.strip();
      if (pattern.isEmpty()) {
        continue;
      }
      if (patterns.size() == MAX_PATTERNS) {
        problems.add(NAME + ": only the first " + MAX_PATTERNS + " paths are looked for");
        break;
      }
      String fault = fault(pattern);
      if (fault.isEmpty()) {
        patterns.add(pattern);
      } else {
        problems.add(NAME + ": \"" + Excerpt.of(pattern, SHOWN) + "\" is not looked for: " + fault);
      }
    }
    return new InsideAnnotation(List.copyOf(patterns), List.copyOf(problems));
  }

  private static String fault(String pattern) {
    if (pattern.length() > MAX_LENGTH) {
      return "it has more than " + MAX_LENGTH + " characters";
    }
    if (pattern.chars().anyMatch(c -> Character.isISOControl(c) || "[{\\".indexOf(c) >= 0)) {
      return "only *, ? and ** are known here";
    }
    if (pattern.indexOf("**") != pattern.lastIndexOf("**")) {
      return "** may stand in it once";
    }
    try {
      FilePattern _ = new FilePattern(pattern);
      return "";
    } catch (IllegalArgumentException e) {
      return "expected an absolute path without . and ..";
    }
  }
}
