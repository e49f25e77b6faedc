package dev.purser.lake;

import org.jspecify.annotations.Nullable;

/// How the lake is.
///
/// @param applied offset in the write-ahead log below which rows are staged or stored
/// @param committed offset below which the log is no longer needed
/// @param stagedRows rows in memory only, frozen ones included
/// @param stagedBytes about what they take
/// @param malformed records that their decoders refused since the start
/// @param commits commits since the start
/// @param failedCommits commits that did not come to their end and are tried again
/// @param lastError what the newest failed commit said; null once one succeeded
public record LakeStatus(
    long applied,
    long committed,
    long stagedRows,
    long stagedBytes,
    long malformed,
    long commits,
    long failedCommits,
    @Nullable String lastError) {}
