package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WrongAnnotationsTest {
  private static final Path WEB = Path.of("/var/log/pods/shop_web-0_1/web/0.log");
  private static final Path SIDECAR = Path.of("/var/log/pods/shop_web-0_1/sidecar/0.log");

  private final Set<Path> known = new HashSet<>();
  private final WrongAnnotations wrong = new WrongAnnotations(known::contains);

  @Test
  void aPodIsToldOnceHoweverManyContainersItHas() {
    tell(WEB, "pod web-0: no such language");
    tell(SIDECAR, "pod web-0: no such language");

    assertThat(wrong.problems()).containsExactly("pod web-0: no such language");
  }

  @Test
  void whatIsWrongIsForgottenWithTheContainer() {
    tell(WEB, "pod web-0: no such language");
    tell(SIDECAR, "pod web-0: no such language");

    known.remove(WEB);
    assertThat(wrong.problems()).hasSize(1);
    known.remove(SIDECAR);
    assertThat(wrong.problems()).isEmpty();
    assertThat(wrong.size()).isZero();
  }

  @Test
  void thoseThatAreForgottenDoNotPileUpThoughNobodyAsks() {
    for (int i = 0; i < 100; i++) {
      Path log = Path.of("/var/log/pods/shop_job-" + i + "_1/main/0.log");
      tell(log, "pod job-" + i + ": no such language");
      known.remove(log);
    }

    assertThat(wrong.size()).isEqualTo(1);
  }

  @Test
  void whatIsRightNowIsNotTold() {
    tell(WEB, "pod web-0: no such language");

    wrong.clear(WEB);

    assertThat(wrong.problems()).isEmpty();
  }

  @Test
  void onlySoManyAreTold() {
    for (int i = 0; i < 100; i++) {
      tell(Path.of("/var/log/pods/shop_web-" + i + "_1/main/0.log"), "pod web-" + i + ": wrong");
    }

    assertThat(wrong.problems()).hasSize(20);
  }

  private void tell(Path log, String problem) {
    known.add(log);
    wrong.tell(log, problem);
  }
}
