package dev.purser.core.frame;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;

/// Memory outside the heap that grows with what it holds, and gives back at once what it outgrew: a
/// garbage collector would do so only when the heap is full. One thread at a time.
final class NativeBuffer implements AutoCloseable {
  private Block block;

  NativeBuffer(int sizeBytes) {
    this.block = new Block(sizeBytes);
  }

  /// What it holds lies in front of the position; valid until [#reserve].
  ByteBuffer bytes() {
    return block.bytes;
  }

  /// Makes room behind the position.
  ///
  /// @return as [#bytes]
  ByteBuffer reserve(int needed) {
    Block full = block;
    if (full.bytes.remaining() < needed) {
      block = new Block(Math.max(full.bytes.capacity() / 2 * 3, full.bytes.position() + needed));
      block.bytes.put(full.bytes.flip());
      full.arena.close();
    }
    return block.bytes;
  }

  /// Again and again with the same result.
  @Override
  public void close() {
    if (block.arena.scope().isAlive()) {
      block.arena.close();
    }
  }

  private static final class Block {
    private final Arena arena = Arena.ofShared();
    private final ByteBuffer bytes;

    Block(int sizeBytes) {
      bytes = arena.allocate(sizeBytes).asByteBuffer();
    }
  }
}
