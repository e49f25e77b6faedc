package dev.purser.transport;

import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What people and their tools call.
final class QueryRoutes implements HttpService {
  private static final Logger LOG = LoggerFactory.getLogger(QueryRoutes.class);

  private final HubApi hub;
  private final Gate gate;
  private final Duration readerDeadline;
  private final Watchdog watchdog;

  QueryRoutes(HubApi hub, Gate gate, Duration readerDeadline, Watchdog watchdog) {
    this.hub = hub;
    this.gate = gate;
    this.readerDeadline = readerDeadline;
    this.watchdog = watchdog;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.post(
        "/v1/sql",
        gate.query((request, response) -> {
          String sql = text(Bodies.read(request, Limits.MAX_SQL_BYTES, "query"));
          answer(response, out -> hub.query(sql, out));
        }));
    rules.post(
        "/v1/tail",
        gate.query((request, response) -> {
          String tail = text(Bodies.read(request, Limits.MAX_SQL_BYTES, "query"));
          answer(response, out -> hub.tail(tail, out));
        }));
    rules.get(
        "/v1/status",
        gate.query((request, response) -> Answers.send(response, Answers.JSON, hub.status())));
    rules.get(
        "/v1/tables",
        gate.query((request, response) -> Answers.send(response, Answers.JSON, hub.tables())));
    rules.get(
        "/metrics",
        gate.query((request, response) ->
            Answers.send(
                response, Answers.PROMETHEUS, hub.metrics().getBytes(StandardCharsets.UTF_8))));
  }

  /// What the hub writes for an answer.
  private interface Rows {
    void write(OutputStream out) throws QueryRejected, IOException, InterruptedException;
  }

  private void answer(ServerResponse response, Rows rows) throws IOException, InterruptedException {
    HeldOutput out = new HeldOutput(response, readerDeadline, watchdog);
    try {
      rows.write(out);
      out.finish();
    } catch (QueryRejected e) {
      if (out.hasBegun()) {
        tell(e);
        throw out.broken(e);
      }
      throw new HttpException(String.valueOf(e.getMessage()), Status.BAD_REQUEST_400, e);
    } catch (HeldOutput.ReaderGone e) {
      tell(e);
      throw out.broken(e);
    } catch (IOException | RuntimeException e) {
      if (out.hasBegun()) {
        LOG.atError().setCause(e).log("Query broke off after its answer began");
        throw out.broken(e);
      }
      throw e;
    }
  }

  /// Where a status can no longer tell it.
  private static void tell(Exception cause) {
    LOG.atWarn()
        .addKeyValue("cause", cause.getMessage())
        .log("Query broke off after its answer began");
  }

  private static String text(byte[] utf8) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw new HttpException("send the query in UTF-8", Status.BAD_REQUEST_400, e);
    }
  }
}
