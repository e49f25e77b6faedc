package dev.purser.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.ingest.Reply;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Senders that send a part of a frame, and no more.
@Timeout(60)
class DyingSenderTest {
  private static final int DECLARED = Limits.MAX_FRAME_BYTES - 2000;
  private static final int HOLD_ALL = 4;
  private static final int PROBE = 1 << 20;

  @TempDir private Path data;
  private final AtomicInteger taken = new AtomicInteger();
  private TestHub hub;

  @BeforeEach
  void start() throws Exception {
    hub = new TestHub(data, 0, Duration.ofSeconds(4), Duration.ofMillis(500));
    hub.fake.append =
        frame -> {
          taken.incrementAndGet();
          return new Reply.Accepted(frame.remaining(), 0);
        };
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void areForgottenWithTheRoomThatTheyHeld() throws Exception {
    List<Sender> dying = new ArrayList<>();
    for (int i = 0; i < HOLD_ALL; i++) {
      dying.add(sendPart());
    }
    try (HubClient agent = hub.agent()) {
      while (!(agent.append(ByteBuffer.allocate(PROBE)) instanceof Reply.Busy)) {
        // One that came while the probe had the room was answered, and holds none.
        for (int i = 0; i < HOLD_ALL; i++) {
          if (dying.get(i).answer().isDone()) {
            dying.get(i).client().shutdownNow();
            dying.set(i, sendPart());
          }
        }
      }
      int before = taken.get();
      dying.forEach(sender -> sender.client().shutdownNow());
      while (agent.append(ByteBuffer.allocate(PROBE)) instanceof Reply.Busy) {
        Thread.onSpinWait();
      }
      assertThat(taken).hasValue(before + 1);
    }
  }

  @Test
  void areCutOffWhenTheyOnlyPause() throws Exception {
    String token = Files.readString(data.resolve(Tokens.INGEST_FILE)).strip();
    String head =
        "POST /v1/frames HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer "
            + token
            + "\r\nContent-Length: 1000\r\n\r\npart";
    try (Socket socket =
        PinnedTrust.context(hub.identity.certSha256())
            .getSocketFactory()
            .createSocket("127.0.0.1", hub.server.address().getPort())) {
      OutputStream out = socket.getOutputStream();
      out.write(head.getBytes(StandardCharsets.US_ASCII));
      out.flush();
      assertThat(answer(socket)).doesNotContain(" 200 ");
    }
    assertThat(taken).hasValue(0);
  }

  private static String answer(Socket socket) {
    try {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return "reset";
    }
  }

  private Sender sendPart() throws Exception {
    String token = Files.readString(data.resolve(Tokens.INGEST_FILE)).strip();
    CountDownLatch begun = new CountDownLatch(1);
    HttpClient client =
        HttpClient.newBuilder().sslContext(PinnedTrust.context(hub.identity.certSha256())).build();
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(
            HttpRequest.newBuilder(hub.url().resolve("/v1/frames"))
                .header("Authorization", "Bearer " + token)
                .POST(BodyPublishers.fromPublisher(new Part(begun), DECLARED))
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    begun.await();
    return new Sender(client, answer);
  }

  private record Sender(HttpClient client, CompletableFuture<HttpResponse<byte[]>> answer) {}

  private record Part(CountDownLatch begun) implements Flow.Publisher<ByteBuffer> {
    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
      subscriber.onSubscribe(
          new Flow.Subscription() {
            @Override
            public void request(long n) {
              if (begun.getCount() > 0) {
                begun.countDown();
                subscriber.onNext(ByteBuffer.allocate(1000));
              }
            }

            @Override
            public void cancel() {}
          });
    }
  }
}
