package dev.purser.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Plays the API server's part as it is documented: lists in pages in the order of names, at the
/// newest or an exact version; watches from a version; forgets old versions; and fails in the ways
/// that real ones do. It serves Events, and what [#serve] adds.
public final class FakeApiServer implements AutoCloseable {
  /// What happens to the next watch, once.
  public enum Fault {
    /// HTTP 410.
    GONE,
    /// HTTP 200, no body.
    EMPTY,
    /// HTTP 500.
    ERROR,
    /// What is at hand, then the connection is closed in order.
    CLOSE,
    /// What is at hand but for half a line, then the connection is closed in order.
    HALF_LINE,
    /// What is at hand but for half a line, then the connection breaks.
    CUT,
    /// A line that is no JSON.
    GARBAGE,
    /// An ERROR object with code 500.
    STREAM_ERROR,
    /// Stays open and says nothing, whatever happens.
    SILENT
  }

  private record Change(long version, String type, String json) {}

  private record Item(String name, long version, int count, String json) {}

  /// The objects of one path.
  private static final class Collection {
    private final TreeMap<String, Item> items = new TreeMap<>();
    private final List<Change> log = new ArrayList<>();
    private final Map<Long, List<Item>> exact = new HashMap<>();
    private final Deque<Fault> faults = new ArrayDeque<>();
    private boolean forbidden;
    private int watches;

    private boolean hasNews(long last, int seen) {
      return log.stream().anyMatch(c -> c.version > last && !c.type.equals("BOOKMARK"))
          || log.stream().filter(c -> c.type.equals("BOOKMARK")).count() > seen;
    }
  }

  private static final String EVENTS = "/api/v1/events";
  private static final int PAGE = 3;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Collection events = new Collection();
  private final Map<String, Collection> collections = new HashMap<>(Map.of(EVENTS, events));
  private final List<String> requests = new ArrayList<>();
  private String clusterId = "c1";
  private long version = 100;
  private long forgotten;

  /// How many are open, by the number of cuts before.
  private final TreeMap<Integer, Integer> watches = new TreeMap<>();

  private int watchesMade;
  private int cuts;
  private boolean closed;
  private boolean down;
  private int refused;
  private @Nullable Fault listFault;
  private Runnable onList = () -> {};

