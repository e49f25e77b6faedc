package dev.purser.transport;

import dev.purser.core.ingest.Ingest;
import dev.purser.core.ingest.Reply;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.concurrent.Semaphore;

/// What agents call.
final class IngestRoutes implements HttpService {
  private static final int BUDGET_UNIT_BYTES = 1 << 10;

  private final Ingest ingest;
  private final Gate gate;
  private final FrameBuffers buffers = new FrameBuffers();
  private final Semaphore budget =
      new Semaphore(Limits.MAX_FRAME_BYTES_IN_FLIGHT / BUDGET_UNIT_BYTES, true);

  IngestRoutes(Ingest ingest, Gate gate) {
    this.ingest = ingest;
    this.gate = gate;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.post("/v1/frames", gate.ingest(this::append));
    rules.get("/v1/agents/{id}/streams", gate.ingest(this::streams));
    rules.put("/v1/agents/{id}/status", gate.ingest(this::report));
  }

  private void append(ServerRequest request, ServerResponse response)
      throws IOException, InterruptedException {
    int length = Bodies.declared(request, Limits.MAX_FRAME_BYTES, "frame");
    int units = length / BUDGET_UNIT_BYTES + 1;
    if (!budget.tryAcquire(units)) {
      send(response, new Reply.Busy("the hub is receiving as many frames as it may"));
      return;
    }
    byte[] frame = buffers.take(length);
    try {
      Bodies.readExactly(request, frame, length, "frame");
      send(response, ingest.append(ByteBuffer.wrap(frame, 0, length)));
    } finally {
      buffers.give(frame);
      budget.release(units);
    }
  }

  private void streams(ServerRequest request, ServerResponse response)
      throws IOException, InterruptedException {
    Answers.send(response, Answers.BINARY, WireWriter.streams(ingest.streams(agentId(request))));
  }

  private void report(ServerRequest request, ServerResponse response)
      throws IOException, InterruptedException {
    String agentId = agentId(request);
    UUID start = ingest.report(agentId, Bodies.read(request, Limits.MAX_STATUS_BYTES, "status"));
    Answers.send(response, Answers.BINARY, WireWriter.start(start));
  }

  private static void send(ServerResponse response, Reply reply) {
    Answers.send(response, Answers.BINARY, WireWriter.reply(reply));
  }

  private static String agentId(ServerRequest request) {
    String id = request.path().pathParameters().get("id");
    if (!AgentIds.isValid(id)) {
      throw new HttpException(AgentIds.EXPECTED, Status.BAD_REQUEST_400);
    }
    return id;
  }
}
