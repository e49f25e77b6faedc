package dev.purser.lake;

/// How a query ended.
///
/// @param rows how many the sink got
/// @param truncated whether there are more than the limit
/// @param files data files that were read or skipped by their statistics; others were known to hold
///   nothing
public record QueryResult(long rows, boolean truncated, int files) {}
