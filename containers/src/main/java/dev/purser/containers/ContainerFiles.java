package dev.purser.containers;

import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The files of a container, read from outside of it: what it wrote itself, to the upper layer of
/// its overlay and to the volumes mounted over that. Files that its image brought are not among
/// them until the container writes to them: the overlay then copies them up, whole.
///
/// Threat model. Whoever owns the container is hostile, and changes everything below its layers and
/// volumes at any time: plants links to the host's files, exchanges a directory for a link between
/// two system calls, makes device nodes, FIFOs, trees without end. Its image is as hostile, but
/// does not change. Trusted are the kernel, the container runtime, and the paths of the host at
/// which layers and volumes lie, up to their last name. So:
///
/// - Links are resolved here, as the container would see them: `/` is its root, and `..` of its
///   root is its root. What a link leads to is looked up anew from there.
/// - Nothing is ever opened by a path that the container has a part in. Each step goes from the
///   descriptor of a directory to one name in it, by openat2(2) with `RESOLVE_BENEATH`,
///   `RESOLVE_NO_SYMLINKS` and `RESOLVE_NO_MAGICLINKS`. Whatever is exchanged meanwhile, the step
///   ends in the same layer or volume, or fails.
/// - What was found is held by an `O_PATH` descriptor, looked at, and opened for reading only by
///   that descriptor, and only if it is a regular file.
/// - Depth, number of links and of names are limited, and so is what is done in one look.
///
/// A container may have links to, and show, whatever is in its own root and volumes; also what the
/// host has in a volume of kind hostPath, which it can read without us.
///
/// Not thread-safe.
public final class ContainerFiles {
  private static final Path ROOT = Path.of("/");
  private static final Path PROCESSES = Path.of("/proc");
  private static final Path FIRST_PROCESS = PROCESSES.resolve("1");
  private static final String ONLY_BY_PROCESS =
      "its runtime does not tell where it writes, so only its process shows that; but ";

  /// As in Linux.
  private static final int MAX_LINKS = 40;

  private static final int MAX_STEPS = 1000;
  private static final int MAX_DEPTH = 64;

  private final Container container;
  private final HostRoot host;
  private final Effort effort = new Effort();
  private final ImageLayers image;
  private final Map<Path, Place> held = new HashMap<>();
  private @Nullable Map<Path, Container.Mount> mounts;
  private boolean holding;
  private String problem = "";

  /// @param host on which the container runs
  public ContainerFiles(Container container, HostRoot host) {
    this.container = container;
    this.host = host;
    this.image = new ImageLayers(host, container.root().layers().stream().skip(1).toList(), effort);
  }

  /// A regular file of the container's own, held until it is closed.
  public static final class Found implements AutoCloseable {
    private final PathHandle handle;
    private final @Nullable Path host;

    private Found(PathHandle handle, @Nullable Path host) {
      this.handle = handle;
      this.host = host;
    }

    /// A path that leads to the file as long as this is open, and nowhere else.
    public Path self() {
      return handle.self();
    }

    /// What the host calls it; empty when only the container's process knows it. Only to compare:
    /// whoever opens it is led where the container wants.
    public Optional<Path> host() {
      return Optional.ofNullable(host);
    }

    /// Opens it for reading; the channel outlives this.
    public FileChannel open() throws IOException {
      return handle.open();
    }

    @Override
    public void close() {
      handle.close();
    }
  }

  /// Where a walk through the container's tree stands.
  ///
  /// @param real the path, without links
  /// @param handle in the upper layer or a volume; null where only the image has something
  /// @param host what the host calls that; null where it is found by the container's process
  /// @param layered whether the layers of the image shine through
  /// @param link where a link leads
  private record Place(
      Path real,
      @Nullable PathHandle handle,
      @Nullable Path host,
      boolean layered,
      @Nullable String link)
      implements AutoCloseable {

    boolean isDirectory() {
      return link == null && (handle == null || handle.isDirectory());
    }

    @Override
    public void close() {
      if (handle != null) {
        handle.close();
      }
    }
  }

  /// A look begins, for which there is a limit of what is done.
  public void begin() {
    effort.renew();
  }

  /// From now on the directories whose names are asked for are held open, each until one is asked
  /// for that is not below it, so that what is in them is found in one step. While a directory is
  /// open, its volume cannot be unmounted: [#release] it soon.
  public void hold() {
    holding = true;
  }

  /// Ends what [#hold] began.
  public void release() {
    holding = false;
    held.values().forEach(Place::close);
    held.clear();
  }

