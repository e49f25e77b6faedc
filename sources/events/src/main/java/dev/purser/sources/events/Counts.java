package dev.purser.sources.events;

import java.util.HashMap;
import java.util.Map;

/// How often each living Event had happened when it was last delivered: what shows, after a watch
/// was lost, how many versions nobody saw. A cache: without it a loss is of unknown size.
final class Counts {
  private static final int MAX_EVENTS = 100_000;

  private final Map<String, Integer> byUid = new HashMap<>();
  private boolean complete;

  /// @param complete whether every Event that it will not know is one that did not exist
  Counts(boolean complete) {
    this.complete = complete;
  }

  /// An Event as it was delivered. Past [#MAX_EVENTS] new ones are not kept.
  void delivered(EventVersion version) {
    if (byUid.size() < MAX_EVENTS || byUid.containsKey(version.uid())) {
      byUid.put(version.uid(), version.count());
    } else {
      complete = false;
    }
  }

  void deleted(String uid) {
    byUid.remove(uid);
  }

  /// How many versions lie between the last one delivered and `version`, where that can be known;
  /// else 0.
  long missedBefore(EventVersion version) {
    Integer known = byUid.get(version.uid());
    if (known == null) {
      return complete ? version.count() - 1 : 0;
    }
    return Math.max(0, version.count() - known - 1);
  }
}
