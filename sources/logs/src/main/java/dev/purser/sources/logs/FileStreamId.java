package dev.purser.sources.logs;

import java.util.Optional;

/// The id of the stream of one incarnation of a file:
/// `file/<agent>/<device>-<inode>-<birth>/<fingerprint>[.<generation>]`.
///
/// It depends on the file alone, so that two processes that find the same file give the same id,
/// and the hub's compare-and-set keeps them apart.
///
/// @param generation counts the streams of one file with the same first line: after a truncation,
///   or when a file that was taken for finished grew
record FileStreamId(String agentId, FileId file, Fingerprint fingerprint, int generation) {
  private static final String PREFIX = "file/";

  static Optional<FileStreamId> parse(String agentId, String id) {
    String prefix = PREFIX + agentId + "/";
    int slash = id.lastIndexOf('/');
    if (!id.startsWith(prefix) || slash < prefix.length()) {
      return Optional.empty();
    }
    String tail = id.substring(slash + 1);
    int dot = tail.indexOf('.');
    Optional<FileId> file = FileId.parse(id.substring(prefix.length(), slash));
    Optional<Fingerprint> fingerprint = Fingerprint.parse(dot < 0 ? tail : tail.substring(0, dot));
    try {
      int generation = dot < 0 ? 0 : Integer.parseInt(tail.substring(dot + 1));
      return file.flatMap(f -> fingerprint.map(p -> new FileStreamId(agentId, f, p, generation)));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    String id = PREFIX + agentId + "/" + file + "/" + fingerprint;
    return generation == 0 ? id : id + "." + generation;
  }
}
