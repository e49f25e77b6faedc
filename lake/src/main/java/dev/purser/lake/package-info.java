/// Tables: staging in DuckDB, data files in Iceberg, and SQL over both.
@NullMarked
package dev.purser.lake;

import org.jspecify.annotations.NullMarked;
