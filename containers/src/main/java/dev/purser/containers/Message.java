package dev.purser.containers;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A protobuf message by its field numbers. Few fields of few messages are read here, once for each
/// container: generated classes would be a thousand times the code.
final class Message {
  static final Message EMPTY = new Message(Map.of());

  private final Map<Integer, List<Object>> fields;

  private Message(Map<Integer, List<Object>> fields) {
    this.fields = fields;
  }

  /// @throws IOException when the bytes are no message
  static Message parse(CodedInputStream in) throws IOException {
    Map<Integer, List<Object>> fields = new HashMap<>();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagWireType(tag)) {
        case WireFormat.WIRETYPE_VARINT -> add(fields, tag, in.readUInt64());
        case WireFormat.WIRETYPE_LENGTH_DELIMITED -> add(fields, tag, in.readBytes());
        default -> in.skipField(tag);
      }
    }
    return new Message(fields);
  }

  /// A field that stands once; the last counts. Empty when it is not there.
  String string(int field) {
    return last(field) instanceof ByteString bytes ? bytes.toStringUtf8() : "";
  }

  /// A field that may stand often.
  List<String> strings(int field) {
    List<String> strings = new ArrayList<>();
    for (Object value : fields.getOrDefault(field, List.of())) {
      if (value instanceof ByteString bytes) {
        strings.add(bytes.toStringUtf8());
      }
    }
    return strings;
  }

  /// 0 when the field is not there.
  long number(int field) {
    return last(field) instanceof Long number ? number : 0;
  }

  /// Empty when the field is not there.
  Message message(int field) throws IOException {
    List<Message> all = messages(field);
    return all.isEmpty() ? EMPTY : all.getLast();
  }

  List<Message> messages(int field) throws IOException {
    List<Message> messages = new ArrayList<>();
    for (Object value : fields.getOrDefault(field, List.of())) {
      if (value instanceof ByteString bytes) {
        messages.add(parse(bytes.newCodedInput()));
      }
    }
    return messages;
  }

  /// A field `map<string, string>`.
  Map<String, String> map(int field) throws IOException {
    Map<String, String> map = new TreeMap<>();
    for (Message entry : messages(field)) {
      map.put(entry.string(1), entry.string(2));
    }
    return map;
  }

  private @Nullable Object last(int field) {
    List<Object> values = fields.get(field);
    return values == null ? null : values.getLast();
  }

  private static void add(Map<Integer, List<Object>> fields, int tag, Object value) {
    fields.computeIfAbsent(WireFormat.getTagFieldNumber(tag), _ -> new ArrayList<>(1)).add(value);
  }

  /// Writes a message, field by field.
  static final class Writer {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);

    Writer string(int field, String value) {
      return write(() -> out.writeString(field, value));
    }

    Writer flag(int field) {
      return write(() -> out.writeBool(field, true));
    }

    byte[] bytes() {
      write(out::flush);
      return bytes.toByteArray();
    }

    private Writer write(Write write) {
      try {
        write.run();
        return this;
      } catch (IOException e) {
        throw new UncheckedIOException("writing to memory failed", e);
      }
    }

    private interface Write {
      void run() throws IOException;
    }
  }
}
