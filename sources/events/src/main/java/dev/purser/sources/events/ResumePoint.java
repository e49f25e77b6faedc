package dev.purser.sources.events;

import dev.purser.core.record.Position;

/// How far the Events of a cluster are delivered, as it stands in a [Position].
///
/// resourceVersions of one cluster's Events are the revisions of one etcd: integers that rise with
/// each write. Versions are always delivered in rising order, also from a list; so one number says
/// it all: what is at or below it was delivered, what is above it was not.
///
/// Forms: empty (nothing yet), `1234` (a watch can go on from here), `1234<1000` (in the middle of
/// a list that follows on a watch that was lost at 1000), `1234<` (in the middle of the first
/// list).
///
/// @param delivered every version known up to this one was delivered
/// @param lostAt where the watch was lost if a list is under way; 0 if that is the first list;
///   [#NO_LIST] if none is
record ResumePoint(long delivered, long lostAt) {
  static final long NO_LIST = -1;
  static final ResumePoint START = new ResumePoint(0, 0);

  /// @throws IllegalArgumentException when `position` is none of these forms
  static ResumePoint parse(Position position) {
    String token = position.token();
    if (token.isEmpty()) {
      return START;
    }
    int mark = token.indexOf('<');
    if (mark < 0) {
      return new ResumePoint(version(token), NO_LIST);
    }
    String lostAt = token.substring(mark + 1);
    return new ResumePoint(
        version(token.substring(0, mark)), lostAt.isEmpty() ? 0 : version(lostAt));
  }

  Position position() {
    if (equals(START)) {
      return Position.START;
    }
    if (lostAt == NO_LIST) {
      return new Position(Long.toString(delivered));
    }
    return new Position(delivered + "<" + (lostAt == 0 ? "" : lostAt));
  }

  boolean needsList() {
    return lostAt != NO_LIST;
  }

  /// The watch cannot go on from here.
  ResumePoint lost() {
    return needsList() ? this : new ResumePoint(delivered, delivered);
  }

  /// One more version was delivered.
  ResumePoint delivered(long version) {
    return new ResumePoint(Math.max(delivered, version), lostAt);
  }

  private static long version(String text) {
    long version = Long.parseLong(text);
    if (version < 0) {
      throw new NumberFormatException("resourceVersion " + version);
    }
    return version;
  }
}
