package dev.purser.sources.audit;

import dev.purser.core.json.FieldNames;
import dev.purser.core.json.JsonScanner;
import dev.purser.core.json.JsonText;
import dev.purser.core.json.Rfc3339;
import dev.purser.core.record.Stream;
import dev.purser.core.table.Decoder;
import dev.purser.core.table.MalformedRecordException;
import dev.purser.core.table.Row;
import dev.purser.core.table.Table;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/// Makes a row of one audit event: a JSON object of kind Event in the API group audit.k8s.io.
///
/// Whoever sends requests to the API server decides what stands in parts of its audit log. So
/// nothing that can come in by a request keeps an event out of the table: unknown fields, fields in
/// any order or of another type (null in the row), bytes that are no UTF-8, names and numbers of
/// any length, as many names as fit. Where a field stands twice the last counts, as in the API
/// server. Only the first level and the objects named here are looked into.
///
/// Reads each byte once; keeps no object per record but the text of fields with escapes. Used by
/// one thread.
public final class AuditDecoder implements Decoder {
  /// The [Stream#kind] of audit logs.
  public static final String KIND = "audit";

  /// The API server itself reads and writes no JSON of more than 10,000 levels (Go's
  /// encoding/json), and puts the objects of a request two levels deep into an event.
  static final int MAX_DEPTH = 16_384;

