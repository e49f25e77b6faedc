package dev.purser.hub;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.purser.lake.ResultColumn;
import dev.purser.lake.ResultSink;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes the rows of a query as one JSON array of objects. Only a query that ended well ends the
/// array.
final class JsonRows implements ResultSink, AutoCloseable {
  private final JsonGenerator json;
  private List<String> columns = List.of();

  JsonRows(OutputStream out) throws IOException {
    this.json =
        new JsonFactory()
            .createGenerator(out)
            .disable(JsonGenerator.Feature.AUTO_CLOSE_JSON_CONTENT);
  }

  @Override
  public void columns(List<ResultColumn> result) throws IOException {
    columns = result.stream().map(ResultColumn::name).toList();
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

  /// A text as a JSON string.
  static String quoted(String text) {
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
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
      case BigInteger number -> json.writeNumber(number);
      case BigDecimal number -> json.writeNumber(number);
      case List<?> list -> {
        json.writeStartArray();
        for (Object item : list) {
          value(item);
        }
        json.writeEndArray();
      }
      case Map<?, ?> map -> {
        json.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          json.writeFieldName(String.valueOf(entry.getKey()));
          value(entry.getValue());
        }
        json.writeEndObject();
      }
      default -> json.writeString(value.toString());
    }
  }
}
