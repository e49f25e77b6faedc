package dev.purser.sources.logs;

import dev.purser.core.disk.LocalDisk;
import dev.purser.core.record.Position;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Records;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import dev.purser.core.source.Lane;
import dev.purser.core.source.Outbox;
import dev.purser.core.source.Source;
import dev.purser.core.source.StreamProgress;
import dev.purser.core.source.Volume;
import dev.purser.sources.logs.FileSourceConfig.From;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Follows files by pattern: through rotation, truncation, deletion and restarts, each complete
/// record once.
///
/// What it knows of a file it derives from the file and from what the hub holds ([Outbox#known]);
/// of its own it keeps on disk only what else would be lost with it, in a [Spool]. One thread looks
/// at the directories, woken by inotify or by a slow poll; the threads of the [ReaderPool] read.
/// Thread-safe.
public final class FileSource implements Source {
  private static final int SLABS_PER_TURN = 16;

  /// After a look at everything, so many times as long as it took none follows: it costs 0.5 % of a
  /// core. What the kernel tells of is looked at at once.
  private static final int REST_FOR_LOOK = 200;

  /// As [#REST_FOR_LOOK], where each look is one at everything: less than a tenth of a core.
  static final int REST_WHERE_UNWATCHED = 10;

  private static final Duration ASKED_PAUSE = Duration.ofMillis(25);
  private static final Duration ASKED_PAUSE_WHERE_UNWATCHED = Duration.ofMillis(100);
  private static final Duration UNDECIDED_PAUSE = Duration.ofMillis(50);
  private static final Duration HELD_PAUSE = Duration.ofSeconds(1);
  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(10);
  private static final Position STARTED = new Position("started");

  private final FileSourceConfig config;
  private final Planner planner;
  private final Claims claims;
  private final Claims.Claimant claimant;
  private final ReaderPool readers;
  private final InstantSource clock;
  private final FileTree tree;
  private final Newborns newborns;

  private final ReentrantLock looking = new ReentrantLock();
  private final Semaphore lookAgain = new Semaphore(0);
  private final Set<Thread> working = new HashSet<>();
  private final AtomicBoolean scanning = new AtomicBoolean();
  private volatile @Nullable Thread spooler;
  private @Nullable Tracker tracker;
  private @Nullable Surroundings surroundings;
  private @Nullable Hints hints;
  private @Nullable Thread scanner;
  private @Nullable Lane startMarker;
  private volatile @Nullable String fault;
  private volatile boolean lookAsked;
  private volatile boolean draining;
  private volatile boolean closed;

  /// Make the sources of an agent in the order in which they own files that several match, and all
  /// of them before the first is started.
  ///
  /// @param planner what becomes of each file
  public FileSource(
      FileSourceConfig config,
      Planner planner,
      Claims claims,
      ReaderPool readers,
      InstantSource clock) {
    this(config, planner, new HostTree(claims.host(), patterns(config)), claims, readers, clock);
  }

  /// @param tree where to look, and for what; the patterns of `config` are those by which other
  ///   sources know what is this one's
  FileSource(
      FileSourceConfig config,
      Planner planner,
      FileTree tree,
      Claims claims,
      ReaderPool readers,
      InstantSource clock) {
    this.config = config;
    this.planner = planner;
    this.claims = claims;
    this.readers = readers;
    this.clock = clock;
    this.tree = tree;
    this.claimant = claims.register(patterns(config), config.exclude());
    this.newborns = new Newborns(tree, claimant::covers);
  }

  @Override
  public String name() {
    return config.name();
  }

  FileSourceConfig config() {
    return config;
  }

  @Override
  public void start(Outbox outbox) {
    prepare(outbox, Hints.open(lookAgain, claims.host(), newborns::add));
    // The first look is part of the start, so that what cannot be read is known behind it.
    lookAndEnqueue(hints().take().all(true));
    scanner = Thread.ofVirtual().name("purser-look-" + config.name()).start(this::scan);
  }

