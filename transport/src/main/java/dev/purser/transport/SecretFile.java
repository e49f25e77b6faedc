package dev.purser.transport;

import dev.purser.core.disk.Disk;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/// A file that only its owner may read. It appears whole or not at all, and survives a power loss.
final class SecretFile {
  private static final int MAX_BYTES = 64 << 10;
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(
          EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
  private static final Set<PosixFilePermission> OF_OWNER =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);
  private static final Set<PosixFilePermission> OF_OWNER_AND_READERS =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE,
          PosixFilePermission.GROUP_READ);

  private final Path path;
  private final Disk disk;

  SecretFile(Path path, Disk disk) {
    this.path = path;
    this.disk = disk;
  }

  boolean exists() {
    return Files.exists(path);
  }

  void create(byte[] content) throws IOException {
    Path directory = path.toAbsolutePath().getParent();
    if (directory == null) {
      throw new IOException(path + " is no file");
    }
    disk.createDirectories(directory);
    Path fresh = directory.resolve(path.getFileName() + ".new");
    disk.delete(fresh);
    try (FileChannel channel =
        FileChannel.open(
            fresh,
            EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            OWNER_ONLY)) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
    disk.force(fresh);
    disk.step("secret.written");
    disk.rename(fresh, path);
    disk.forceDirectory(directory);
  }

  /// @throws IOException when others may read or write it too, or when it is too large to be one
  byte[] read() throws IOException {
    return read(OF_OWNER, "600");
  }

  /// As [#read()], of a file that its group may read: so Kubernetes gives a Secret to a user who is
  /// not root.
  byte[] readShared() throws IOException {
    return read(OF_OWNER_AND_READERS, "640");
  }

  private byte[] read(Set<PosixFilePermission> atMost, String mode) throws IOException {
    Set<PosixFilePermission> permissions;
    try {
      permissions = Files.getPosixFilePermissions(path);
    } catch (NoSuchFileException e) {
      throw new IOException(path + " does not exist: bring it back", e);
    }
    if (!atMost.containsAll(permissions)) {
      throw new IOException(
          path
              + " has mode "
              + PosixFilePermissions.toString(permissions)
              + ", others could read or change it: run `chmod "
              + mode
              + " "
              + path
              + "`, or mount its Secret with that as defaultMode, and replace it if somebody may have read it");
    }
    try (InputStream in = Files.newInputStream(path)) {
      byte[] content = in.readNBytes(MAX_BYTES + 1);
      if (content.length > MAX_BYTES) {
        throw new IOException(path + " has more than " + MAX_BYTES + " bytes");
      }
      return content;
    }
  }
}
