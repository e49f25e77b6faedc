package dev.purser.sources.logs;

import dev.purser.containers.Container;
import dev.purser.containers.ContainerFiles;
import dev.purser.containers.DeadLinkException;
import dev.purser.core.disk.HostRoot;
import dev.purser.core.text.Excerpt;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The files inside the containers of the node, as [Insides] names them; how they are touched says
/// [ContainerFiles].
///
/// A container has a share of each look. One with more names than that is not looked through
/// further, and one with more files has the others left out; both are told.
///
/// To look through one may take long, whatever its owner means by it. All those for which it does
/// have one share of a core together, in which they take turns; no other waits for that.
///
/// Overlays tell inotify nothing of what is written in them, and a path in a container is no path
/// to give to inotify: so nothing is watched here.
final class ContainerTree implements FileTree {
  private static final int MAX_NAMES = 50_000;
  private static final int MAX_FILES = 1000;
  private static final int MAX_PROBLEMS = 10;
  private static final int MOST_OF_REASON = 400;

  /// A container that takes longer is looked through in turn with others like it.
  private static final long MAX_NANOS = 20_000_000;

  /// How much of one look goes to such containers, if more than one of them is due.
  private static final long TURN_NANOS = 100_000_000;

  /// In so many walks each container is looked through at once: a file that is on its way to
  /// another name can be missing from one, but not from two.
  private static final int FIRST_WALKS = 2;

  private final HostRoot host;
  private final Supplier<Collection<Container>> containers;
  private final BooleanSupplier known;
  private final Insides insides;
  private final LongSupplier nanoTime;
  private final FileStats stats = new FileStats(HostRoot.SAME);
  private Map<String, Member> members = new LinkedHashMap<>();
  private Map<FilePattern, Member> byPattern = Map.of();
  private @Nullable Member held;
  private @Nullable Member walked;
  private boolean spares;
  private long lookNanos;
  private long walkNanos;

  /// Until when nobody who takes long is looked through.
  private long idleUntilNanos;

  /// @param host on which they run
  /// @param containers those that there are now, ended ones included
  /// @param known whether these are all
  /// @param nanoTime as [System#nanoTime]
  ContainerTree(
      HostRoot host,
      Supplier<Collection<Container>> containers,
      BooleanSupplier known,
      Insides insides,
      LongSupplier nanoTime) {
    this.host = host;
    this.containers = containers;
    this.known = known;
    this.insides = insides;
    this.nanoTime = nanoTime;
    this.lookNanos = nanoTime.getAsLong();
    this.walkNanos = lookNanos;
    this.idleUntilNanos = lookNanos;
  }

  /// A container in which something is looked for.
  private static final class Member {
    private final String path;
    private final Container container;
    private final ContainerFiles files;
    private final List<FilePattern> patterns;
    private final List<String> faults;
    private final Set<String> problems = new LinkedHashSet<>();
    private Set<FileId> followed = Set.of();
    private Set<FileId> found = new HashSet<>();
    private int newcomers;
    private int names;
    private int walks;
    private boolean resting;

    /// How much of this look went to it.
    private long tookNanos;

    /// How much of the look did in which it was last looked through, and when that began.
    private long costNanos;

    private long walkedNanos;

    private Member(String name, Container container, ContainerFiles files, Insides.Wanted wanted) {
      this.path = "/" + name;
      this.container = container;
      this.files = files;
      this.patterns =
          wanted.patterns().stream().map(pattern -> new FilePattern(path + pattern)).toList();
      this.faults = wanted.problems().stream().map(fault -> path + ": " + fault).toList();
    }

    private void begin(long nowNanos) {
      files.begin();
      walks++;
      walkedNanos = nowNanos;
      names = 0;
      newcomers = 0;
      followed = found;
      found = new HashSet<>();
      problems.clear();
      faults.forEach(this::tell);
    }

    private boolean takesLong() {
      return walks >= FIRST_WALKS && costNanos > MAX_NANOS;
    }

    /// Whether there is room for a file; those that are followed already have theirs.
    private boolean takes(FileId file) {
      if (!followed.contains(file)
          && !found.contains(file)
          && followed.size() + ++newcomers > MAX_FILES) {
        return false;
      }
      found.add(file);
      return true;
    }

    private void tell(String problem) {
      if (problems.size() < MAX_PROBLEMS) {
        problems.add(problem);
      }
    }