  private static final byte[] KIND_VALUE = "Event".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] API_GROUP = "audit.k8s.io/".getBytes(StandardCharsets.US_ASCII);

  // Fields that are no text column.
  private static final int KIND_FIELD = -1;
  private static final int API_VERSION_FIELD = -2;
  private static final int USER_OBJECT = -3;
  private static final int REFERENCE_OBJECT = -4;
  private static final int STATUS_OBJECT = -5;
  private static final int ANNOTATIONS_OBJECT = -6;
  private static final int RECEIVED_FIELD = -7;
  private static final int STAGE_TIME_FIELD = -8;
  private static final int CODE_FIELD = -9;
  private static final int UNKNOWN = Integer.MIN_VALUE;

  private static final int AUDIT_ID = AuditTable.TABLE.index("audit_id");
  private static final int GROUPS = AuditTable.TABLE.index("groups");
  private static final int SOURCE_IPS = AuditTable.TABLE.index("source_ips");
  private static final int CODE = AuditTable.TABLE.index("code");
  private static final int LATENCY_MS = AuditTable.TABLE.index("latency_ms");

  private static final Fields EVENT =
      new Fields()
          .column("level", "level")
          .column("auditID", "audit_id")
          .column("stage", "stage")
          .column("requestURI", "uri")
          .column("verb", "verb")
          .column("userAgent", "user_agent")
          .column("sourceIPs", "source_ips")
          .with("kind", KIND_FIELD)
          .with("apiVersion", API_VERSION_FIELD)
          .with("user", USER_OBJECT)
          .with("objectRef", REFERENCE_OBJECT)
          .with("responseStatus", STATUS_OBJECT)
          .with("annotations", ANNOTATIONS_OBJECT)
          .with("requestReceivedTimestamp", RECEIVED_FIELD)
          .with("stageTimestamp", STAGE_TIME_FIELD);
  private static final Fields USER =
      new Fields().column("username", "user").column("groups", "groups");
  private static final Fields REFERENCE =
      new Fields()
          .column("resource", "resource")
          .column("namespace", "namespace")
          .column("name", "name")
          .column("apiGroup", "api_group")
          .column("apiVersion", "api_version")
          .column("subresource", "subresource");
  private static final Fields STATUS = new Fields().with("code", CODE_FIELD);
  private static final Fields ANNOTATIONS =
      new Fields()
          .column("authorization.k8s.io/decision", "decision")
          .column("authorization.k8s.io/reason", "reason");

  private final JsonScanner scanner = new JsonScanner(MAX_DEPTH);
  private final StringLists lists = new StringLists(MAX_DEPTH);
  private final int[] starts = new int[AuditTable.TABLE.columns().size()];
  private final int[] ends = new int[starts.length];
  private final boolean[] escaped = new boolean[starts.length];
  private byte[] bytes = new byte[0];
  private byte[] plain = new byte[0];
  private List<String> groups = List.of();
  private List<String> sourceIps = List.of();
  private boolean isEvent;
  private boolean isAudit;
  private long code;
  private long receivedMicros;
  private long stageMicros;

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Table table() {
    return AuditTable.TABLE;
  }

  @Override
  public void decode(Stream stream, byte[] bytes, int from, int to, Row row)
      throws MalformedRecordException {
    clear(bytes);
    scanner.reset(bytes, from, to);
    read(EVENT);
    scanner.finish();
    if (!isEvent || !isAudit || starts[AUDIT_ID] < 0 || starts[AUDIT_ID] == ends[AUDIT_ID]) {
      throw new MalformedRecordException(
          "JSON, but no audit event with kind, apiVersion and auditID");
    }
    fill(row);
  }

  private void clear(byte[] bytes) {
    this.bytes = bytes;
    Arrays.fill(starts, -1);
    groups = List.of();
    sourceIps = List.of();
    isEvent = false;
    isAudit = false;
    code = Long.MIN_VALUE;
    receivedMicros = Rfc3339.NONE;
    stageMicros = Rfc3339.NONE;
  }

  private void read(Fields fields) throws MalformedRecordException {
    scanner.enterObject();
    while (scanner.nextField()) {
      int field = fields.of(scanner);
      switch (field) {
        case USER_OBJECT -> object(USER);
        case REFERENCE_OBJECT -> object(REFERENCE);
        case STATUS_OBJECT -> object(STATUS);
        case ANNOTATIONS_OBJECT -> object(ANNOTATIONS);
        case KIND_FIELD -> isEvent = scanner.string() && textIs(KIND_VALUE, false);
        case API_VERSION_FIELD -> isAudit = scanner.string() && textIs(API_GROUP, true);
        case RECEIVED_FIELD -> receivedMicros = time();
        case STAGE_TIME_FIELD -> stageMicros = time();
        case CODE_FIELD -> code = integer();
        case UNKNOWN -> scanner.skipValue();
        default -> column(field);
      }
    }
  }

  /// An object of the event; anything else in its place is passed over.
  private void object(Fields fields) throws MalformedRecordException {
    if (scanner.peek() == '{') {
      read(fields);
    } else {
      scanner.skipValue();
    }
  }

  private void column(int column) throws MalformedRecordException {
    if (column == GROUPS) {
      groups = list();
    } else if (column == SOURCE_IPS) {
      sourceIps = list();
    } else if (scanner.string()) {
      starts[column] = scanner.start();
      ends[column] = scanner.end();
      escaped[column] = scanner.escaped();
    } else {
      starts[column] = -1;
    }
  }

  private List<String> list() throws MalformedRecordException {
    boolean array = scanner.peek() == '[';
    int start = scanner.position();
    scanner.skipValue();
    return array ? lists.read(bytes, start, scanner.position()) : List.of();
  }

  private boolean textIs(byte[] expected, boolean prefix) {
    int length = scanner.end() - scanner.start();
    return (prefix ? length >= expected.length : length == expected.length)
        && Arrays.equals(
            expected,
            0,
            expected.length,
            bytes,
            scanner.start(),
            scanner.start() + expected.length);
  }

  private long time() throws MalformedRecordException {
    return scanner.string() ? Rfc3339.micros(bytes, scanner.start(), scanner.end()) : Rfc3339.NONE;
  }

  /// A number without sign, point and exponent of at most nine digits.
  private long integer() throws MalformedRecordException {
    byte first = scanner.peek();
    scanner.skipValue();
    int length = scanner.end() - scanner.start();
    if (first < '0' || first > '9' || length > 9) {
      return Long.MIN_VALUE;
    }
    long value = 0;
    for (int i = scanner.start(); i < scanner.end(); i++) {
      if (bytes[i] < '0' || bytes[i] > '9') {
        return Long.MIN_VALUE;
      }
      value = value * 10 + bytes[i] - '0';
    }
    return value;
  }

  private void fill(Row row) {
    for (int column = 0; column < starts.length; column++) {
      if (starts[column] >= 0) {
        text(row, column);
      }
    }
    if (!groups.isEmpty()) {
      row.set(GROUPS, groups);
    }
    if (!sourceIps.isEmpty()) {
      row.set(SOURCE_IPS, sourceIps);
    }
    if (code != Long.MIN_VALUE) {
      row.set(CODE, code);
    }
    if (stageMicros != Rfc3339.NONE) {
      row.set(Table.TIME, stageMicros);
      if (receivedMicros != Rfc3339.NONE) {
        row.set(LATENCY_MS, (stageMicros - receivedMicros) / 1000.0);
      }
    }
  }

  private void text(Row row, int column) {
    int start = starts[column];
    int end = ends[column];
    if (!escaped[column]) {
      row.set(column, bytes, start, end);
      return;
    }
    if (plain.length < end - start) {
      plain = new byte[Math.max(1024, end - start)];
    }
    row.set(column, plain, 0, JsonText.unescape(bytes, start, end, plain));
  }

  /// The fields of one object that are looked at, and what each of them is: a column, or one of the
  /// constants above.
  private static final class Fields {
    private String[] names = new String[0];
    private int[] meanings = new int[0];
    private FieldNames known = FieldNames.of();

    Fields column(String name, String column) {
      return with(name, AuditTable.TABLE.index(column));
    }

    Fields with(String name, int meaning) {
      int n = names.length;
      names = Arrays.copyOf(names, n + 1);
      meanings = Arrays.copyOf(meanings, n + 1);
      names[n] = name;
      meanings[n] = meaning;
      known = FieldNames.of(names);
      return this;
    }

    int of(JsonScanner scanner) {
      int index = scanner.name(known);
      return index < 0 ? UNKNOWN : meanings[index];
    }
  }
}
