package dev.purser.sources.logs;

import dev.purser.core.disk.Disk;
import dev.purser.core.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One file of a [Spool]. The thread that looks says what it is to become, and another makes it so
/// by [#settle]: no look waits for the disk.
final class SpoolCopy {
  /// Of a file to which nobody wrote any more when it was kept.
  static final String WHOLE = ".spool";

  /// Of a file to which somebody may have written on.
  static final String OPEN = ".open";

  static final String UNFINISHED = ".tmp";
  private static final int BLOCK_BYTES = 256 << 10;

  /// What it is to become, each what may follow from those before it.
  enum Wanted {
    OPEN,
    WHOLE,
    /// Without its bytes.
    GIVEN_UP,
    GONE
  }

  /// What it is.
  private enum State {
    MISSING,
    OPEN,
    WHOLE,
    GIVEN_UP,
    /// It could not be made.
    FAILED
  }

  private final Disk disk;
  private final Path path;
  private final SpoolHeader header;

  /// Its reader's, who closes it; null once it is copied. Only [#settle] uses it.
  private @Nullable FileChannel source;

  private volatile Wanted wanted;
  private volatile State state;
  private volatile String problem = "";
  private long failedMicros;

  /// One that is to be made.
  ///
  /// @param path without an ending
  /// @param whole whether nobody writes to the file any more
  SpoolCopy(Disk disk, Path path, Spool.Remains remains, boolean whole) {
    this(disk, path, remains.header(), whole ? Wanted.WHOLE : Wanted.OPEN, State.MISSING);
    this.source = remains.source();
  }

  private SpoolCopy(Disk disk, Path path, SpoolHeader header, Wanted wanted, State state) {
    this.disk = disk;
    this.path = path;
    this.header = header;
    this.wanted = wanted;
    this.state = state;
  }

  /// One that is there.
  static SpoolCopy of(Disk disk, Spool.Kept kept) {
    return new SpoolCopy(
        disk,
        name(kept),
        kept.header(),
        kept.whole() ? Wanted.WHOLE : Wanted.OPEN,
        kept.content() == null ? State.GIVEN_UP : kept.whole() ? State.WHOLE : State.OPEN);
  }

  /// The path of one that is there, without its ending.
  static Path name(Spool.Kept kept) {
    String name = kept.path().getFileName().toString();
    String ending = kept.whole() ? WHOLE : OPEN;
    return kept.path().resolveSibling(name.substring(0, name.length() - ending.length()));
  }

  /// Without its ending.
  Path path() {
    return path;
  }

  /// Where it lies, once it is whole.
  Path file() {
    return ending(WHOLE);
  }

  SpoolHeader header() {
    return header;
  }

  boolean isComplete() {
    return state != State.MISSING && state != State.FAILED;
  }

  boolean isWhole() {
    return state == State.WHOLE;
  }

  /// How much of the disk it takes or will take.
  long bytes() {
    return switch (state) {
      case MISSING, OPEN, WHOLE -> wanted == Wanted.GIVEN_UP ? 0 : header.keptBytes();
      case GIVEN_UP, FAILED -> 0;
    };
  }

  Optional<String> problem() {
    return Optional.of(problem).filter(text -> !text.isEmpty());
  }

  /// Whether it could not be made, and it is time to try once more. Without a problem the file was
  /// closed meanwhile: it was given up, or read to its end.
  boolean isToBeTriedAgain(long nowMicros, long pauseMicros) {
    if (state != State.FAILED) {
      return false;
    }
    if (failedMicros == 0) {
      failedMicros = nowMicros;
    }
    return problem.isEmpty() || nowMicros - failedMicros >= pauseMicros;
  }

  /// @return whether there is something to do for that
  boolean become(Wanted next) {
    boolean isNews = wanted != next;
    wanted = next;
    return isNews;
  }

  /// Makes it what it is to become, as far as the disk lets it.
  ///
  /// @return what went wrong that [#problem] does not tell
  Optional<String> settle() {
    Wanted next = wanted;
    try {
      switch (next) {
        case OPEN, WHOLE -> {
          if (state == State.MISSING) {
            make(next);
          } else if (state == State.OPEN && next == Wanted.WHOLE) {
            rename(ending(OPEN), next);
          }
        }
        case GIVEN_UP -> empty();
        case GONE -> delete();
      }
      return Optional.empty();
    } catch (ClosedChannelException e) {
      fail("");
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      if (next == Wanted.GONE) {
        return Optional.of(path + ": cannot be deleted: " + e.getMessage());
      }
      fail(
          path.getParent()
              + ": what the hub does not have of deleted files cannot be kept, and is lost if the"
              + " agent ends: "
              + e.getMessage());
      return Optional.empty();
    }
  }

  private void make(Wanted kind) throws IOException {
    Path directory = parent();
    disk.createPrivateDirectory(directory);
    Path unfinished = ending(UNFINISHED);
    try {
      try (DiskFile target = disk.open(unfinished)) {
        write(target);
        disk.step("spool.written");
        target.force();
      }
      disk.step("spool.forced");
      rename(unfinished, kind);
    } catch (IOException | RuntimeException e) {
      deleteAfter(e, unfinished);
      throw e;
    }
  }

  private void rename(Path from, Wanted kind) throws IOException {
    disk.rename(from, ending(kind == Wanted.WHOLE ? WHOLE : OPEN));
    disk.step("spool.renamed");
    // What it takes the place of, if that has the other name.
    disk.delete(ending(kind == Wanted.WHOLE ? OPEN : WHOLE));
    disk.forceDirectory(parent());
    disk.step("spool.complete");
    State made = kind == Wanted.WHOLE ? State.WHOLE : State.OPEN;
    state = state == State.MISSING && source == null ? State.GIVEN_UP : made;
    source = null;
    problem = "";
  }

  private void write(DiskFile target) throws IOException {
    target.truncate(0);
    ByteBuffer bytes = header.toBytes();
    long at = bytes.remaining();
    target.write(bytes, 0);
    FileChannel from = source;
    if (from == null) {
      return;
    }
    ByteBuffer block = ByteBuffer.allocate((int) Math.min(BLOCK_BYTES, header.keptBytes()));
    for (long position = header.from(); position < header.size(); ) {
      block.clear().limit((int) Math.min(block.capacity(), header.size() - position));
      int read = from.read(block, position);
      if (read <= 0) {
        throw new IOException("the file became shorter");
      }
      target.write(block.flip(), at);
      position += read;
      at += read;
    }
  }

  private void empty() throws IOException {
    if (state == State.MISSING) {
      source = null;
      make(Wanted.WHOLE);
      return;
    }
    if (state == State.OPEN || state == State.WHOLE) {
      try (DiskFile file = disk.open(ending(state == State.WHOLE ? WHOLE : OPEN))) {
        file.truncate(SpoolHeader.read(file).bytes());
        file.force();
      }
      state = State.GIVEN_UP;
    }
  }

  private void delete() throws IOException {
    source = null;
    disk.delete(ending(WHOLE));
    disk.delete(ending(OPEN));
    disk.delete(ending(UNFINISHED));
  }

  private void deleteAfter(Exception cause, Path file) {
    try {
      disk.delete(file);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private void fail(String why) {
    problem = why;
    source = null;
    state = State.FAILED;
  }

  private Path ending(String ending) {
    return path.resolveSibling(path.getFileName() + ending);
  }

  private Path parent() {
    Path parent = path.getParent();
    if (parent == null) {
      throw new IllegalArgumentException("no directory: " + path);
    }
    return parent;
  }
}
