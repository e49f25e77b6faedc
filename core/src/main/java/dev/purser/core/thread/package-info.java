/// What the JDK's threads lack here.
@NullMarked
package dev.purser.core.thread;

import org.jspecify.annotations.NullMarked;
