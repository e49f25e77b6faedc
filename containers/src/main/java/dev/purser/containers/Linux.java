package dev.purser.containers;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.purser.core.system.NativeFunction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;

/// The system calls of Linux that the JDK does not have: those on open descriptors. Thread-safe.
final class Linux {
  /// In the place of a directory's descriptor: paths are absolute.
  static final int NOWHERE = -100;

  // linux/fcntl.h, asm-generic/fcntl.h
  static final long O_PATH = 0x200000;
  static final long O_CLOEXEC = 0x80000;
  static final long O_NONBLOCK = 0x800;
  static final long O_NOCTTY = 0x100;
  static final long O_NOFOLLOW = noFollow();

  // linux/openat2.h
  static final long RESOLVE_NO_MAGICLINKS = 0x02;
  static final long RESOLVE_NO_SYMLINKS = 0x04;
  static final long RESOLVE_BENEATH = 0x08;
  static final long RESOLVE_IN_ROOT = 0x10;

  /// The same on all architectures.
  private static final long SYS_OPENAT2 = 437;

  private static final long OPEN_HOW_BYTES = 24;
  private static final long MAX_LINK_BYTES = 4096;

  // asm-generic/errno.h
  private static final int EPERM = 1;
  private static final int ENOENT = 2;
  private static final int EAGAIN = 11;
  private static final int EACCES = 13;
  private static final int EXDEV = 18;
  private static final int ENOTDIR = 20;
  private static final int ENAMETOOLONG = 36;
  private static final int ENOSYS = 38;
  private static final int ELOOP = 40;

  private static final NativeFunction OPENAT2 =
      NativeFunction.ofSystemCall("openat2", SYS_OPENAT2, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
  private static final NativeFunction CLOSE = NativeFunction.of("close", JAVA_INT, JAVA_INT);
  private static final NativeFunction READLINKAT =
      NativeFunction.of("readlinkat", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
  private static final NativeFunction GETXATTR =
      NativeFunction.of("getxattr", JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);

  private Linux() {}

  /// openat2(2).
  ///
  /// @param directory a descriptor, or [#NOWHERE]
  /// @param flags O_CLOEXEC comes to them
  /// @return a descriptor, to be closed
  /// @throws NoSuchFileException when there is no such thing
  /// @throws NotDirectoryException when a part of the path is no directory
  /// @throws FileSystemLoopException when a link is met that must not be followed
  static int open(int directory, String path, long flags, long resolve) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment how = arena.allocate(OPEN_HOW_BYTES, Long.BYTES);
      how.set(JAVA_LONG, 0, flags | O_CLOEXEC);
      how.set(JAVA_LONG, 16, resolve);
      NativeFunction.Result opened =
          OPENAT2.call(directory, arena.allocateFrom(path), how, OPEN_HOW_BYTES);
      if (opened.value() < 0) {
        throw failed("openat2", path, opened.errno());
      }
      return (int) opened.value();
    }
  }

  static void close(int descriptor) {
    // What close(2) says of a descriptor that was only read is of no use to anybody.
    NativeFunction.Result _ = CLOSE.call(descriptor);
  }

  /// readlinkat(2) of a descriptor of a link.
  static String readLink(int link) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(MAX_LINK_BYTES);
      NativeFunction.Result read =
          READLINKAT.call(link, arena.allocateFrom(""), target, MAX_LINK_BYTES);
      if (read.value() < 0) {
        throw failed("readlinkat", "", read.errno());
      }
      return new String(target.asSlice(0, read.value()).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    }
  }

  /// The first byte of an extended attribute; -1 when it is not there or may not be read.
  static int attribute(String path, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(1 << 10);
      long length =
          GETXATTR
              .call(arena.allocateFrom(path), arena.allocateFrom(name), value, value.byteSize())
              .value();
      return length < 0 ? -1 : length == 0 ? 0 : value.get(JAVA_BYTE, 0);
    }
  }

  private static IOException failed(String call, String path, int errno) {
    return switch (errno) {
      // EXDEV: it was moved out of the directory while it was looked for.
      case ENOENT, ENAMETOOLONG, EXDEV -> new NoSuchFileException(path);
      case ENOTDIR -> new NotDirectoryException(path);
      case ELOOP -> new FileSystemLoopException(path);
      case EACCES -> new AccessDeniedException(path);
      case ENOSYS, EPERM ->
          new IOException(
              call + " is not allowed; it needs Linux 5.6, and a seccomp profile that knows it");
      case EAGAIN -> new IOException(call + ": it is leased, or was moved meanwhile");
      default -> new IOException(call + ": errno " + errno);
    };
  }

  /// Older architectures have numbers of their own.
  private static long noFollow() {
    return List.of("aarch64", "arm", "ppc64", "ppc64le").contains(System.getProperty("os.arch"))
        ? 0x8000
        : 0x20000;
  }
}