  /// All of [#start] but its thread: for tests, which call [#look] and [#step] themselves.
  void prepare(Outbox outbox, Hints hints) {
    Surroundings shared =
        new Surroundings(
            config,
            planner,
            outbox,
            clock,
            this::enqueue,
            (file, delay) -> readers.submitLater(delay, () -> enqueue(file)),
            () -> draining,
            this::lookSoon);
    KnownStreams known = new KnownStreams(outbox.agentId(), outbox.known());
    boolean first =
        config.from() == From.END && !outbox.known().containsKey(startId(outbox.agentId()));
    Finder finder = new Finder(tree, config.exclude(), this::isMine, hints::watch);
    this.hints = hints;
    this.surroundings = shared;
    this.tracker =
        new Tracker(
            shared,
            finder,
            newborns,
            claims,
            claimant,
            known,
            new Spool(new LocalDisk(), config.spool()),
            first);
    if (first) {
      startMarker = outbox.open(startStream(outbox.agentId()), StreamState.NEW, this::lookSoon);
    }
  }

  /// Makes it look soon at what it knows to have changed, and at what became of its files.
  void lookSoon() {
    lookAsked = true;
    lookAgain.release();
  }

  /// Looks at all directories.
  ///
  /// @return what may have something to read, oldest first
  List<Incarnation> look() {
    looking.lock();
    try {
      return look(hints().take().all(hints().isBlind()));
    } finally {
      looking.unlock();
    }
  }

  /// As [#look], of what was told to have changed.
  List<Incarnation> look(Changes changes) {
    looking.lock();
    try {
      return tracker().look(changes);
    } finally {
      looking.unlock();
    }
  }

  /// Goes on with the scans of compressed files for a while.
  ///
  /// @return whether there is more to do
  boolean stepScans() {
    GzipScan scan = tracker().scans().peek();
    if (scan != null && !scan.step()) {
      tracker().scans().remove(scan);
      lookSoon();
    }
    return !tracker().scans().isEmpty();
  }

  /// Copies one deleted file to the spool.
  ///
  /// @return whether there is more to do
  boolean stepSpool() {
    return tracker().spool().step();
  }

