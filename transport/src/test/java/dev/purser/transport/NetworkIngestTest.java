package dev.purser.transport;

import dev.purser.core.ingest.Ingest;
import dev.purser.testkit.IngestContract;
import dev.purser.testkit.ModelIngest;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// The contract over the network, before a model of a hub.
class NetworkIngestTest extends IngestContract {
  private final ModelIngest model = new ModelIngest();

  @TempDir private Path data;
  private TestHub hub;
  private HubClient agent;

  @BeforeEach
  void start() throws Exception {
    hub = new TestHub(data);
    hub.fake.append = model::append;
    hub.fake.streams = model::streams;
    agent = hub.agent();
  }

  @AfterEach
  void stop() {
    agent.close();
    hub.close();
  }

  @Override
  protected Ingest ingest() {
    return agent;
  }

  @Override
  protected void fill() {
    model.full(true);
  }
}
