package dev.purser.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.wal.SegmentLog;
import dev.purser.lake.Lake;
import java.util.Map;
import java.util.TreeMap;

/// What `purser status` and `purser tables` show, as JSON.
final class HubStatus {
  private final SegmentLog log;
  private final Lake lake;
  private final Ingestion ingestion;
  private final ObjectMapper mapper = new ObjectMapper();

  HubStatus(SegmentLog log, Lake lake, Ingestion ingestion) {
    this.log = log;
    this.lake = lake;
    this.ingestion = ingestion;
  }

  byte[] json() {
    ObjectNode status = mapper.createObjectNode();
    status
        .putObject("wal")
        .put("id", log.id().toString())
        .put("start", log.start())
        .put("durable", log.durable())
        .put("bytes", log.sizeBytes())
        .put("maxBytes", log.maxBytes());
    status.set("lake", mapper.valueToTree(lake.status()));
    IngestCounters counters = ingestion.counters();
    status
        .putObject("ingest")
        .put("frames", counters.frames.sum())
        .put("records", counters.records.sum())
        .put("recordBytes", counters.recordBytes.sum())
        .put("frameBytes", counters.frameBytes.sum())
        .put("conflicts", counters.conflicts.sum())
        .put("busy", counters.busy.sum())
        .put("rejected", counters.rejected.sum());
    ArrayNode agents = status.putArray("agents");
    ArrayNode containers = status.putArray("containers");
    ArrayNode files = status.putArray("files");
    Map<String, JsonNode> progress = new TreeMap<>();
    new TreeMap<>(ingestion.reports())
        .forEach((id, report) -> {
          JsonNode told = told(report);
          agent(agents, id, report, told);
          told.path("streams")
              .properties()
              .forEach(entry -> progress.put(entry.getKey(), entry.getValue()));
          for (JsonNode volume : told.path("volumes")) {
            ObjectNode of = (volume.has("container") ? containers : files).addObject();
            of.set("node", told.path("node"));
            volume.properties().forEach(entry -> of.set(entry.getKey(), entry.getValue()));
          }
        });
    ArrayNode streams = status.putArray("streams");
    new TreeMap<>(ingestion.all()).forEach((id, held) -> stream(streams, progress, id, held));
    return bytes(status);
  }

  byte[] tablesJson() {
    return bytes(mapper.valueToTree(lake.tables()));
  }

  /// Missing when it is no JSON.
  private JsonNode told(AgentReport report) {
    try {
      return mapper.readTree(report.json());
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  private static void agent(ArrayNode agents, String id, AgentReport report, JsonNode told) {
    ObjectNode agent = agents.addObject().put("agent", id).put("at", report.at().toString());
    if (told.isMissingNode()) {
      agent.put("error", "its last report is no JSON");
      return;
    }
    agent.set("node", told.path("node"));
    agent.set("delivery", told.path("delivery"));
    agent.set("problems", told.path("problems"));
  }

  private void stream(
      ArrayNode streams, Map<String, JsonNode> progress, String id, StreamStates.Held held) {
    ObjectNode stream =
        streams
            .addObject()
            .put("stream", id)
            .put("position", held.state().position().toString())
            .put("records", held.state().nextSeq())
            .put("gaps", held.gaps())
            .put("ended", held.state().ended());
    JsonNode told = progress.get(id);
    if (told != null) {
      stream.set("lagBytes", told.path("lagBytes"));
      stream.set("lagSeconds", told.path("lagSeconds"));
      stream.set("context", told.path("context"));
    }
  }

  private byte[] bytes(Object value) {
    try {
      return mapper.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a status that cannot be written", e);
    }
  }
}
