package dev.purser.app;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;

/// What the machine and its user say of themselves.
final class Host {
  private static final Path HOSTNAME = Path.of("/proc/sys/kernel/hostname");

  private Host() {}

  /// The host's name. In a container, which has a name of its own, it is told.
  static String name() {
    String told = System.getenv("PURSER_NODE");
    if (told != null && !told.isBlank()) {
      return told;
    }
    try {
      return Files.readString(HOSTNAME).strip();
    } catch (IOException e) {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException unknown) {
        return "unknown";
      }
    }
  }

  static boolean isRoot() {
    try {
      return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /// /var/lib/purser as root, else under XDG_DATA_HOME.
  static Path defaultData() {
    if (isRoot()) {
      return Path.of("/var/lib/purser");
    }
    String xdg = System.getenv("XDG_DATA_HOME");
    Path base = xdg == null || xdg.isBlank() ? home().resolve(".local/share") : Path.of(xdg);
    return base.resolve("purser");
  }

  /// The config file that is used where none is named, if there is one.
  static Optional<Path> defaultConfig() {
    String xdg = System.getenv("XDG_CONFIG_HOME");
    Path own = xdg == null || xdg.isBlank() ? home().resolve(".config") : Path.of(xdg);
    for (Path file :
        new Path[] {own.resolve("purser/purser.yaml"), Path.of("/etc/purser/purser.yaml")}) {
      if (Files.isRegularFile(file)) {
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }

  /// A path of the config file, with a leading `~` for the user's home.
  static Path expand(String path) {
    return path.equals("~") || path.startsWith("~/")
        ? home().resolve(path.substring(Math.min(2, path.length())))
        : Path.of(path);
  }

  static Path home() {
    String home = System.getenv("HOME");
    return Path.of(home == null || home.isEmpty() ? System.getProperty("user.home") : home);
  }

  /// Why a file could not be used, in words.
  static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "it does not exist";
      case AccessDeniedException denied -> "permission denied";
      case NotDirectoryException none -> "it is no directory";
      case FileAlreadyExistsException taken -> "there is something else of that name";
      case CharacterCodingException binary -> "it is not UTF-8";
      default -> String.valueOf(e.getMessage());
    };
  }
}
