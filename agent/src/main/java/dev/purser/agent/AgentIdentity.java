package dev.purser.agent;

import dev.purser.core.disk.Disk;
import dev.purser.core.disk.HostRoot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/// Who this agent is: a UUID that follows from the machine id, so that it is the same again when
/// the data directory was lost. Only where the machine has no id is one drawn, and kept in the data
/// directory.
public final class AgentIdentity {
  private static final List<String> MACHINE_IDS =
      List.of("/etc/machine-id", "/var/lib/dbus/machine-id");
  private static final String FILE = "agent-id";

  private AgentIdentity() {}

  public static UUID load(Disk disk, HostRoot host, Path data) throws IOException {
    Optional<String> machine = machineId(host);
    if (machine.isPresent()) {
      return UUID.nameUUIDFromBytes(
          ("purser-agent:" + machine.get()).getBytes(StandardCharsets.UTF_8));
    }
    Path file = data.resolve(FILE);
    if (Files.exists(file)) {
      String text = Files.readString(file).strip();
      try {
        return UUID.fromString(text);
      } catch (IllegalArgumentException e) {
        throw new IOException(
            file + " holds no UUID: restore it, or delete it to read all files anew", e);
      }
    }
    UUID drawn = UUID.randomUUID();
    disk.createDirectories(data);
    Path part = data.resolve(FILE + ".part");
    Files.writeString(
        part,
        drawn + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING,
        StandardOpenOption.WRITE);
    disk.force(part);
    disk.rename(part, file);
    disk.forceDirectory(data);
    return drawn;
  }

  private static Optional<String> machineId(HostRoot host) throws IOException {
    for (String name : MACHINE_IDS) {
      Path file = host.at(Path.of(name));
      if (Files.isReadable(file)) {
        String id = Files.readString(file).strip().toLowerCase(Locale.ROOT);
        if (id.matches("[0-9a-f]{32}")) {
          return Optional.of(id);
        }
      }
    }
    return Optional.empty();
  }
}
