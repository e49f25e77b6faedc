package dev.purser.hub;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.purser.lake.ResultSink;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes the rows of a query as one JSON array of objects. Only a query that ended well ends the array.
final class JsonRows implements ResultSink, AutoCloseable {
  private final JsonGenerator json;
  private List<String> columns = List.of();

  JsonRows(OutputStream out) throws IOException {
    this.json =
        new JsonFactory().createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_JSON_CONTENT);
  }

  @Override
  public void columns(List<String> names) throws IOException {
    columns = List.copyOf(names);
    json.writeStartArray();
  }

  @Override
  public void row(List<@Nullable Object> values) throws IOException {
    json.writeStartObject();
    for (int i = 0; i < columns.size(); i++) {
      json.writeFieldName(columns.get(i));
      value(values.get(i));
    }
    json.writeEndObject();
  }

  void finish() throws IOException {
    json.writeEndArray();
    json.flush();
  }

  @Override
  public void close() throws IOException {
    json.close();
  }

  private void value(@Nullable Object value) throws IOException {
    switch (value) {
      case null -> json.writeNull();
      case Boolean flag -> json.writeBoolean(flag);
      case Integer number -> json.writeNumber(number);
      case Long number -> json.writeNumber(number);
      case Double number -> json.writeNumber(number);
      case List<?> list -> {
        json.writeStartArray();
        for (Object item : list) {
          value(item);
        }
        json.writeEndArray();
      }
      default -> json.writeString(value.toString());
    }
  }
}
