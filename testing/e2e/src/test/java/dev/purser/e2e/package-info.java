/// Tests of the whole program, run as an operator runs it.
@NullMarked
package dev.purser.e2e;

import org.jspecify.annotations.NullMarked;
