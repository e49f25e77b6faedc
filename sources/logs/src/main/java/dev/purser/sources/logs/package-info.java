/// Follows log files through rotation, truncation and compression.
@NullMarked
package dev.purser.sources.logs;

import org.jspecify.annotations.NullMarked;
