package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InotifyTest {
  private static final Duration LONG = Duration.ofHours(1);

  @TempDir Path directory;

  @Test
  void aNewNameEndsARest() throws Exception {
    try (Inotify inotify = new Inotify()) {
      inotify.watch(directory);
      Files.writeString(directory.resolve("a.log"), "a\n");
      assertThat(inotify.rest(LONG)).isTrue();
      assertThat(names(inotify)).containsExactly("a.log");
      Files.move(directory.resolve("a.log"), directory.resolve("a.log.1"));
      assertThat(inotify.rest(LONG)).isTrue();

      assertThat(names(inotify)).containsExactly("a.log", "a.log.1");
    }
  }

  @Test
  void aWriteEndsAWaitAndNoRest() throws Exception {
    Path file = Files.createFile(directory.resolve("a.log"));
    try (Inotify inotify = new Inotify()) {
      inotify.watch(directory);
      Files.writeString(file, "a\n", StandardOpenOption.APPEND);
      inotify.await(Optional.empty());
      long begun = System.nanoTime();
      assertThat(inotify.rest(Duration.ofMillis(20))).isFalse();

      assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(20_000_000);
      assertThat(writes(inotify)).contains("a.log");
      assertThat(names(inotify)).isEmpty();
    }
  }

  @Test
  void wakeEndsBoth() throws Exception {
    try (Inotify inotify = new Inotify()) {
      inotify.wake();
      inotify.await(Optional.empty());
      assertThat(inotify.rest(LONG)).isFalse();
    }
  }

  @Test
  void eachNameIsToldWhole() throws Exception {
    List<String> names =
        List.of(
            "a.log", "a.log", "a.log.1", "a.lo", "\u00e4.log", "\u00e4.log", "x".repeat(255), "x");
    try (Inotify inotify = new Inotify()) {
      inotify.watch(directory);
      for (String name : names) {
        Files.deleteIfExists(Files.createFile(directory.resolve(name)));

        assertThat(names(inotify)).isNotEmpty().allMatch(name::equals);
      }
    }
  }

  private static List<String> names(Inotify inotify) {
    List<String> names = new ArrayList<>();
    while (inotify.readNames((watch, mask, cookie, name) -> names.add(name))) {}
    return names;
  }

  private static List<String> writes(Inotify inotify) {
    List<String> names = new ArrayList<>();
    while (inotify.readWrites((watch, mask, cookie, name) -> names.add(name))) {}
    return names;
  }
}
