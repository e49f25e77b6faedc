package dev.purser.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Audit events made of 80 real ones of a Kubernetes 1.35: other ids, users, objects and times in
/// each.
final class AuditLog {
  private static final Pattern VARYING =
      Pattern.compile(
          "(?<id>\"auditID\":\")[^\"]*"
              + "|(?<user>\"username\":\")[^\"]*"
              + "|(?<name>\"objectRef\":\\{[^}]*?\"name\":\")[^\"]*"
              + "|(?<received>\"requestReceivedTimestamp\":\")[^\"]*"
              + "|(?<stage>\"stageTimestamp\":\")[^\"]*");

  private final List<List<String>> templates = new ArrayList<>();
  private final SplittableRandom random;
  private long micros = 1_760_000_000_000_000L;

  AuditLog(long seed) throws IOException {
    random = new SplittableRandom(seed);
    try (InputStream in = AuditLog.class.getResourceAsStream("audit.jsonl")) {
      if (in == null) {
        throw new IllegalStateException("resource missing: audit.jsonl");
      }
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .forEach(line -> templates.add(parts(line)));
    }
  }

  String line() {
    micros += random.nextInt(400);
    StringBuilder line = new StringBuilder(1500);
    for (String part : templates.get(random.nextInt(templates.size()))) {
      switch (part) {
        case "\0id" -> line.append(new java.util.UUID(random.nextLong(), random.nextLong()));
        case "\0user" ->
            line.append("system:serviceaccount:team-")
                .append(random.nextInt(200))
                .append(":robot-")
                .append(random.nextInt(20));
        case "\0name" -> line.append("object-").append(random.nextInt(200_000));
        case "\0received" -> line.append(time(micros));
        case "\0stage" -> line.append(time(micros + random.nextInt(20_000)));
        default -> line.append(part);
      }
    }
    return line.append('\n').toString();
  }

  static void write(Path file, long events, long seed) throws IOException {
    AuditLog log = new AuditLog(seed);
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
      for (long i = 0; i < events; i++) {
        out.write(log.line().getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static String time(long micros) {
    String text = Instant.EPOCH.plusNanos(micros * 1000).toString();
    return text.length() == "2026-01-01T00:00:00.000000Z".length()
        ? text
        : Instant.EPOCH.plusNanos((micros / 1000 * 1000 + 1) * 1000).toString();
  }

  /// The line in pieces, with names in place of what varies.
  private static List<String> parts(String line) {
    List<String> parts = new ArrayList<>();
    Matcher matcher = VARYING.matcher(line);
    int at = 0;
    while (matcher.find()) {
      for (String group : List.of("id", "user", "name", "received", "stage")) {
        String prefix = matcher.group(group);
        if (prefix != null) {
          parts.add(line.substring(at, matcher.start()) + prefix);
          parts.add("\0" + group);
        }
      }
      at = matcher.end();
    }
    parts.add(line.substring(at));
    return parts;
  }
}
