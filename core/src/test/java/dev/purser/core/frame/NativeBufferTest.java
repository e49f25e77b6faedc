package dev.purser.core.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class NativeBufferTest {
  @Test
  void keepsWhatItHoldsWhenItGrowsAndGivesTheRestBack() {
    try (NativeBuffer buffer = new NativeBuffer(8)) {
      ByteBuffer outgrown = buffer.reserve(8).putLong(1);
      for (long i = 2; i <= 1000; i++) {
        buffer.reserve(8).putLong(i);
      }

      ByteBuffer all = buffer.bytes().duplicate().flip();
      for (long i = 1; i <= 1000; i++) {
        assertThat(all.getLong()).isEqualTo(i);
      }
      assertThat(all.hasRemaining()).isFalse();
      assertThatThrownBy(() -> outgrown.get(0)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void mayBeClosedTwice() {
    NativeBuffer buffer = new NativeBuffer(8);
    buffer.close();
    buffer.close();
  }
}