  /// The names in a directory.
  ///
  /// @throws NoSuchFileException when there is none
  /// @throws NotDirectoryException when it is none
  public Set<String> names(Path directory) throws IOException {
    if (!holding) {
      try (Place place = find(directory, true)) {
        return names(directory, place);
      }
    }
    held.entrySet()
        .removeIf(other -> {
          boolean left = !directory.startsWith(other.getKey());
          if (left) {
            other.getValue().close();
          }
          return left;
        });
    Place place = held.get(directory);
    if (place == null) {
      place = find(directory, true);
      held.put(directory, place);
    }
    return names(directory, place);
  }

  private Set<String> names(Path directory, Place place) throws IOException {
    if (!place.isDirectory()) {
      throw new NotDirectoryException(directory.toString());
    }
    Set<String> names = new TreeSet<>();
    if (place.handle() != null) {
      place.handle().addNames(names, effort);
    }
    if (place.layered()) {
      image.addNames(place.real(), names);
    }
    for (Path mount : mounts().keySet()) {
      if (mount.startsWith(place.real()) && !mount.equals(place.real())) {
        names.add(mount.getName(place.real().getNameCount()).toString());
      }
    }
    return names;
  }

  /// What kept the last look from all but the volumes; empty when nothing did.
  public String problem() {
    return problem;
  }

  /// @param follow whether a link to a directory is one
  public boolean isDirectory(Path path, boolean follow) throws IOException {
    try (Place place = find(path, follow)) {
      return place.isDirectory();
    } catch (NoSuchFileException | NotDirectoryException | FileSystemLoopException e) {
      return false;
    }
  }

  /// Finds a file, and holds it.
  ///
  /// @return null when there is a directory, or nothing that has content of the container's own
  /// @throws NoSuchFileException when there is nothing, or a file that only the image has
  /// @throws DeadLinkException when a link leads to nothing that the container has of its own
  public @Nullable Found file(Path path) throws IOException {
    Place place = find(path, false);
    String target = place.link();
    if (target == null) {
      PathHandle handle = place.handle();
      boolean special = handle != null && handle.isSpecial();
      Found found = own(place);
      if (special) {
        throw new IOException("a FIFO, device or socket; it is not opened");
      }
      return found;
    }
    place.close();
    try {
      Place end = find(path, true);
      boolean directory = end.isDirectory();
      Found found = own(end);
      if (found != null || directory) {
        return found;
      }
    } catch (NoSuchFileException | NotDirectoryException | FileSystemLoopException e) {
      // Told below.
    }
    throw new DeadLinkException(target);
  }

  /// Takes the place over.
  private static @Nullable Found own(Place place) {
    PathHandle handle = place.handle();
    if (handle == null
        || place.link() != null
        || !handle.isRegularFile()
        || (place.layered() && handle.isMetadataOnly())) {
      place.close();
      return null;
    }
    return new Found(handle, place.host());
  }

  /// @param follow whether the last name may be a link that is followed
  private Place find(Path path, boolean follow) throws IOException {
    Deque<String> left = new ArrayDeque<>();
    Path parent = path.getParent();
    Place place = parent == null ? null : held.get(parent);
    if (place == null || parent == null) {
      push(left, path.toString());
      place = root();
    } else {
      left.push(path.getFileName().toString());
    }
    int links = 0;
    int steps = 0;
    try {
      while (!left.isEmpty()) {
        if (++steps > MAX_STEPS) {
          throw new FileSystemLoopException(path.toString());
        }
        effort.step();
        String name = left.pop();
        Path from = place.real();
        if (name.equals("..")) {
          push(left, from.getParent() == null ? "/" : from.getParent().toString());
          leave(place);
          place = root();
          continue;
        }
        Place next = step(place, name);
        leave(place);
        place = next;
        String target = place.link();
        if (target != null && (follow || !left.isEmpty())) {
          if (++links > MAX_LINKS) {
            throw new FileSystemLoopException(path.toString());
          }
          push(left, target);
          if (!target.startsWith("/")) {
            push(left, from.toString());
          }
          leave(place);
          place = root();
        }
      }
      return place;
    } catch (IOException | RuntimeException e) {
      leave(place);
      throw e;
    }
  }

  private void leave(Place place) {
    if (!held.containsValue(place)) {
      place.close();
    }
  }

  private Place step(Place from, String name) throws IOException {
    Path real = from.real().resolve(name);
    if (!from.isDirectory()) {
      throw new NotDirectoryException(from.real().toString());
    }
    if (real.getNameCount() > MAX_DEPTH) {
      throw new NoSuchFileException(real.toString());
    }
    Container.Mount mount = mounts().get(real);
    return mount == null ? below(from, real, name) : mounted(real, mount);
  }