    private Stream<String> problems() {
      String unseen = files.problem();
      return unseen.isEmpty()
          ? problems.stream()
          : Stream.concat(Stream.of(path + ": " + unseen), problems.stream());
    }
  }

  @Override
  public void spare() {
    spares = true;
  }

  /// Those that are known already stand first, so that a file which several have stays with the
  /// first.
  @Override
  public List<FilePattern> patterns() {
    long now = nanoTime.getAsLong();
    settle();
    findMembers();
    takeTurns(now);
    lookNanos = now;
    walked = null;
    byPattern = new LinkedHashMap<>();
    for (Member member : members.values()) {
      member.tookNanos = 0;
      if (!member.resting) {
        member.begin(now);
      }
      member.patterns.forEach(pattern -> byPattern.put(pattern, member));
    }
    return List.copyOf(byPattern.keySet());
  }

  /// What the look before took.
  private void settle() {
    long sum = 0;
    for (Member member : members.values()) {
      if (!member.resting) {
        member.costNanos = member.tookNanos;
        sum += member.costNanos > MAX_NANOS ? member.costNanos : 0;
      }
    }
    if (sum > 0) {
      idleUntilNanos = lookNanos + sum * FileSource.REST_WHERE_UNWATCHED;
    }
  }

  /// Of those that take long, whoever waited longest is next.
  private void takeTurns(long nowNanos) {
    boolean all = !spares;
    spares = false;
    long planned = 0;
    List<Member> longest =
        members.values().stream()
            .sorted(Comparator.comparingLong(member -> member.walkedNanos - nowNanos))
            .toList();
    for (Member member : longest) {
      member.resting =
          !all
              && member.takesLong()
              && (nowNanos - idleUntilNanos < 0
                  || (planned > 0 && planned + member.costNanos > TURN_NANOS));
      if (member.takesLong() && !member.resting) {
        planned += member.costNanos;
      }
    }
  }

  private void findMembers() {
    Map<String, Container> now = new LinkedHashMap<>();
    containers.get().stream()
        .sorted(Comparator.comparing(Container::id))
        .forEach(container -> now.put(insides.name(container), container));
    Map<String, Member> next = new LinkedHashMap<>();
    for (Map.Entry<String, Member> before : members.entrySet()) {
      Container same = now.remove(before.getKey());
      if (same != null) {
        Member member = before.getValue();
        next.put(
            before.getKey(),
            same.equals(member.container) ? member : member(before.getKey(), same));
      }
    }
    now.forEach((name, container) -> next.put(name, member(name, container)));
    members = next;
  }

  @Override
  public boolean begin(FilePattern pattern) {
    Member member = byPattern.get(pattern);
    walk(member);
    return member == null || !member.resting;
  }

  @Override
  public boolean isResting(Path path) {
    Member member = members.get(Insides.container(path));
    return member != null && member.resting;
  }

  @Override
  public long restingNanos() {
    return members.values().stream()
        .filter(member -> member.resting || member.tookNanos > MAX_NANOS)
        .mapToLong(member -> member.tookNanos)
        .sum();
  }

  @Override
  public void finish() {
    walk(null);
    hold(null);
  }

  /// All that is done from now on is for one container.
  private void walk(@Nullable Member member) {
    long now = nanoTime.getAsLong();
    if (walked != null) {
      walked.tookNanos += now - walkNanos;
    }
    walked = member;
    walkNanos = now;
  }

  /// Keeps the directories of one container open, at most, and only while it is looked through.
  private void hold(@Nullable Member member) {
    if (held != null && held != member) {
      held.files.release();
    }
    if (member != null && held != member) {
      member.files.hold();
    }
    held = member;
  }

  @Override
  public boolean isWatched() {
    return false;
  }

  /// What unpacks to a thousand times its size is not for hostile hands.
  @Override
  public List<String> notRead() {
    return List.of(".gz", ".bz2", ".xz", ".zst", ".lz4");
  }

  @Override
  public FileStats stats() {
    return stats;
  }

  @Override
  public boolean isKnown() {
    return known.getAsBoolean();
  }

  @Override
  public List<String> problems() {
    return members.values().stream().flatMap(Member::problems).toList();
  }

