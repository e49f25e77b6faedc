package dev.purser.sources.events;

/// One version of an Event, as the API server sent it.
///
/// @param resourceVersion as a number
/// @param count how often the Event had happened
/// @param json the object, without white space around it
record EventVersion(String uid, long resourceVersion, int count, byte[] json) {}
