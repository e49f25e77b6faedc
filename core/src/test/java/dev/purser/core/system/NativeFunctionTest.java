package dev.purser.core.system;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class NativeFunctionTest {
  private static final int ENOENT = 2;
  private static final int EBADF = 9;

  /// The same on all architectures but the oldest: pidfd_open(2), of a number that is none.
  private static final long PIDFD_OPEN = 434;

  private static final int ESRCH = 3;

  @Test
  void callsAFunctionOfTheCLibrary() {
    NativeFunction getpid = NativeFunction.of("getpid", JAVA_INT);
    assertThat(getpid.call().value()).isEqualTo(ProcessHandle.current().pid());
  }

  @Test
  void aFailureKeepsItsErrno() {
    NativeFunction close = NativeFunction.of("close", JAVA_INT, JAVA_INT);
    assertThat(close.call(-1)).isEqualTo(new NativeFunction.Result(-1, EBADF));
    NativeFunction rmdir = NativeFunction.of("rmdir", JAVA_INT, ADDRESS);
    try (Arena arena = Arena.ofConfined()) {
      assertThat(rmdir.call(arena.allocateFrom("/there/is/none")))
          .isEqualTo(new NativeFunction.Result(-1, ENOENT));
    }
  }

  @Test
  void callsTheKernelByNumber() {
    NativeFunction open = NativeFunction.ofSystemCall("pidfd_open", PIDFD_OPEN, JAVA_INT, JAVA_INT);
    assertThat(open.call(Integer.MAX_VALUE, 0)).isEqualTo(new NativeFunction.Result(-1, ESRCH));
  }

  @Test
  void aFunctionThatIsNotThereIsToldByItsName() {
    assertThat(NativeFunction.find("no_such_function", JAVA_LONG)).isEmpty();
    assertThatThrownBy(() -> NativeFunction.of("no_such_function", JAVA_LONG))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no_such_function");
  }
}
