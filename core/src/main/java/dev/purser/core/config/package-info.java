/// The config file: strict, and all its faults at once.
@NullMarked
package dev.purser.core.config;

import org.jspecify.annotations.NullMarked;
