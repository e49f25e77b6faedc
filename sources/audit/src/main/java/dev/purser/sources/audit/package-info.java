/// Reads the Kubernetes API server's audit log, from its file or its webhook.
@NullMarked
package dev.purser.sources.audit;

import org.jspecify.annotations.NullMarked;
