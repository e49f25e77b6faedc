package dev.purser.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SectionTest {
  @Test
  void tellsMappingsFromTextsAndLists() throws Exception {
    Section section = Section.parse("c", "a: { b: 1 }\nc: text\nd: [1]");
    assertThat(section.isMapping("a")).isTrue();
    assertThat(section.isMapping("c")).isFalse();
    assertThat(section.isMapping("d")).isFalse();
    assertThat(section.isMapping("e")).isFalse();
    section.finish();
    section.throwFaults("c");
  }

  @Test
  void readsValuesOfAllKinds() throws ConfigException {
    Section top =
        Section.parse("c", "a: x\nsize: 128MB\nwait: 190d\nlist: [ p, q ]\none: r\nsub: { n: 5 }");
    assertThat(top.string("a")).contains("x");
    assertThat(top.size("size")).contains(DataSize.ofMegabytes(128));
    assertThat(top.duration("wait")).contains(Duration.ofDays(190));
    assertThat(top.strings("list")).containsExactly("p", "q");
    assertThat(top.strings("one")).containsExactly("r");
    Section sub = top.section("sub");
    assertThat(sub.integer("n", 0, 10)).contains(5);
    sub.finish();
    top.finish();
    top.throwFaults("c");
  }

  @Test
  void reportsAllFaultsAtOnceWithSuggestions() throws ConfigException {
    Section top = Section.parse("c", "comitEvery: 60s\nsize: lots\nlake: [ 1 ]\nwait: 5 parsecs");
    top.duration("commitEvery");
    top.size("size");
    top.section("lake").finish();
    top.duration("wait");
    top.finish();
    assertThatThrownBy(() -> top.throwFaults("c"))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e ->
                assertThat(e.faults())
                    .containsExactlyInAnyOrder(
                        "line 2: size: expected a size such as 128MB, found \"lots\"",
                        "line 3: lake: expected a mapping, found a list",
                        "line 4: wait: expected a duration such as 500ms, 60s, 15m, 12h or 190d,"
                            + " found \"5 parsecs\"",
                        "line 1: comitEvery: unknown key; did you mean commitEvery?"));
  }

  @Test
  void namesTheLineOfWhatIsNoYaml() {
    for (String bad : List.of("x: 1\na: [", "x: 1\na: b: c", "x: 1\n---\ny: 2", "x: 1\n\t- y")) {
      assertThatThrownBy(() -> Section.parse("the.yaml", bad))
          .isInstanceOf(ConfigException.class)
          .hasMessageStartingWith("the.yaml: line 2: no YAML: ");
    }
  }

  @Test
  void refusesWhatIsNoMappingOrTooDeep() {
    for (String bad : List.of("- 1", "text", "[".repeat(10_000), "a: \u0001")) {
      assertThatThrownBy(() -> Section.parse("the.yaml", bad))
          .isInstanceOf(ConfigException.class)
          .hasMessageStartingWith("the.yaml: ");
    }
  }

  @Test
  void reportsKeysThatStandTwiceAndKeysThatAreNoText() throws ConfigException {
    Section top = Section.parse("c", "a: 1\na: 2\nsub:\n  b: x\n  b: x\n  [c]: d");
    assertThat(top.string("a")).contains("1");
    assertThat(top.section("sub").string("b")).contains("x");
    assertThatThrownBy(() -> top.throwFaults("c"))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e ->
                assertThat(e.faults())
                    .containsExactly(
                        "line 2: a: stands twice in one mapping",
                        "line 5: sub.b: stands twice in one mapping",
                        "line 6: sub: expected a text as a key"));
  }

  @Test
  void followsAnchorsAndTakesTextsAsTheyAreWritten() throws ConfigException {
    Section top =
        Section.parse("c", "a: &x { b: 0x10 }\nc: *x\nd: 010\ne: ''\nf: ~\ng:\nh: yes\ni: 'null'");
    assertThat(top.section("c").string("b")).contains("0x10");
    assertThat(top.string("d")).contains("010");
    assertThat(top.string("e")).contains("");
    assertThat(top.has("f")).isFalse();
    assertThat(top.has("g")).isFalse();
    assertThat(top.string("h")).contains("yes");
    assertThat(top.string("i")).contains("null");
  }

  @Test
  void takesAnEmptyFileForAnEmptyMapping() throws ConfigException {
    for (String empty : List.of("", "# only a comment\n", "---\n")) {
      Section top = Section.parse("c", empty);
      assertThat(top.has("a")).isFalse();
      top.finish();
      top.throwFaults("c");
    }
  }

  @Test
  void whatIsTooLongForAConfigIsNotParsed() {
    assertThatThrownBy(() -> Section.parse("c.yaml", "a".repeat(1_000_001)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("longer than 1000000 characters");
  }
}
