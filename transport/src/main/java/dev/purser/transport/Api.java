package dev.purser.transport;

/// The two halves of what a hub offers. Each has a token of its own, which opens nothing else.
enum Api {
  INGEST("ingest"),
  QUERY("query");

  private final String word;

  Api(String word) {
    this.word = word;
  }

  /// Its name on the wire.
  String word() {
    return word;
  }

  /// Where a hub proves to know this half's token.
  String proofPath() {
    return "/v1/proof/" + word;
  }
}
