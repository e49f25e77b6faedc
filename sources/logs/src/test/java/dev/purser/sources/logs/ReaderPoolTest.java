package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReaderPoolTest {
  @Test
  void aFaultOfOneTaskIsNotTheEndOfItsReader() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    try (ReaderPool readers = new ReaderPool(1)) {
      readers.submit(_ -> {
        throw new StackOverflowError("of a test");
      });
      readers.submit(_ -> done.countDown());
      assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }
}
