/// Benchmarks whose results are ratios of two variants measured in one run.
@NullMarked
package dev.purser.bench;

import org.jspecify.annotations.NullMarked;
