package dev.purser.sources.logs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Goes through a compressed file once, in turns: how much it holds, whether it is whole, and which
/// streams it may be the end of. Nothing of it is kept but its head.
///
/// [#step] is called by one thread at a time, [#result] by any.
final class GzipScan {
  private static final int TURN_BYTES = 4 << 20;
  private static final int BLOCK_BYTES = 64 << 10;

  private final FoundFile file;
  private final FileStats stats;
  private final Function<ByteBuffer, List<KnownStreams.Known>> candidates;
  private byte[] block = new byte[0];
  private final byte[] head = new byte[Fingerprint.MAX_BYTES];
  private final List<KnownStreams.Known> open = new ArrayList<>();
  private final Set<KnownStreams.Known> continued = new HashSet<>();
  private final List<KnownStreams.Known> unproven = new ArrayList<>();
  private @Nullable FileChannel channel;
  private @Nullable GzipStream stream;
  private int headBytes;
  private boolean asked;
  private volatile boolean cancelled;
  private volatile @Nullable IOException failure;
  private volatile @Nullable Result result;

  /// What a scan found.
  ///
  /// @param file as it was when the scan began
  /// @param size how many bytes it holds, as far as they can be decompressed
  /// @param head the first of them
  /// @param continued the streams whose bytes it begins with
  /// @param fault what is wrong behind the bytes; empty when nothing is
  record Result(
      FoundFile file,
      long size,
      byte[] head,
      Set<KnownStreams.Known> continued,
      GzipStream.State state,
      String fault) {}

  /// @param candidates streams that may begin as a head does
  GzipScan(
      FoundFile file, FileStats stats, Function<ByteBuffer, List<KnownStreams.Known>> candidates) {
    this.file = file;
    this.stats = stats;
    this.candidates = candidates;
  }

  /// Why it gave up; null if it did not.
  @Nullable IOException failure() {
    return failure;
  }

  /// Null until it is done.
  @Nullable Result result() {
    return result;
  }

  /// Goes on for a while.
  ///
  /// @return whether there is more to do
  boolean step() {
    if (result != null || failure != null) {
      return false;
    }
    if (cancelled) {
      close();
      return false;
    }
    try {
      GzipStream source = stream;
      if (source == null) {
        channel = open();
        source = new GzipStream(channel);
        stream = source;
        block = new byte[FilePosition.TAIL_BYTES + BLOCK_BYTES];
      }
      long turn = source.position() + TURN_BYTES;
      while (source.state() == GzipStream.State.OPEN) {
        if (source.position() >= turn) {
          return true;
        }
        read(source);
      }
      finish(source.position(), source.state(), source.fault());
    } catch (IOException e) {
      close();
      failure = e;
    }
    return false;
  }

  /// Makes [#step] have nothing more to do.
  void cancel() {
    cancelled = true;
  }

  FoundFile file() {
    return file;
  }

  /// Lets go of the file, once nobody is in [#step].
  void close() {
    block = new byte[0];
    if (stream != null) {
      stream.close();
      stream = null;
    }
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        // It was only read.
      }
      channel = null;
    }
  }

  /// Opens the file, and makes sure that it is the one that was found.
  private FileChannel open() throws IOException {
    try (Opened opened = new Opened(stats.open(file.path()))) {
      if (stats.read(file.path()).id().equals(file.id())) {
        return opened.take();
      }
    }
    throw new NoSuchFileException(file.path().toString());
  }

  /// The last bytes before the block stand in front of it.
  private void read(GzipStream source) throws IOException {
    long from = source.position();
    int count = source.read(block, FilePosition.TAIL_BYTES, block.length);
    if (headBytes < head.length) {
      int more = Math.min(count, head.length - headBytes);
      System.arraycopy(block, FilePosition.TAIL_BYTES, head, headBytes, more);
      headBytes += more;
    }
    if (!asked && (headBytes == head.length || source.state() != GzipStream.State.OPEN)) {
      ask();
    }
    while (asked && !open.isEmpty() && open.getFirst().offset() <= from + count) {
      KnownStreams.Known stream = open.removeFirst();
      int offset = (int) (stream.offset() - from);
      check(
          stream,
          stream.offset() <= headBytes
              ? ByteBuffer.wrap(head, 0, (int) stream.offset())
              : ByteBuffer.wrap(block, 0, FilePosition.TAIL_BYTES + offset));
    }
    System.arraycopy(block, count, block, 0, FilePosition.TAIL_BYTES);
  }

  private void ask() {
    asked = true;
    open.addAll(candidates.apply(ByteBuffer.wrap(head, 0, headBytes)));
    open.sort(Comparator.comparingLong(KnownStreams.Known::offset));
  }

  private void finish(long size, GzipStream.State state, String fault) {
    for (KnownStreams.Known stream : unproven) {
      if (stream.offset() == size) {
        continued.add(stream);
      }
    }
    close();
    result =
        new Result(file, size, Arrays.copyOf(head, headBytes), Set.copyOf(continued), state, fault);
  }

  private void check(KnownStreams.Known stream, ByteBuffer before) {
    if (stream.offset() == 0) {
      continued.add(stream);
    } else if (!FilePosition.hasTail(stream.state().position())) {
      unproven.add(stream);
    } else if (FilePosition.isBehind(stream.state().position(), before)) {
      continued.add(stream);
    }
  }
}
