package dev.purser.sources.events;

import dev.purser.core.table.MalformedRecordException;
import dev.purser.kubernetes.ApiServer;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;

/// One list of all Events of a cluster, in rising order of their versions. Lists come in the order
/// of names; so that one number tells how far delivery has come, they are sorted here. Where they
/// do not fit into `budgetBytes`, the lowest versions are kept, and the same list is read again for
/// those behind them.
final class Listing {
  private static final String EXACT = "&resourceVersionMatch=Exact&resourceVersion=";

  private final EventsApi api;
  private final EventPages pages = new EventPages();
  private final long budgetBytes;

  /// @param version of the list: what it shows is the state at this version
  /// @param rising the versions above the one asked for
  /// @param whole whether these are all
  record Part(long version, List<EventVersion> rising, boolean whole) {}

  Listing(EventsApi api, long budgetBytes) {
    this.api = api;
    this.budgetBytes = budgetBytes;
  }

  /// Reads a list.
  ///
  /// @param at the version that the list must have; 0 for the newest
  /// @param above versions up to this one are left out
  /// @param others is given those
  /// @throws ApiException expired, when it is compacted while it is read
  Part read(long at, long above, Consumer<EventVersion> others)
      throws IOException, InterruptedException {
    Kept kept = new Kept(above, others);
    long version = read(at == 0 ? "" : EXACT + at, false, kept);
    return new Part(version, kept.rising(), kept.whole());
  }

  /// How far a cluster is.
  ///
  /// @param listVersion of the list
  /// @param itemVersion the highest of an Event in it; 0 if it is empty
  record Newest(long listVersion, long itemVersion) {}

  /// Reads the list without what its Events say.
  Newest newest() throws IOException, InterruptedException {
    long[] highest = new long[1];
    long version =
        read("", true, item -> highest[0] = Math.max(highest[0], item.resourceVersion()));
    return new Newest(version, highest[0]);
  }

  /// Reads all pages.
  ///
  /// @return the list's version
  private long read(String selector, boolean metadataOnly, Consumer<EventVersion> items)
      throws IOException, InterruptedException {
    String page = selector;
    while (true) {
      byte[] json = api.list(page, metadataOnly);
      EventPages.Page read;
      try {
        read = pages.read(json, items);
      } catch (MalformedRecordException e) {
        throw ApiServer.unreadable("the list of Events", e);
      }
      if (read.next().isEmpty()) {
        return read.resourceVersion();
      }
      page = "&continue=" + URLEncoder.encode(read.next(), StandardCharsets.UTF_8);
    }
  }

  /// The lowest versions that fit.
  private final class Kept implements Consumer<EventVersion> {
    private final PriorityQueue<EventVersion> highestFirst =
        new PriorityQueue<>(Comparator.comparingLong(EventVersion::resourceVersion).reversed());
    private final long above;
    private final Consumer<EventVersion> others;
    private long below = Long.MAX_VALUE;
    private long size;

    Kept(long above, Consumer<EventVersion> others) {
      this.above = above;
      this.others = others;
    }

    @Override
    public void accept(EventVersion item) {
      if (item.resourceVersion() <= above) {
        others.accept(item);
        return;
      }
      if (item.resourceVersion() >= below) {
        return;
      }
      highestFirst.add(item);
      size += item.json().length;
      while (size > budgetBytes && highestFirst.size() > 1) {
        EventVersion highest = highestFirst.remove();
        size -= highest.json().length;
        below = highest.resourceVersion();
      }
    }

    boolean whole() {
      return below == Long.MAX_VALUE;
    }

    List<EventVersion> rising() {
      List<EventVersion> rising = new ArrayList<>(highestFirst);
      rising.sort(Comparator.comparingLong(EventVersion::resourceVersion));
      return rising;
    }
  }
}
