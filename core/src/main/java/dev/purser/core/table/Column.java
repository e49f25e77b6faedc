package dev.purser.core.table;

/// A column of a table of the lake.
///
/// @param id Iceberg field id: unique in its table, never changed, never used again
/// @param description one line for `purser tables`
public record Column(int id, String name, ColumnType type, String description) {}