  @Override
  public List<String> names(Path directory, Consumer<Path> onWatchable, Consumer<String> problems)
      throws IOException {
    Member member = members.get(Insides.container(directory));
    if (member == null || member.names > MAX_NAMES) {
      return List.of();
    }
    hold(member);
    Set<String> all;
    try {
      all = member.files.names(Insides.inside(directory));
    } catch (NoSuchFileException | NotDirectoryException e) {
      throw e;
    } catch (IOException e) {
      member.tell(Excerpt.of(directory) + ": cannot be listed: " + reason(e));
      return List.of();
    }
    member.names += all.size();
    if (member.names > MAX_NAMES) {
      member.tell(
          Excerpt.of(directory)
              + ": more than "
              + MAX_NAMES
              + " names to look at in this container; nothing further is found in it");
      return List.of();
    }
    List<String> names = new ArrayList<>();
    for (String name : all) {
      if (isPlain(name)) {
        names.add(name);
      } else {
        member.tell(
            Excerpt.of(directory.resolve(name))
                + ": its name is no plain UTF-8, it is not read; rename it");
      }
    }
    return names;
  }

  @Override
  public boolean isDirectory(Path path) {
    return isDirectory(path, false);
  }

  @Override
  public boolean leadsToDirectory(Path path) {
    return isDirectory(path, true);
  }

  /// [#stat] tells of them.
  @Override
  public Optional<String> oddity(Path path) {
    return Optional.empty();
  }

  @Override
  public FileStats.Stat stat(Path file) throws IOException {
    Member member = member(file);
    try (ContainerFiles.Found found = member.files.file(Insides.inside(file))) {
      if (found == null) {
        throw new NoSuchFileException(file.toString());
      }
      FileStats.Stat stat = stat(found);
      if (!member.takes(stat.id())) {
        member.tell(
            member.path
                + ": more than "
                + MAX_FILES
                + " files are asked for in this container; the others are not read");
        throw new NoSuchFileException(file.toString());
      }
      return member.container.pid() == 0 ? stat.asFinal() : stat;
    } catch (DeadLinkException e) {
      if (!isOutput(e.target())) {
        member.tell(Excerpt.of(file) + ": not read: " + reason(e));
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      throw e;
    } catch (IOException e) {
      // What goes wrong in one container must not be taken for a fault of all.
      member.tell(Excerpt.of(file) + ": not read: " + reason(e));
    }
    throw new NoSuchFileException(file.toString());
  }

  @Override
  public @Nullable FileChannel open(Path file, FileId wanted) throws IOException {
    Member member = member(file);
    long begun = nanoTime.getAsLong();
    try (ContainerFiles.Found found = member.files.file(Insides.inside(file))) {
      return found != null && stat(found).id().equals(wanted) ? found.open() : null;
    } finally {
      member.tookNanos += nanoTime.getAsLong() - begun;
    }
  }

  @Override
  public Optional<Path> hostPath(Path file) {
    try (ContainerFiles.Found found = member(file).files.file(Insides.inside(file))) {
      return found == null ? Optional.empty() : found.host();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private FileStats.Stat stat(ContainerFiles.Found found) throws IOException {
    return found.host().isPresent() ? stats.read(found.self()) : stats.readAlone(found.self());
  }

  private Member member(String name, Container container) {
    return new Member(
        name, container, new ContainerFiles(container, host), insides.wanted(container));
  }

  private Member member(Path file) throws NoSuchFileException {
    Member member = members.get(Insides.container(file));
    if (member == null) {
      throw new NoSuchFileException(file.toString());
    }
    return member;
  }

  private boolean isDirectory(Path path, boolean follow) {
    Member member = members.get(Insides.container(path));
    try {
      return member != null && member.files.isDirectory(Insides.inside(path), follow);
    } catch (IOException e) {
      member.tell(Excerpt.of(path) + ": cannot be looked at: " + reason(e));
      return false;
    }
  }

  /// Whether a link leads to the container's output, which is read elsewhere: images have their
  /// logs there, as `/dev/stdout` or `/proc/self/fd/1`.
  private static boolean isOutput(String target) {
    String[] names = target.split("/", -1);
    return target.startsWith("/dev/")
        || (target.startsWith("/proc/") && names.length == 5 && names[3].equals("fd"));
  }

  /// Such names could not be told from others in what is shown of them.
  private static boolean isPlain(String name) {
    return name.chars().noneMatch(c -> Character.isISOControl(c) || c == '\uFFFD');
  }

  /// What went wrong can have a name of the container's in it.
  private static String reason(IOException failure) {
    return Excerpt.of(String.valueOf(failure.getMessage()), MOST_OF_REASON);
  }
}
