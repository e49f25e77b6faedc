/// What is known of the Kubernetes objects that records are about.
@NullMarked
package dev.purser.core.objects;

import org.jspecify.annotations.NullMarked;
