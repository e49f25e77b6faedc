package dev.purser.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.source.Volume;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VolumeMetricsTest {
  private static final Map<String, String> CONTAINER =
      Map.of("namespace", "shop", "pod", "web-0", "pod_uid", "u-1", "container", "nginx");
  private static final Map<String, String> FILE = Map.of("source", "app", "file", "/a \"b\".log");
  private static final String OF_CONTAINER =
      "{container=\"nginx\",namespace=\"shop\",pod=\"web-0\",pod_uid=\"u-1\"} ";

  private final List<Volume> volumes = new ArrayList<>();
  private Instant now = Instant.parse("2026-11-29T06:00:00Z");
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  @Test
  void eachContainerAndFileIsCounted() {
    volumes.add(new Volume(CONTAINER, 100, 80, 60, 10, 0, 0));
    volumes.add(new Volume(FILE, 7, 6, 5, 0, 0, 0));
    try (VolumeMetrics _ = metrics()) {
      assertThat(lines())
          .containsExactlyInAnyOrder(
              "purser_container_written_bytes_total" + OF_CONTAINER + "100.0",
              "purser_container_read_bytes_total" + OF_CONTAINER + "80.0",
              "purser_container_delivered_bytes_total" + OF_CONTAINER + "60.0",
              "purser_container_lost_bytes_total" + OF_CONTAINER + "10.0",
              "purser_file_written_bytes_total{file=\"/a \\\"b\\\".log\",source=\"app\"} 7.0",
              "purser_file_read_bytes_total{file=\"/a \\\"b\\\".log\",source=\"app\"} 6.0",
              "purser_file_delivered_bytes_total{file=\"/a \\\"b\\\".log\",source=\"app\"} 5.0",
              "purser_file_lost_bytes_total{file=\"/a \\\"b\\\".log\",source=\"app\"} 0.0");
    }
  }

  @Test
  void aCounterNeverFallsUntilItsContainerIsGone() {
    try (VolumeMetrics _ = metrics()) {
      volumes.add(new Volume(CONTAINER, 100, 80, 60, 10, 0, 0));
      assertThat(lines()).contains("purser_container_written_bytes_total" + OF_CONTAINER + "100.0");
      volumes.set(0, new Volume(CONTAINER, 90, 85, 60, 10, 0, 0));
      assertThat(lines())
          .contains(
              "purser_container_written_bytes_total" + OF_CONTAINER + "100.0",
              "purser_container_read_bytes_total" + OF_CONTAINER + "85.0");
      volumes.clear();
      assertThat(lines()).isEmpty();
      volumes.add(new Volume(CONTAINER, 1, 0, 0, 0, 0, 0));
      assertThat(lines()).contains("purser_container_written_bytes_total" + OF_CONTAINER + "1.0");
    }
  }

  @Test
  void whatWasToldLongAgoMayBeOfAnother() {
    try (VolumeMetrics _ = metrics()) {
      volumes.add(new Volume(CONTAINER, 100, 80, 60, 10, 0, 0));
      assertThat(lines()).contains("purser_container_written_bytes_total" + OF_CONTAINER + "100.0");
      volumes.set(0, new Volume(CONTAINER, 1, 0, 0, 0, 0, 0));
      now = now.plusSeconds(301);
      assertThat(lines()).contains("purser_container_written_bytes_total" + OF_CONTAINER + "1.0");
    }
  }

  @Test
  void aClosedAgentIsNotAsked() {
    volumes.add(new Volume(FILE, 7, 6, 5, 0, 0, 0));
    metrics().close();
    assertThat(lines()).isEmpty();
  }

  private VolumeMetrics metrics() {
    return new VolumeMetrics(
        registry.getPrometheusRegistry(), List.of(new ToldSource(List.of(), volumes)), () -> now);
  }

  private List<String> lines() {
    return registry.scrape().lines().filter(line -> !line.startsWith("#")).toList();
  }
}
