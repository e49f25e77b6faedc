package dev.purser.hub;

import java.time.Instant;

/// What an agent last told of itself.
///
/// @param json as sent
public record AgentReport(Instant at, String json) {}
