package dev.purser.core.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonTreeTest {
  @Test
  void readsValuesOfAllKinds() throws IOException {
    JsonTree tree =
        JsonTree.read("{\"a\":{\"b\":[1,\"two\",true,null]},\"c\":-7,\"d\":\"\\u00e4\\n\"}");
    assertThat(tree.path("a").path("b").items())
        .extracting(JsonTree::text)
        .containsExactly("1", "two", "true", "");
    assertThat(tree.path("c").number()).isEqualTo(-7);
    assertThat(tree.path("d").text()).isEqualTo("ä\n");
    assertThat(tree.fields().keySet()).containsExactly("a", "c", "d");
  }

  @Test
  void whatIsNotThereOrOfAnotherKindIsEmpty() throws IOException {
    JsonTree tree = JsonTree.read("{\"a\":[1],\"b\":\"x\",\"c\":99999999999999999999,\"d\":null}");
    assertThat(tree.path("no").path("such").text()).isEmpty();
    assertThat(tree.path("a").text()).isEmpty();
    assertThat(tree.path("a").path("b")).isEqualTo(JsonTree.MISSING);
    assertThat(tree.path("b").items()).isEmpty();
    assertThat(tree.path("b").number()).isZero();
    assertThat(tree.path("c").number()).isZero();
    assertThat(tree.path("d").fields()).isEmpty();
    assertThat(JsonTree.read("")).isEqualTo(JsonTree.MISSING);
  }

  @Test
  void readsValuesThatFollowOneAnother() throws IOException {
    try (JsonParser parser = JsonTree.FORMAT.createParser("{\"n\":1}\n{\"n\":2} 3")) {
      assertThat(JsonTree.next(parser).orElseThrow().path("n").number()).isEqualTo(1);
      assertThat(JsonTree.next(parser).orElseThrow().path("n").number()).isEqualTo(2);
      assertThat(JsonTree.next(parser).orElseThrow().number()).isEqualTo(3);
      assertThat(JsonTree.next(parser)).isEmpty();
    }
  }

  @Test
  void refusesWhatIsNoJson() {
    List<String> bad =
        List.of("{", "{\"a\":", "[1,", "[1", "{\"a\" 1}", "nope", "]", "[".repeat(100_000));
    for (String each : bad) {
      assertThatThrownBy(() -> JsonTree.read(each)).isInstanceOf(IOException.class);
    }
  }
}
