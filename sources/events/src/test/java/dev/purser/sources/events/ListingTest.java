package dev.purser.sources.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.kubernetes.ApiException;
import dev.purser.testkit.FakeApiServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListingTest {
  @TempDir Path directory;

  private final FakeApiServer server = new FakeApiServer();
  private final List<String> expected = new ArrayList<>();

  @BeforeEach
  void twentyEventsAreThere() {
    for (int i = 0; i < 20; i++) {
      expected.add(server.happen("event-" + i * 7 % 20));
    }
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void readsAListInPartsThatFitIntoMemoryEachVersionOnceInRisingOrder() throws Exception {
    try (EventsApi api = api()) {
      Listing listing = new Listing(api, 500);
      List<String> read = new ArrayList<>();
      int parts = 0;
      long version = 0;
      long above = 0;
      boolean whole = false;
      while (!whole) {
        Listing.Part part = listing.read(version, above, item -> {});
        for (EventVersion item : part.rising()) {
          read.add(new String(item.json(), java.nio.charset.StandardCharsets.UTF_8));
          above = item.resourceVersion();
        }
        version = part.version();
        whole = part.whole();
        parts++;
        server.happen("event-3"); // not in the list that is being read
      }
      assertThat(read).isEqualTo(expected);
      assertThat(parts).isGreaterThan(3);
    }
  }

  @Test
  void leavesOutWhatWasDelivered() throws Exception {
    try (EventsApi api = api()) {
      List<EventVersion> others = new ArrayList<>();
      Listing.Part part = new Listing(api, 1 << 20).read(0, 115, others::add);
      assertThat(part.rising())
          .extracting(EventVersion::resourceVersion)
          .containsExactly(116L, 117L, 118L, 119L, 120L);
      assertThat(others).hasSize(15);
      assertThat(part.whole()).isTrue();
      assertThat(part.version()).isEqualTo(120);
    }
  }

  @Test
  void tellsHowFarTheClusterIs() throws Exception {
    server.elsewhere(9);
    try (EventsApi api = api()) {
      assertThat(new Listing(api, 1).newest()).isEqualTo(new Listing.Newest(129, 120));
      assertThat(api.holds(120)).isTrue();
    }
  }

  @Test
  void saysWhenTheListItReadsIsForgotten() throws Exception {
    try (EventsApi api = api()) {
      server.onList(() -> {
        server.elsewhere(1);
        server.compact();
      });
      assertThatThrownBy(() -> new Listing(api, 500).read(0, 0, item -> {}))
          .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.isExpired()).isTrue());
      assertThat(api.holds(120)).isFalse();
    }
  }

  private EventsApi api() throws Exception {
    return EventsApi.connect(server.kubeconfig(directory), Duration.ofSeconds(20));
  }
}
