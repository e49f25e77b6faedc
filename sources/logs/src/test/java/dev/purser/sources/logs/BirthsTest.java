package dev.purser.sources.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BirthsTest {
  private static final Path LOG = Path.of("/logs/app.log");
  private static final long SECOND = 1_000_000;

  private final Births births = new Births();
  private boolean isOther;

  @Test
  void whatIsMissingAtEachLookOfASecondIsLost() {
    assertThat(look(0, 3, 1)).isEmpty();
    assertThat(births.isUndecided()).isTrue();
    assertThat(births.directories()).containsExactly(LOG.getParent());
    assertThat(look(SECOND - 1, 0, 0)).isEmpty();
    assertThat(look(SECOND, 0, 0)).containsExactly(Map.entry(LOG, 2L));
    assertThat(look(3 * SECOND, 0, 0)).isEmpty();
    assertThat(births.isUndecided()).isFalse();
  }

  @Test
  void whatIsFoundLateIsNotLost() {
    look(0, 1, 0);
    births.told(Map.of(), _ -> true);
    births.found(LOG, true);
    assertThat(births.lost(_ -> false, 2 * SECOND)).isEmpty();
    assertThat(births.isUndecided()).isFalse();
  }

  @Test
  void oneOfManyThatIsOnItsWayToAnotherNameIsNotLost() {
    for (int i = 0; i < 100; i += 2) {
      assertThat(look(i * SECOND / 10, 1, 0)).isEmpty();
      assertThat(look((i + 1) * SECOND / 10, 0, 1)).isEmpty();
    }
    assertThat(births.isUndecided()).isFalse();
  }

  @Test
  void aFileIsFoundBeforeTheKernelsWordOfItArrives() {
    look(0, 0, 1);
    look(1, 1, 0);
    assertThat(look(2 * SECOND, 0, 0)).isEmpty();
    assertThat(births.isUndecided()).isFalse();
  }

  @Test
  void aFileThatWasMovedHereHidesNoLaterLoss() {
    look(0, 0, 1);
    look(1, 0, 0);
    look(2, 1, 0);
    assertThat(look(2 * SECOND, 0, 0)).containsExactly(Map.entry(LOG, 1L));
  }

  @Test
  void aLinkToNowhereIsNeitherLostNorWaitedFor() {
    isOther = true;
    look(0, 1, 0);
    assertThat(look(2 * SECOND, 0, 0)).isEmpty();
    assertThat(births.isUndecided()).isFalse();
    // It is deleted as it was made.
    isOther = false;
    look(3 * SECOND, -1, 0);
    assertThat(look(5 * SECOND, 0, 0)).isEmpty();
  }

  @Test
  void filesOfOthersAreNotCounted() {
    births.told(Map.of(LOG, 1), _ -> false);
    assertThat(births.isUndecided()).isFalse();
  }

  private Map<Path, Long> look(long micros, int made, int found) {
    births.told(made == 0 ? Map.of() : Map.of(LOG, made), _ -> true);
    for (int i = 0; i < found; i++) {
      births.found(LOG, false);
    }
    return births.lost(_ -> isOther, micros);
  }
}
