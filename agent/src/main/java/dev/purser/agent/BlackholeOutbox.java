package dev.purser.agent;

import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Records;
import dev.purser.core.record.Stream;
import dev.purser.core.record.StreamState;
import dev.purser.core.source.Lane;
import dev.purser.core.source.Outbox;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.CRC32C;

/// Takes everything and keeps nothing but the count: for benches of sources. Configured by `output:
/// blackhole`.
public final class BlackholeOutbox implements Outbox {
  /// What came in.
  ///
  /// @param crc CRC32C of the bytes of the streams, in the order of their ids
  public record Totals(long records, long bytes, Map<String, Long> crc) {}

  private final UUID agent;
  private final boolean checksum;
  private final LongAdder records = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final Map<String, CRC32C> crcs = new ConcurrentHashMap<>();

  /// @param checksum whether to compute a CRC32C of each stream's bytes
  public BlackholeOutbox(UUID agent, boolean checksum) {
    this.agent = agent;
    this.checksum = checksum;
  }

  public Totals totals() {
    Map<String, Long> sums = new java.util.TreeMap<>();
    crcs.forEach((id, crc) -> sums.put(id, crc.getValue()));
    return new Totals(records.sum(), bytes.sum(), sums);
  }

  @Override
  public String agentId() {
    return agent.toString();
  }

  @Override
  public Map<String, StreamState> known() {
    return Map.of();
  }

  @Override
  public Lane open(Stream stream, StreamState start, Runnable wake) {
    return new Hole(start, crcs.computeIfAbsent(stream.id(), id -> new CRC32C()));
  }

  @Override
  public void flush() {}

  private final class Hole implements Lane {
    private final CRC32C crc;
    private volatile StreamState state;

    Hole(StreamState start, CRC32C crc) {
      this.state = start;
      this.crc = crc;
    }

    @Override
    public boolean send(RecordBatch batch) {
      if (!state.accepts(batch)) {
        return false;
      }
      records.add(batch.count());
      if (batch.payload() instanceof Records slab && slab.count() > 0) {
        bytes.add(slab.sizeBytes());
        if (checksum) {
          crc.update(slab.data().asSlice(0, slab.sizeBytes()).asByteBuffer());
        }
      }
      state = batch.after();
      return true;
    }

    @Override
    public StreamState state() {
      return state;
    }

    @Override
    public StreamState durable() {
      return state;
    }

    @Override
    public void close() {}
  }
}
