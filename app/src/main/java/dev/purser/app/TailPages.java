package dev.purser.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.config.ConfigException;
import dev.purser.transport.QueryClient;
import dev.purser.transport.QueryRejected;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The rows of a table, page after page. A page that arrived whole moves the place from which the
/// next is asked for, so that a call that broke off, or a hub that started again, neither loses nor
/// repeats a row. Used by one thread.
final class TailPages implements AutoCloseable {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final HubOptions hub;
  private final ObjectNode request;
  private @Nullable QueryClient client;
  private boolean hasBegun;
  private @Nullable Duration pause;

  /// @param request the first, as docs/formats/transport.md says
  TailPages(HubOptions hub, ObjectNode request) {
    this.hub = hub;
    this.request = request.deepCopy();
  }

  /// Waits for rows, not for long. Waits for a hub that was there before as long as it takes.
  ///
  /// @return an array of objects, often an empty one
  JsonNode next() throws UserError, ConfigException, InterruptedException {
    while (true) {
      try {
        QueryClient asked = client == null ? hub.follow() : client;
        client = asked;
        JsonNode page = TextTable.MAPPER.readTree(asked.tail(request.toString()));
        goOnBehind(page.path("next").textValue());
        return page.path("rows");
      } catch (QueryRejected e) {
        throw new UserError(ExitCode.FAILED, String.valueOf(e.getMessage()));
      } catch (IOException e) {
        await(String.valueOf(e.getMessage()));
      } catch (UserError e) {
        if (!hasBegun) {
          throw e;
        }
        await(String.valueOf(e.getMessage()));
      }
    }
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
      client = null;
    }
  }

  private void goOnBehind(@Nullable String place) throws IOException {
    if (place == null) {
      throw new IOException("the hub's answer is none to a tail; is it of another version?");
    }
    request.remove("last");
    request.remove("sinceMillis");
    request.put("after", place);
    hasBegun = true;
    if (pause != null) {
      pause = null;
      System.err.println("purser: the hub is back, going on behind the last row");
    }
  }

  private void await(String reason) throws UserError, InterruptedException {
    close();
    if (!hasBegun) {
      throw new UserError(ExitCode.FAILED, reason);
    }
    if (pause == null) {
      pause = FIRST_PAUSE;
      System.err.println("purser: waiting for the hub: " + TextTable.harmless(reason));
    }
    Thread.sleep(pause);
    Duration longer = pause.multipliedBy(2);
    pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
  }
}
