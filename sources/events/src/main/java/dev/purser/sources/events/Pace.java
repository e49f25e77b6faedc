package dev.purser.sources.events;

import java.time.Duration;

/// How patient a watch is.
///
/// @param linger how long a version may wait for others to fill its batch
/// @param bookmark how often at most a position is sent that brings no record
/// @param quiet after which time without a line the server is asked how far it is. Kept far below
///   the five minutes after which an API server has etcd forget old versions: the Events of a quiet
///   cluster would else be forgotten, as its watch sends no bookmarks
/// @param firstBackoff how long to wait after the first failure
/// @param mostBackoff how long at most
/// @param answer how long an answer may take
record Pace(
    Duration linger,
    Duration bookmark,
    Duration quiet,
    Duration firstBackoff,
    Duration mostBackoff,
    Duration answer) {
  static final Pace NORMAL =
      new Pace(
          Duration.ofMillis(100),
          Duration.ofMinutes(1),
          Duration.ofMinutes(2),
          Duration.ofMillis(500),
          Duration.ofSeconds(30),
          Duration.ofSeconds(30));
}
