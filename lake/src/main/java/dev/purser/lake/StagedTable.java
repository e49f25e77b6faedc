package dev.purser.lake;

import java.time.LocalDate;
import java.util.Set;

/// A staging table that takes no more rows, on its way into data files.
///
/// @param name in DuckDB
/// @param days the days of its rows' `ingest_time`
record StagedTable(LakeTable table, String name, long rows, Set<LocalDate> days) {}