  public FakeApiServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /// Writes a kubeconfig for this server.
  public Path kubeconfig(Path directory) throws IOException {
    return Files.writeString(
        directory.resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        current-context: fake
        contexts: [ { name: fake, context: { cluster: fake, user: me } } ]
        clusters: [ { name: fake, cluster: { server: "http://127.0.0.1:%d" } } ]
        users: [ { name: me, user: { token: secret } } ]
        """
            .formatted(server.getAddress().getPort()));
  }

  /// Serves further collections, empty at first.
  ///
  /// @param paths such as `/apis/batch/v1/jobs`
  public synchronized void serve(String... paths) {
    for (String path : paths) {
      collections.put(path, new Collection());
    }
  }

  /// Creates an object, or replaces it.
  ///
  /// @param metadata of it, as JSON in braces, without its resourceVersion
  public synchronized void put(String path, String name, String metadata) {
    Collection collection = collection(path);
    version++;
    String json =
        "{\"metadata\":{\"resourceVersion\":\"%d\",%s}".formatted(version, metadata.substring(1));
    Item before = collection.items.put(name, new Item(name, version, 1, json));
    change(collection, before == null ? "ADDED" : "MODIFIED", json);
  }

  /// Deletes an object.
  public synchronized void remove(String path, String name) {
    Collection collection = collection(path);
    Item before = collection.items.remove(name);
    if (before == null) {
      throw new IllegalArgumentException(name);
    }
    version++;
    change(
        collection,
        "DELETED",
        before.json.replace(
            "\"resourceVersion\":\"" + before.version + "\"",
            "\"resourceVersion\":\"" + version + "\""));
  }

  /// Whether its user may list and watch a collection; at first it may all.
  public synchronized void forbid(String path, boolean forbidden) {
    collection(path).forbidden = forbidden;
  }

  /// Creates an Event, or raises its count; returns its JSON as it is then.
  public synchronized String happen(String uid) {
    Item before = events.items.get(uid);
    Item item = event(uid, ++version, before == null ? 1 : before.count + 1);
    events.items.put(uid, item);
    change(events, before == null ? "ADDED" : "MODIFIED", item.json);
    return item.json;
  }

  /// Lets an Event expire.
  public synchronized void expire(String uid) {
    Item before = events.items.remove(uid);
    if (before == null) {
      throw new IllegalArgumentException(uid);
    }
    change(events, "DELETED", event(uid, ++version, before.count).json);
  }

  public synchronized void bookmark() {
    change(
        events,
        "BOOKMARK",
        "{\"kind\":\"Event\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\""
            + version
            + "\"}}");
  }

  /// Other objects are written: versions go on.
  public synchronized void elsewhere(int writes) {
    version += writes;
  }

  /// All versions up to now are forgotten.
  public synchronized void compact() {
    forgotten = version;
    for (Collection collection : collections.values()) {
      collection.log.clear();
      collection.exact.clear();
    }
  }

  /// What happens to the next watches of Events.
  public void next(Fault... next) {
    next(EVENTS, next);
  }

  /// What happens to the next watches of a collection.
  public synchronized void next(String path, Fault... next) {
    collection(path).faults.addAll(Arrays.asList(next));
  }

  /// What happens to all lists, until null.
  public synchronized void lists(@Nullable Fault fault) {
    listFault = fault;
  }

  /// Runs within the next list, in front of its second page.
  public synchronized void onList(Runnable action) {
    onList = action;
  }

  /// Answers nothing but 503 from now on, and ends the watches that are open; returns when that was
  /// noticed.
  public synchronized void goDown() {
    down = true;
    refused = 0;
    cut();
    await(() -> refused > 0);
  }

  public synchronized void comeUp() {
    down = false;
  }

  /// Ends the watches that are open now.
  public synchronized void cut() {
    cuts++;
    notifyAll();
    await(() -> watches.isEmpty() || watches.firstKey() >= cuts);
  }

  /// The cluster is built anew at the same address.
  public synchronized void rebuild(String id) {
    clusterId = id;
    events.items.clear();
    events.log.clear();
    version = 10;
    forgotten = 0;
  }

  /// Its database is restored from a backup: versions go back.
  public synchronized void restore(long toVersion) {
    events.items.values().removeIf(item -> item.version > toVersion);
    events.log.clear();
    version = toVersion;
  }

  public synchronized long version() {
    return version;
  }

  /// Waits until one more watch was asked for than `count`.
  public synchronized void awaitWatches(int count) {
    await(() -> watchesMade >= count);
  }

  /// Waits until a collection is being watched.
  public synchronized void awaitWatch(String path) {
    await(() -> collection(path).watches > 0);
  }

  public synchronized int watchesMade() {
    return watchesMade;
  }

  public synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    server.stop(0);
    threads.shutdownNow();
  }

  private synchronized void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      try {
        wait();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Map<String, String> query = new HashMap<>();
      String raw = exchange.getRequestURI().getQuery();
      if (raw != null) {
        for (String pair : raw.split("&", -1)) {
          query.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
        }
      }
      boolean unavailable;
      synchronized (this) {
        requests.add(exchange.getRequestURI().toString());
        unavailable = down;
        refused += down ? 1 : 0;
        notifyAll();
      }
      String path = exchange.getRequestURI().getPath();
      if (unavailable) {
        answer(exchange, 503, status(503, "apiserver is shutting down"));
      } else if (!"Bearer secret".equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
        answer(exchange, 401, status(401, "Unauthorized"));
      } else if (path.equals("/api/v1/namespaces/kube-system")) {
        answer(exchange, 200, "{\"metadata\":{\"name\":\"kube-system\",\"uid\":\"" + id() + "\"}}");
      } else if (path.equals("/version")) {
        answer(exchange, 200, "{}");
      } else {
        serve(exchange, path, query);
      }
    }
  }

  private void serve(HttpExchange exchange, String path, Map<String, String> query)
      throws IOException {
    Collection collection;
    boolean forbidden;
    synchronized (this) {
      collection = collections.get(path);
      forbidden = collection != null && collection.forbidden;
    }
    if (collection == null) {
      answer(exchange, 404, status(404, "not found"));
    } else if (forbidden) {
      answer(exchange, 403, status(403, "User me cannot list resource"));
    } else if (query.containsKey("watch")) {
      watch(exchange, collection, Long.parseLong(query.get("resourceVersion")));
    } else {
      list(exchange, collection, query);
    }
  }

  private Collection collection(String path) {
    Collection found = collections.get(path);
    if (found == null) {
      throw new IllegalArgumentException(path);
    }
    return found;
  }

  private void change(Collection collection, String type, String json) {
    collection.log.add(new Change(version, type, json));
    notifyAll();
  }

  private synchronized String id() {
    return clusterId;
  }

  private void list(HttpExchange exchange, Collection collection, Map<String, String> query)
      throws IOException {
    int code = 200;
    String body;
    if (query.containsKey("continue")) {
      takeOnList().run();
    }
    synchronized (this) {
      String from = "";
      long at = version;
      if (query.containsKey("continue")) {
        String[] token = query.get("continue").split("/", -1);
        at = Long.parseLong(token[0]);
        from = token[1];
      } else if (query.containsKey("resourceVersion")) {
        at = Long.parseLong(query.get("resourceVersion"));
      } else {
        collection.exact.put(version, List.copyOf(collection.items.values()));
      }
      if (listFault != null) {
        code = 500;
        body = status(500, "etcdserver: no leader");
      } else if (at < forgotten) {
        code = 410;
        body = status(410, "The provided resource version is too old");
      } else {
        List<Item> state = collection.exact.getOrDefault(at, List.of());
        int limit = Math.min(PAGE, Integer.parseInt(query.get("limit")));
        List<String> page = new ArrayList<>();
        String next = "";
        for (Item item : state) {
          if (item.name.compareTo(from) <= 0) {
            continue;
          }
          if (page.size() == limit) {
            next = ",\"continue\":\"" + at + "/" + from + "\"";
            break;
          }
          page.add(item.json);
          from = item.name;
        }
        body =
            "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\""
                + at
                + "\""
                + next
                + "},\"items\":["
                + String.join(",", page)
                + "]}";
      }
    }
    answer(exchange, code, body);
  }

  private synchronized Runnable takeOnList() {
    Runnable action = onList;
    onList = () -> {};
    return action;
  }

  private void watch(HttpExchange exchange, Collection collection, long from) throws IOException {
    Fault fault;
    int born;
    synchronized (this) {
      fault = collection.faults.poll();
      born = cuts;
      watches.merge(born, 1, Integer::sum);
      collection.watches++;
      watchesMade++;
      notifyAll();
    }
    try {
      play(exchange, collection, from, fault, born);
    } finally {
      synchronized (this) {
        watches.compute(born, (_, open) -> open == null || open == 1 ? null : open - 1);
        collection.watches--;
        notifyAll();
      }
    }
  }

  private void play(
      HttpExchange exchange, Collection collection, long from, @Nullable Fault fault, int born)
      throws IOException {
    if (fault == Fault.GONE) {
      answer(exchange, 410, status(410, "too old resource version"));
      return;
    }
    if (fault == Fault.ERROR) {
      answer(exchange, 500, status(500, "etcdserver: leader changed"));
      return;
    }
    exchange.sendResponseHeaders(200, 0);
    OutputStream out = exchange.getResponseBody();
    if (fault == Fault.EMPTY) {
      return;
    }
    out.flush();
    if (fault == Fault.GARBAGE) {
      out.write("<html>502 Bad Gateway</html>\n".getBytes(StandardCharsets.UTF_8));
      return;
    }
    if (fault == Fault.STREAM_ERROR) {
      write(out, "ERROR", status(500, "etcdserver: no leader"));
      return;
    }
    long sent = from;
    int bookmarks = 0;
    while (true) {
      List<Change> news = new ArrayList<>();
      boolean tooOld;
      synchronized (this) {
        tooOld = sent < forgotten;
        for (Change change : collection.log) {
          if (change.version > sent || change.type.equals("BOOKMARK")) {
            news.add(change);
          }
        }
      }
      if (tooOld) {
        write(out, "ERROR", status(410, "The resourceVersion for the provided watch is too old."));
        return;
      }
      int skip = bookmarks;
      for (Change change : news) {
        if (change.type.equals("BOOKMARK")) {
          if (skip-- > 0) {
            continue;
          }
          bookmarks++;
        }
        if (fault != Fault.SILENT) {
          if ((fault == Fault.HALF_LINE || fault == Fault.CUT) && change.equals(news.getLast())) {
            String line = line(change.type, change.json);
            out.write(line.substring(0, line.length() / 2).getBytes(StandardCharsets.UTF_8));
          } else {
            write(out, change.type, change.json);
          }
        }
        sent = Math.max(sent, change.version);
      }
      if (fault == Fault.CUT) {
        out.flush();
        throw new IOException("cut");
      }
      if (fault == Fault.CLOSE || fault == Fault.HALF_LINE) {
        return;
      }
      synchronized (this) {
        long last = sent;
        int seen = bookmarks;
        await(() -> cuts > born || closed || collection.hasNews(last, seen));
        if (cuts > born || closed) {
          return;
        }
      }
    }
  }

  private static void write(OutputStream out, String type, String json) throws IOException {
    out.write(line(type, json).getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static String line(String type, String json) {
    return "{\"type\":\"" + type + "\",\"object\":" + json + "}\n";
  }

  private static void answer(HttpExchange exchange, int code, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static Item event(String uid, long version, int count) {
    return new Item(
        uid,
        version,
        count,
        "{\"metadata\":{\"name\":\"%s\",\"uid\":\"%s\",\"resourceVersion\":\"%d\"},\"count\":%d}"
            .formatted(uid, uid, version, count));
  }

  private static String status(int code, String message) {
    return "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\""
        + message
        + "\",\"code\":"
        + code
        + "}";
  }
}
