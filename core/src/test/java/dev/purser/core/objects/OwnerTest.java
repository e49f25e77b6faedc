package dev.purser.core.objects;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class OwnerTest {
  @Test
  void labelsOfControllersTellTheOwner() {
    assertThat(Owner.fromLabels("nightly-7x2lq", Map.of("batch.kubernetes.io/job-name", "nightly")))
        .contains(new Owner("Job", "nightly"));
    assertThat(Owner.fromLabels("shop-5d9c-abc12", Map.of("pod-template-hash", "5d9c")))
        .contains(new Owner("Deployment", "shop"));
    assertThat(Owner.fromLabels("db-0", Map.of("statefulset.kubernetes.io/pod-name", "db-0")))
        .contains(new Owner("StatefulSet", "db"));
  }

  @Test
  void labelsThatDoNotFitTheNameTellNothing() {
    assertThat(Owner.fromLabels("shop", Map.of())).isEmpty();
    assertThat(Owner.fromLabels("", Map.of("pod-template-hash", ""))).isEmpty();
    assertThat(Owner.fromLabels("a-very-long-nameabc12", Map.of("pod-template-hash", "5d9c")))
        .as("a name that was cut")
        .isEmpty();
    assertThat(Owner.fromLabels("-5d9c-abc12", Map.of("pod-template-hash", "5d9c"))).isEmpty();
    assertThat(Owner.fromLabels("db", Map.of("statefulset.kubernetes.io/pod-name", "db")))
        .isEmpty();
    assertThat(Owner.fromLabels("db-0", Map.of("statefulset.kubernetes.io/pod-name", "db-1")))
        .isEmpty();
  }
}