  /// Reads one file for a while.
  ///
  /// @return whether there is more to read at once
  boolean step(Incarnation incarnation, Slab slab) throws InterruptedException {
    incarnation.lock().lockInterruptibly();
    try {
      for (int i = 0; i < SLABS_PER_TURN; i++) {
        if (closed || !incarnation.step(slab)) {
          incarnation.report(null);
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      incarnation.report(incarnation.facts().path() + ": cannot be read: " + e.getMessage());
      return false;
    } catch (RuntimeException | StackOverflowError e) {
      incarnation.report(incarnation.facts().path() + ": internal error, please report it: " + e);
      return false;
    } finally {
      incarnation.lock().unlock();
    }
  }

  /// Once all files that are skipped at the first start are known to the hub: lets it know that
  /// there was one.
  void markStart() throws InterruptedException {
    Lane marker = startMarker;
    Surroundings shared = surroundings;
    if (marker == null || shared == null) {
      return;
    }
    if (tracker().isSkipping()) {
      return;
    }
    StreamState state = marker.state();
    if (state.equals(StreamState.NEW)) {
      marker.send(
          new RecordBatch(
              startStream(shared.outbox().agentId()),
              0,
              Position.START,
              STARTED,
              Records.none(shared.nowMicros()),
              false));
    } else if (marker.durable().equals(state)) {
      marker.close();
      startMarker = null;
    }
  }

  @Override
  public List<String> drain() throws InterruptedException {
    draining = true;
    try (Slab slab = new Slab()) {
      int quiet = 0;
      while (quiet < 2) {
        boolean read = false;
        for (Incarnation incarnation : look()) {
          while (step(incarnation, slab)) {
            read = true;
          }
        }
        while (!tracker().scans().isEmpty()) {
          stepScans();
          read = true;
        }
        markStart();
        if (tracker().isUndecided()) {
          outbox().flush();
          boolean _ = lookAgain.tryAcquire(UNDECIDED_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
          quiet = 0;
        } else {
          quiet = read ? 0 : quiet + 1;
        }
      }
      outbox().flush();
      for (Incarnation incarnation : look()) {
        step(incarnation, slab);
      }
      markStart();
    } finally {
      draining = false;
    }
    return pending();
  }

  @Override
  public List<StreamProgress> progress() {
    Tracker files = tracker;
    return files == null
        ? List.of()
        : files.incarnations().stream().flatMap(i -> i.progress().stream()).toList();
  }

  @Override
  public List<Volume> volumes() {
    Tracker files = tracker;
    return files == null ? List.of() : files.volumes();
  }

  @Override
  public List<String> undecided() {
    Tracker files = tracker;
    return files == null
        ? List.of()
        : files.incarnations().stream()
            .filter(Incarnation::isUndecided)
            .map(each -> each.facts().path().toString())
            .toList();
  }

  @Override
  public List<String> problems() {
    List<String> problems = new ArrayList<>();
    Tracker files = tracker;
    if (files != null) {
      problems.addAll(files.problems());
    }
    Hints woken = hints;
    if (woken != null) {
      woken.problem().ifPresent(problems::add);
    }
    String wrong = fault;
    if (wrong != null) {
      problems.add(wrong);
    }
    return problems;
  }

  @Override
  public void close() {
    closed = true;
    lookAgain.release();
    try {
      Thread looker = scanner;
      if (looker != null) {
        looker.join(CLOSE_DEADLINE);
      }
      // An interrupt closes the file that is being read: before that, what would go with it is
      // kept.
      keepDeleted();
      awaitReaders();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Hints woken = hints;
    if (woken != null) {
      woken.close();
    }
    newborns.close();
    Tracker files = tracker;
    if (files != null) {
      files.close();
    }
    Lane marker = startMarker;
    if (marker != null) {
      marker.close();
    }
  }

  private List<String> pending() {
    List<String> notes = new ArrayList<>(problems());
    for (Incarnation incarnation : tracker().incarnations()) {
      incarnation.pending().ifPresent(notes::add);
    }
    return notes;
  }

  private void scan() {
    try {
      long lookAtAll = System.nanoTime() + config.poll().toNanos();
      Optional<Duration> nextLook = nextLook();
      while (!closed) {
        lookAgain.drainPermits();
        boolean asked = lookAsked;
        lookAsked = false;
        looking.lock();
        try {
          // Another look must not come between what the kernel tells and the look that follows from
          // it.
          Changes changes = hints().take();
          long begun = System.nanoTime();
          boolean watched = tree.isWatched();
          if (changes.everything() || begun >= lookAtAll || (asked && !watched)) {
            tree.spare();
            lookAndEnqueue(changes.all(hints().isBlind()));
            long took = System.nanoTime() - begun - tree.restingNanos();
            lookAtAll =
                begun
                    + Math.max(
                        config.poll().toNanos(),
                        took * (watched ? REST_FOR_LOOK : REST_WHERE_UNWATCHED));
          } else if (watched && (asked || changes.needLook() || nextLook.isPresent())) {
            lookAndEnqueue(changes);
          }
          changes.files().forEach(file -> tracker().at(file).ifPresent(this::enqueue));
        } finally {
          looking.unlock();
        }
        if (startMarker != null) {
          readers.submit(slab -> markStart());
        }
        nextLook = nextLook();
        await(lookAtAll - System.nanoTime(), nextLook);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// @param isKnown whether the look before found it to be mine, under that path
  private boolean isMine(Path path, FileId id, boolean isKnown) {
    return (isKnown || tree.hostPath(path).map(name -> claims.isFree(claimant, name)).orElse(true))
        && claims.take(claimant, id);
  }

  /// How soon to look at what is known, where something waits for that.
  private Optional<Duration> nextLook() {
    return tracker().isUndecided()
        ? Optional.of(UNDECIDED_PAUSE)
        : tracker().isHolding() ? Optional.of(HELD_PAUSE) : Optional.empty();
  }

  /// Waits until there is a reason to look again.
  private void await(long mostNanos, Optional<Duration> nextLook) throws InterruptedException {
    long wait =
        tree.isWatched()
            ? nextLook.map(pause -> Math.min(mostNanos, pause.toNanos())).orElse(mostNanos)
            : mostNanos;
    if (lookAgain.tryAcquire(Math.max(0, wait), TimeUnit.NANOSECONDS) && lookAsked) {
      // What is asked for together is looked at together.
      Thread.sleep(tree.isWatched() ? ASKED_PAUSE : ASKED_PAUSE_WHERE_UNWATCHED);
    }
  }

  /// A fault of ours in one look must not end the looking: it is shown, and the next look comes.
  private void lookAndEnqueue(Changes changes) {
    try {
      look(changes).forEach(this::enqueue);
      enqueueScans();
      startSpooler();
      fault = null;
    } catch (RuntimeException e) {
      fault = "internal error while looking for files, please report it: " + e;
    }
  }

  private void enqueue(Incarnation incarnation) {
    if (!closed && incarnation.queued().compareAndSet(false, true)) {
      readers.submit(slab -> work(incarnation, slab));
    }
  }

  private void enqueueScans() {
    if (!closed && !tracker().scans().isEmpty() && scanning.compareAndSet(false, true)) {
      readers.submit(slab ->
          work(() -> {
            stepScans();
            scanning.set(false);
            enqueueScans();
          }));
    }
  }

  /// Copies on a thread of its own: readers may all wait for the hub, and a look must not wait for
  /// the disk. It is never interrupted, which would close the files that it reads.
  private void startSpooler() {
    Thread before = spooler;
    if (!closed && tracker().spool().hasWork() && (before == null || !before.isAlive())) {
      spooler =
          Thread.ofPlatform()
              .name("purser-spool-" + config.name())
              .daemon()
              .start(() -> {
                while (!closed && stepSpool()) {
                  // until there is no more
                }
              });
    }
  }

  /// As far as there is time: the agent is to end soon, and a copy is whole or not there.
  private void keepDeleted() throws InterruptedException {
    Tracker files = tracker;
    if (files == null) {
      return;
    }
    long deadline = System.nanoTime() + CLOSE_DEADLINE.toNanos();
    Thread copying = spooler;
    if (copying == null || copying.join(CLOSE_DEADLINE)) {
      files.keepDeleted();
      while (System.nanoTime() < deadline && stepSpool()) {
        // until all are kept
      }
    }
  }

  private void work(Incarnation incarnation, Slab slab) throws InterruptedException {
    work(() -> {
      incarnation.queued().set(false);
      if (step(incarnation, slab)) {
        enqueue(incarnation);
      }
    });
  }

  private interface Work {
    void run() throws InterruptedException;
  }

  private void work(Work work) throws InterruptedException {
    synchronized (working) {
      if (closed) {
        return;
      }
      working.add(Thread.currentThread());
    }
    try {
      work.run();
    } finally {
      synchronized (working) {
        working.remove(Thread.currentThread());
        working.notifyAll();
      }
    }
  }

  /// Interrupts the readers that are at work for this source, and waits until they have left it.
  private void awaitReaders() throws InterruptedException {
    long deadline = System.nanoTime() + CLOSE_DEADLINE.toNanos();
    synchronized (working) {
      working.forEach(Thread::interrupt);
      while (!working.isEmpty() && System.nanoTime() < deadline) {
        working.wait(100);
      }
    }
  }

  private Tracker tracker() {
    return started(tracker);
  }

  private Hints hints() {
    return started(hints);
  }

  private Outbox outbox() {
    return started(surroundings).outbox();
  }

  private <T> T started(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("source " + config.name() + " is not started");
    }
    return part;
  }

  private static List<FilePattern> patterns(FileSourceConfig config) {
    return config.patterns().stream().map(FilePattern::new).toList();
  }

  private Stream startStream(String agentId) {
    Plan.Read how = planner.read(Path.of("/"));
    return new Stream(startId(agentId), how.kind(), how.context());
  }

  private String startId(String agentId) {
    return "start/" + agentId + "/" + config.name();
  }
}
