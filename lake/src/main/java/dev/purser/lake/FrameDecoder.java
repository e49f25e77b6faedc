package dev.purser.lake;

import dev.purser.core.record.Gap;
import dev.purser.core.record.Position;
import dev.purser.core.record.RecordBatch;
import dev.purser.core.record.Records;
import dev.purser.core.record.Stream;
import dev.purser.core.table.Decoder;
import dev.purser.core.table.Gaps;
import dev.purser.core.table.MalformedRecordException;
import dev.purser.core.table.Table;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Turns batches into rows. A record that has no row of its own table has one in `gaps`: nothing
/// stops it. Used by the thread that applies frames, but for [#prepare] under the staging lock.
final class FrameDecoder {
  private static final Logger LOG = LoggerFactory.getLogger(FrameDecoder.class);

  private static final byte[] NOTHING = {};
  private static final RecordBatch NO_BATCH =
      new RecordBatch(
          new Stream("none", "none", Map.of()),
          0,
          Position.START,
          Position.START,
          Records.none(0),
          false);

  private record Target(Decoder decoder, int table) {}

  private final Staging staging;
  private final int gaps;
  private final Map<String, Target> targets = new HashMap<>();
  private final Set<String> reported = new HashSet<>();
  private long malformed;

  /// Of the batch being decoded.
  private RecordBatch batch = NO_BATCH;

  private long ingestTimeMicros;
  private long timeMicros;
  private boolean[] wanted = {};
  private byte[] bytes = NOTHING;

  FrameDecoder(Staging staging, List<Table> tables, List<Decoder> decoders) {
    this.staging = staging;
    this.gaps = tables.indexOf(Gaps.TABLE);
    for (Decoder decoder : decoders) {
      targets.put(decoder.kind(), new Target(decoder, tables.indexOf(decoder.table())));
    }
  }

  long malformed() {
    return malformed;
  }

  /// Before [#decode], without the staging lock: decoders may wait here.
  void prepare(List<RecordBatch> batches, long ingestTime) throws InterruptedException {
    for (RecordBatch next : batches) {
      Target target = targets.get(next.stream().kind());
      if (target != null && next.payload() instanceof Records) {
        try {
          target.decoder.prepare(next.stream(), ingestTime);
        } catch (RuntimeException e) {
          failed(next.stream().kind(), e);
        }
      }
    }
  }

  /// @param lacking which tables lack the rows of this frame
  void decode(RecordBatch next, long ingestTime, boolean[] lacking) {
    batch = next;
    ingestTimeMicros = ingestTime;
    wanted = lacking;
    switch (next.payload()) {
      case Gap gap -> gap(gap);
      case Records records -> records(records);
    }
  }

  private void records(Records records) {
    Target target = targets.get(batch.stream().kind());
    if (records.count() == 0 || !(wanted[gaps] || (target != null && wanted[target.table]))) {
      return;
    }
    MemorySegment data = records.data();
    int base = 0;
    if (data.heapBase().orElse(null) instanceof byte[] array) {
      bytes = array;
      base = Math.toIntExact(data.address());
    } else {
      bytes = data.asSlice(0, records.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
    }
    timeMicros = records.readTimeMicros();
    for (int i = 0; i < records.count(); i++) {
      record(batch.firstSeq() + i, base + records.start(i), base + records.end(i), target);
    }
    bytes = NOTHING;
  }

  private void record(long seq, int from, int to, @Nullable Target target) {
    if (target == null) {
      malformed(seq, from, to, "no decoder for kind " + SqlGuard.quoted(batch.stream().kind()));
      return;
    }
    RowBuffer buffer = staging.buffer(target.table);
    begin(buffer, seq, from, to);
    try {
      target.decoder.decode(batch.stream(), bytes, from, to, buffer);
    } catch (MalformedRecordException e) {
      buffer.discard();
      malformed(seq, from, to, String.valueOf(e.getMessage()));
      return;
    } catch (RuntimeException e) {
      buffer.discard();
      failed(batch.stream().kind(), e);
      malformed(seq, from, to, "decoder failed: " + e.getClass().getSimpleName());
      return;
    }
    if (wanted[target.table]) {
      end(buffer, target.table);
    } else {
      buffer.discard();
    }
  }

  private void failed(String kind, RuntimeException e) {
    if (reported.add(kind)) {
      LOG.atError()
          .addKeyValue("kind", kind)
          .setCause(e)
          .log("a decoder failed: please report it; what it cannot decode is kept in gaps");
    }
  }

  private void malformed(long seq, int from, int to, String detail) {
    malformed++;
    if (wanted[gaps]) {
      RowBuffer buffer = staging.buffer(gaps);
      begin(buffer, seq, from, to);
      buffer.set(Gaps.REASON, Gap.Reason.MALFORMED.label());
      buffer.set(Gaps.FROM_POSITION, batch.from().token());
      buffer.set(Gaps.TO_POSITION, batch.to().token());
      buffer.set(Gaps.LOST, 0);
      buffer.set(Gaps.DETAIL, detail);
      end(buffer, gaps);
    }
  }

  private void gap(Gap gap) {
    if (!wanted[gaps]) {
      return;
    }
    RowBuffer buffer = staging.buffer(gaps);
    buffer.begin();
    common(buffer, batch.firstSeq(), gap.timeMicros());
    buffer.set(Gaps.REASON, gap.reason().label());
    buffer.set(Gaps.FROM_POSITION, gap.from().token());
    buffer.set(Gaps.TO_POSITION, gap.to().token());
    Long lost = gap.lost();
    if (lost != null) {
      buffer.set(Gaps.LOST, lost);
    }
    buffer.set(Gaps.DETAIL, gap.detail());
    end(buffer, gaps);
  }

  private void begin(RowBuffer buffer, long seq, int from, int to) {
    int end = to;
    if (end > from && bytes[end - 1] == '\n') {
      end--;
      if (end > from && bytes[end - 1] == '\r') {
        end--;
      }
    }
    buffer.begin(bytes, from, end);
    common(buffer, seq, timeMicros);
  }

  private void common(RowBuffer buffer, long seq, long time) {
    Stream stream = batch.stream();
    buffer.set(Table.TIME, time);
    buffer.set(Table.INGEST_TIME, ingestTimeMicros);
    buffer.set(Table.CLUSTER, stream.context().get(Stream.CLUSTER));
    buffer.set(Table.NODE, stream.context().get(Stream.NODE));
    buffer.set(Table.SOURCE, stream.id());
    buffer.set(Table.SEQ, seq);
  }

  private void end(RowBuffer buffer, int table) {
    buffer.end();
    staging.mark(table, ingestTimeMicros);
  }
}
