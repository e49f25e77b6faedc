package dev.purser.testkit;

import dev.purser.core.disk.Disk;
import dev.purser.core.disk.DiskFile;
import dev.purser.core.disk.LocalDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A disk over a real directory that remembers what was forced. [#powerLoss] puts the directory
/// into the state that a machine may find after the power went: bytes of files and names in
/// directories that were not forced are gone, names whose removal was not forced are back.
///
/// What lies in the directory when the disk is made counts as forced. Files that another library
/// writes are seen when they are forced through this disk. Thread-safe.
public final class PowerLossDisk implements Disk {
  private final LocalDisk local = new LocalDisk();
  private final Path root;
  private final Predicate<Path> forcesItself;
  private final Consumer<String> onStep;
  private final Map<Path, Node> live = new HashMap<>();
  private final Object lock = new Object();
  private boolean off;

  /// @param forcesItself files whose library forces them (a database); they are left as they are
  /// @param onStep called at each named step; throws [CrashError] to crash there
  public PowerLossDisk(Path root, Predicate<Path> forcesItself, Consumer<String> onStep)
      throws IOException {
    this.root = root.toAbsolutePath().normalize();
    this.forcesItself = forcesItself;
    this.onStep = onStep;
    adopt(this.root);
  }

  /// The power goes: nothing that was not forced is left. Later calls fail.
  public void powerLoss() throws IOException {
    restore(null);
  }

  /// The power goes: of what was not forced, `random` decides what is left, write by write and name
  /// by name.
  public void powerLoss(Random random) throws IOException {
    restore(random);
  }

  @Override
  public DiskFile open(Path file) throws IOException {
    synchronized (lock) {
      checkOn();
      DiskFile opened = local.open(file);
      return new TrackedFile(opened, node(file));
    }
  }

  @Override
  public void force(Path file) throws IOException {
    synchronized (lock) {
      checkOn();
      local.force(file);
      Node node = node(file);
      node.forced = Files.readAllBytes(file);
      node.dirty.clear();
    }
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    synchronized (lock) {
      checkOn();
      local.forceDirectory(directory);
      node(directory).entries = entries(directory);
    }
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    synchronized (lock) {
      checkOn();
      Node moved = node(from);
      local.rename(from, to);
      Path source = key(from);
      Map<Path, Node> below = new HashMap<>();
      live.entrySet()
          .removeIf(entry -> {
            if (!entry.getKey().startsWith(source)) {
              return false;
            }
            below.put(key(to).resolve(source.relativize(entry.getKey())), entry.getValue());
            return true;
          });
      live.putAll(below);
      live.put(key(to), moved);
    }
  }

  @Override
  public void delete(Path file) throws IOException {
    synchronized (lock) {
      checkOn();
      local.delete(file);
      live.remove(key(file));
    }
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    synchronized (lock) {
      checkOn();
      return local.list(directory);
    }
  }

  @Override
  public void createPrivateDirectory(Path directory) throws IOException {
    createDirectories(directory);
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    synchronized (lock) {
      checkOn();
      Path absolute = key(directory);
      if (Files.isDirectory(absolute)) {
        return;
      }
      Path parent = absolute.getParent();
      if (parent != null) {
        createDirectories(parent);
      }
      Files.createDirectory(absolute);
      if (parent != null && parent.startsWith(root)) {
        forceDirectory(parent);
      }
    }
  }

  @Override
  public void step(String name) {
    onStep.accept(name);
  }

  private void checkOn() throws IOException {
    if (off) {
      throw new IOException("the power is off");
    }
  }

  private static Path key(Path path) {
    return path.toAbsolutePath().normalize();
  }

  private Node node(Path path) {
    return live.computeIfAbsent(key(path), _ -> new Node());
  }

  private Map<String, Node> entries(Path directory) throws IOException {
    Map<String, Node> names = new TreeMap<>();
    for (Path child : local.list(directory)) {
      names.put(child.getFileName().toString(), node(child));
    }
    return names;
  }

  private void adopt(Path directory) throws IOException {
    Node node = node(directory);
    node.entries = entries(directory);
    for (Path child : local.list(directory)) {
      if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
        adopt(child);
      } else {
        node(child).forced = Files.readAllBytes(child);
      }
    }
  }

  private void restore(@Nullable Random random) throws IOException {
    synchronized (lock) {
      checkOn();
      off = true;
      restore(root, node(root), random);
    }
  }

  private void restore(Path directory, Node node, @Nullable Random random) throws IOException {
    Files.createDirectories(directory);
    Map<String, Node> names = new TreeMap<>(node.entries);
    if (random != null) {
      for (Map.Entry<String, Node> unforced : entries(directory).entrySet()) {
        if (!names.containsKey(unforced.getKey()) && random.nextBoolean()) {
          names.put(unforced.getKey(), unforced.getValue());
        }
      }
    }
    for (Path child : local.list(directory)) {
      if (!names.containsKey(child.getFileName().toString()) && !forcesItself.test(child)) {
        remove(child);
      }
    }
    for (Map.Entry<String, Node> entry : names.entrySet()) {
      Path child = directory.resolve(entry.getKey());
      if (forcesItself.test(child)) {
        continue;
      }
      boolean isDirectory = !entry.getValue().entries.isEmpty() || Files.isDirectory(child);
      if (isDirectory) {
        restore(child, entry.getValue(), random);
      } else {
        Files.write(child, entry.getValue().survives(random));
      }
    }
  }

  private void remove(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      for (Path child : local.list(path)) {
        remove(child);
      }
    }
    Files.deleteIfExists(path);
  }

  /// A file or a directory, whatever its name is at the moment.
  private static final class Node {
    private Map<String, Node> entries = Map.of();
    private byte[] forced = new byte[0];
    private final List<Change> dirty = new ArrayList<>();

    byte[] survives(@Nullable Random random) {
      byte[] bytes = forced;
      if (random != null) {
        for (Change change : dirty) {
          if (random.nextBoolean()) {
            bytes = change.apply(bytes);
          }
        }
      }
      return bytes;
    }

    void force() {
      for (Change change : dirty) {
        forced = change.apply(forced);
      }
      dirty.clear();
    }
  }

  /// A write of `bytes` at `offset`, or with no bytes a truncation there.
  private record Change(long offset, byte @Nullable [] bytes) {
    byte[] apply(byte[] content) {
      int at = Math.toIntExact(offset);
      if (bytes == null) {
        return content.length <= at ? content : Arrays.copyOf(content, at);
      }
      byte[] changed = Arrays.copyOf(content, Math.max(content.length, at + bytes.length));
      System.arraycopy(bytes, 0, changed, at, bytes.length);
      return changed;
    }
  }

  private final class TrackedFile implements DiskFile {
    private final DiskFile file;
    private final Node node;

    TrackedFile(DiskFile file, Node node) {
      this.file = file;
      this.node = node;
    }

    @Override
    public int read(ByteBuffer into, long offset) throws IOException {
      synchronized (lock) {
        checkOn();
        return file.read(into, offset);
      }
    }

    @Override
    public void write(ByteBuffer bytes, long offset) throws IOException {
      synchronized (lock) {
        checkOn();
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        file.write(bytes, offset);
        node.dirty.add(new Change(offset, copy));
      }
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      synchronized (lock) {
        checkOn();
        file.truncate(sizeBytes);
        node.dirty.add(new Change(sizeBytes, null));
      }
    }

    @Override
    public long sizeBytes() throws IOException {
      synchronized (lock) {
        checkOn();
        return file.sizeBytes();
      }
    }

    @Override
    public void force() throws IOException {
      synchronized (lock) {
        checkOn();
        file.force();
        node.force();
      }
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
