package dev.purser.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Container logs as containerd writes them, from a seed.
final class CriLog {
  private static final String TIME = "2026-11-23T04:38:02.000000000Z";
  private static final int BLOCK_LINES = 20_000;
  private static final int SPLIT_EVERY = 100;

  private static final String TRACE =
      """
      2026-11-23 04:38:02.117 ERROR [http-nio-8080-exec-7] c.example.shop.CheckoutController : order failed
      java.lang.IllegalStateException: payment was declined by the provider
      \tat com.example.shop.payment.PaymentClient.authorize(PaymentClient.java:118)
      \tat com.example.shop.checkout.CheckoutService.place(CheckoutService.java:74)
      \tat com.example.shop.checkout.CheckoutController.post(CheckoutController.java:41)
      \tat java.base/jdk.internal.reflect.DirectMethodHandleAccessor.invoke(DirectMethodHandleAccessor.java:104)
      \tat java.base/java.lang.reflect.Method.invoke(Method.java:565)
      \tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:903)
      Caused by: java.net.SocketTimeoutException: Read timed out
      \tat java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:278)
      \tat java.base/sun.nio.ch.NioSocketImpl.implRead(NioSocketImpl.java:304)
      \t... 31 more
      """;

  private CriLog() {}

  /// Access lines, one in a hundred of them split in two by the runtime.
  ///
  /// @return the number of records
  static long writeLines(Path file, long bytes, long seed) throws IOException {
    AccessLog log = new AccessLog(seed);
    StringBuilder block = new StringBuilder();
    for (int i = 0; i < BLOCK_LINES; i++) {
      String line = new String(log.line(), StandardCharsets.US_ASCII);
      if (i % SPLIT_EVERY == 0) {
        append(block, "P", line.substring(0, 256) + "\n");
        append(block, "F", line.substring(256));
      } else {
        append(block, "F", line);
      }
    }
    return BLOCK_LINES * repeat(file, bytes, block.toString());
  }

  /// Java's stack traces, each with the line of its logger in front, which is a record of its own.
  ///
  /// @return the number of records
  static long writeTraces(Path file, long bytes) throws IOException {
    StringBuilder block = new StringBuilder();
    int traces = 1_000;
    for (int i = 0; i < traces; i++) {
      TRACE.lines().forEach(line -> append(block, "F", line + "\n"));
    }
    return 2L * traces * repeat(file, bytes, block.toString());
  }

  private static void append(StringBuilder block, String tag, String content) {
    block.append(TIME).append(" stdout ").append(tag).append(' ').append(content);
  }

  private static long repeat(Path file, long bytes, String block) throws IOException {
    byte[] once = block.getBytes(StandardCharsets.US_ASCII);
    long blocks = Math.max(1, bytes / once.length);
    Files.createDirectories(file.getParent());
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
      for (long i = 0; i < blocks; i++) {
        out.write(once);
      }
    }
    return blocks;
  }
}
