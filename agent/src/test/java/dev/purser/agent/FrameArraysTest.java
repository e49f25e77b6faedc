package dev.purser.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FrameArraysTest {
  private final FrameArrays arrays = new FrameArrays(3);

  @Test
  void anArrayThatWasGivenBackIsUsedAgainFromItsBeginning() {
    ByteBuffer first = arrays.take(1000).putLong(42).flip();
    arrays.give(first);

    ByteBuffer again = arrays.take(500);
    assertThat(again).isSameAs(first);
    assertThat(again.position()).isZero();
    assertThat(again.remaining()).isEqualTo(again.capacity()).isGreaterThanOrEqualTo(1000);
  }

  @Test
  void oneThatIsTooSmallIsLetGo() {
    ByteBuffer small = arrays.take(1000);
    arrays.give(small);

    ByteBuffer large = arrays.take(1 << 20);
    assertThat(large).isNotSameAs(small);
    assertThat(large.remaining()).isGreaterThanOrEqualTo(1 << 20);
  }

  @Test
  void whatIsTakenIsNobodyElses() {
    ByteBuffer one = arrays.take(10);
    arrays.give(arrays.take(10));

    assertThat(arrays.take(10)).isNotSameAs(one);
    assertThat(arrays.take(10)).isNotSameAs(one);
  }

  @Test
  void whereLittleIsSentOneIsKept() {
    List<ByteBuffer> taken = IntStream.range(0, 3).mapToObj(_ -> arrays.take(10)).toList();
    taken.forEach(arrays::give);
    arrays.rest();

    Set<ByteBuffer> next = Collections.newSetFromMap(new IdentityHashMap<>());
    IntStream.range(0, 3).forEach(_ -> next.add(arrays.take(10)));
    assertThat(taken).filteredOn(next::contains).hasSize(1);
  }
}
