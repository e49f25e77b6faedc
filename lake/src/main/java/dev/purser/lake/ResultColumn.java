package dev.purser.lake;

/// A column of an answer.
///
/// @param type DuckDB's name of its type, for example `VARCHAR` or `TIMESTAMP WITH TIME ZONE`
public record ResultColumn(String name, String type) {}
