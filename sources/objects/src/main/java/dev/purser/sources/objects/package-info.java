/// Knows the objects of clusters that records are about.
@NullMarked
package dev.purser.sources.objects;

import org.jspecify.annotations.NullMarked;
