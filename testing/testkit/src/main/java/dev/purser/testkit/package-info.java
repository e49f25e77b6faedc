/// Clocks, fakes and contract kits shared by the tests of all modules.
@NullMarked
package dev.purser.testkit;

import org.jspecify.annotations.NullMarked;