  private Place mounted(Path real, Container.Mount mount) throws IOException {
    PathHandle handle = open("the volume at " + real, mount.host());
    return new Place(real, handle, mount.host(), false, null);
  }

  private Place below(Place from, Path real, String name) throws IOException {
    PathHandle handle = from.handle() == null ? null : from.handle().child(name);
    if (handle == null) {
      return shiningThrough(from, real);
    }
    Path host = from.host() == null ? null : from.host().resolve(name);
    try {
      if (handle.isLink()) {
        return new Place(real, handle, host, from.layered(), handle.target());
      }
      if (from.layered() && handle.isWhiteout()) {
        throw new NoSuchFileException(real.toString());
      }
      boolean layered =
          from.layered()
              && (!handle.isDirectory()
                  || (!handle.isOpaque() && image.at(real) instanceof ImageLayers.Node.Directory));
      return new Place(real, handle, host, layered, null);
    } catch (IOException | RuntimeException e) {
      handle.close();
      throw e;
    }
  }

  /// What the image has where the container has nothing; or the way to a volume.
  private Place shiningThrough(Place from, Path real) throws IOException {
    if (from.layered()) {
      switch (image.at(real)) {
        case ImageLayers.Node.Directory _ -> {
          return new Place(real, null, from.host(), true, null);
        }
        case ImageLayers.Node.Link link -> {
          return new Place(real, null, from.host(), true, link.target());
        }
        case ImageLayers.Node.Other _ -> {}
      }
    }
    if (mounts().keySet().stream().anyMatch(mount -> mount.startsWith(real))) {
      return new Place(real, null, from.host(), false, null);
    }
    throw new NoSuchFileException(real.toString());
  }

  private Place root() throws IOException {
    List<Path> layers = container.root().layers();
    if (!layers.isEmpty()) {
      Path upper = layers.getFirst();
      return new Place(ROOT, open("what it writes", upper), upper, layers.size() > 1, null);
    }
    return new Place(ROOT, ofProcess(), null, false, null);
  }

  /// A layer or volume. As long as the container runs, it is there.
  private PathHandle open(String what, Path directory) throws IOException {
    try {
      return PathHandle.of(host, directory);
    } catch (NoSuchFileException e) {
      if (container.pid() == 0) {
        throw e;
      }
      throw new IOException(
          what + " lies at " + directory + " on the host, which is not seen here", e);
    }
  }

  /// The root as the container's process has it; null when none runs. The process is held by its
  /// directory in /proc, so that another one that gets its number is not taken for it.
  private @Nullable PathHandle ofProcess() {
    problem = "";
    if (container.pid() <= 0) {
      return null;
    }
    Path process = PROCESSES.resolve(Long.toString(container.pid()));
    try (PathHandle handle = PathHandle.of(host, process)) {
      String groups = Files.readString(handle.self().resolve("cgroup"));
      return groups.contains(container.id()) ? PathHandle.ofRoot(handle) : null;
    } catch (AccessDeniedException e) {
      problem = ONLY_BY_PROCESS + process + "/root may not be entered; grant SYS_PTRACE";
    } catch (IOException e) {
      // Either it ended, or none is seen.
      if (!host.exists(FIRST_PROCESS)) {
        problem = ONLY_BY_PROCESS + "the host's /proc is not seen here";
      }
    }
    return null;
  }

  /// By where they are behind links, which is where the runtime mounted them.
  private Map<Path, Container.Mount> mounts() {
    Map<Path, Container.Mount> known = mounts;
    if (known != null) {
      return known;
    }
    Map<Path, Container.Mount> real = new HashMap<>();
    mounts = real;
    List<Container.Mount> outerFirst =
        container.mounts().stream()
            .sorted(Comparator.comparingInt(mount -> mount.inside().getNameCount()))
            .toList();
    for (Container.Mount mount : outerFirst) {
      real.put(withoutLinks(ROOT.resolve(mount.inside()).normalize()), mount);
    }
    return real;
  }

  /// As far as the path exists.
  private Path withoutLinks(Path path) {
    Path parent = path.getParent();
    if (parent == null) {
      return ROOT;
    }
    try (Place place = find(path, true)) {
      return place.real();
    } catch (IOException e) {
      return withoutLinks(parent).resolve(path.getFileName());
    }
  }

  /// The names of a path, the first on top.
  private static void push(Deque<String> left, String path) {
    String[] names = path.split("/", -1);
    for (int i = names.length - 1; i >= 0; i--) {
      if (!names[i].isEmpty() && !names[i].equals(".")) {
        left.push(names[i]);
      }
    }
  }
}
