package dev.purser.transport;

import java.util.regex.Pattern;

/// The form of an agent's id on the wire: a UUID in lower case.
final class AgentIds {
  static final String EXPECTED = "an agent id is a UUID in lower case";

  private static final Pattern FORM =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  private AgentIds() {}

  static boolean isValid(String id) {
    return FORM.matcher(id).matches();
  }
}
