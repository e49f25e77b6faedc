package dev.purser.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/// Access-log lines of exactly 541 bytes, from a seed. They compress about 5 to 1 by zstd level 1,
/// as real ones do.
final class AccessLog {
  static final int LINE_BYTES = 541;
  private static final String[] METHODS = {"GET", "POST", "PUT", "DELETE", "HEAD"};
  private static final String[] PATHS = {
    "/api/v1/orders",
    "/api/v1/users",
    "/static/js/main",
    "/checkout/cart",
    "/search",
    "/health/check"
  };
  private static final String[] AGENTS = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"
  };

  private final SplittableRandom random;
  private long millis = 1_760_000_000_000L;

  AccessLog(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /// The next line, with its line feed.
  byte[] line() {
    millis += random.nextInt(3);
    StringBuilder line = new StringBuilder(LINE_BYTES);
    line.append("10.")
        .append(random.nextInt(8))
        .append('.')
        .append(random.nextInt(256))
        .append('.');
    line.append(random.nextInt(256))
        .append(" - - [")
        .append(java.time.Instant.ofEpochMilli(millis));
    line.append("] \"").append(METHODS[random.nextInt(METHODS.length)]).append(' ');
    line.append(PATHS[random.nextInt(PATHS.length)]).append('/').append(random.nextInt(1_000_000));
    line.append("?session=").append(hex(16)).append(" HTTP/1.1\" ");
    line.append(random.nextInt(20) == 0 ? 500 + random.nextInt(4) : 200).append(' ');
    line.append(random.nextInt(50_000)).append(" \"https://shop.example.com");
    line.append(PATHS[random.nextInt(PATHS.length)]).append("\" \"");
    line.append(AGENTS[random.nextInt(AGENTS.length)]).append("\" ");
    line.append("request_time=0.").append(1000 + random.nextInt(9000));
    line.append(" upstream=10.1.")
        .append(random.nextInt(16))
        .append('.')
        .append(random.nextInt(256));
    line.append(":8080 upstream_time=0.").append(1000 + random.nextInt(9000));
    line.append(" request_id=").append(hex(32)).append(" trace=").append(hex(84)).append(" pad=");
    while (line.length() < LINE_BYTES - 1) {
      line.append("namespace/payments service/checkout port/http zone/a ");
    }
    line.setLength(LINE_BYTES - 1);
    return line.append('\n').toString().getBytes(StandardCharsets.US_ASCII);
  }

  private String hex(int digits) {
    String all = Long.toHexString(random.nextLong() | Long.MIN_VALUE);
    return digits <= 16 ? all.substring(0, digits) : all + hex(digits - 16);
  }

  /// Writes a file of about `bytes`: a block of different lines, again and again, each time with
  /// other numbers in front, as making all anew would take longer than the bench.
  static void write(Path file, long bytes, long seed) throws IOException {
    AccessLog log = new AccessLog(seed);
    byte[] block = new byte[LINE_BYTES * 20_000];
    for (int i = 0; i < 20_000; i++) {
      System.arraycopy(log.line(), 0, block, i * LINE_BYTES, LINE_BYTES);
    }
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
      for (long written = 0; written < bytes; written += block.length) {
        byte[] number = String.format("%012d", written).getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < 20_000; i++) {
          System.arraycopy(number, 0, block, i * LINE_BYTES, number.length);
        }
        out.write(block);
      }
    }
  }
}
