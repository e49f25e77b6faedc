package dev.purser.core.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineFeedsTest {
  @Test
  void findsWhatAPlainLoopFinds() {
    Random random = new Random(1);
    for (int round = 0; round < 2_000; round++) {
      byte[] bytes = new byte[random.nextInt(200)];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) (random.nextInt(4) == 0 ? '\n' : random.nextInt(256));
      }
      int from = random.nextInt(bytes.length + 1);
      int to = from + random.nextInt(bytes.length - from + 1);
      int[] expected = new int[bytes.length];
      int count = 0;
      for (int i = from; i < to; i++) {
        if (bytes[i] == '\n') {
          expected[count++] = i + 1;
        }
      }
      int[] ends = new int[bytes.length];
      assertThat(LineFeeds.ends(MemorySegment.ofArray(bytes), from, to, ends)).isEqualTo(count);
      assertThat(Arrays.copyOf(ends, count)).isEqualTo(Arrays.copyOf(expected, count));
    }
  }

  @Test
  void stopsWhenTheArrayIsFull() {
    int[] ends = new int[3];
    MemorySegment data = MemorySegment.ofArray(new byte[] {10, 10, 10, 10, 10, 10, 10, 10, 10, 10});
    assertThat(LineFeeds.ends(data, 0, 10, ends)).isEqualTo(3);
    assertThat(ends).containsExactly(1, 2, 3);
  }
}
