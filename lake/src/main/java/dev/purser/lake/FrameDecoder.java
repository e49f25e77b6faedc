package dev.purser.lake;

import dev.purser.core.record.Gap;
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
/// stops it. Used under the staging lock.
final class FrameDecoder {
  private static final Logger LOG = LoggerFactory.getLogger(FrameDecoder.class);

  private record Target(Decoder decoder, int table) {}

  private final Staging staging;
  private final int gaps;
  private final Map<String, Target> targets = new HashMap<>();
  private final Set<String> reported = new HashSet<>();
  private long malformed;

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

  /// @param wanted which tables lack the rows of this frame
  void decode(RecordBatch batch, long ingestTimeMicros, boolean[] wanted) {
    switch (batch.payload()) {
      case Gap gap -> {
        if (wanted[gaps]) {
          gap(batch, gap, ingestTimeMicros);
        }
      }
      case Records records -> records(batch, records, ingestTimeMicros, wanted);
    }
  }

  private void records(
      RecordBatch batch, Records records, long ingestTimeMicros, boolean[] wanted) {
    Target target = targets.get(batch.stream().kind());
    if (records.count() == 0 || !(wanted[gaps] || (target != null && wanted[target.table]))) {
      return;
    }
    MemorySegment data = records.data();
    byte[] bytes;
    int base = 0;
    if (data.heapBase().orElse(null) instanceof byte[] array) {
      bytes = array;
      base = Math.toIntExact(data.address());
    } else {
      bytes = data.asSlice(0, records.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
    }
    for (int i = 0; i < records.count(); i++) {
      record(batch, records, i, bytes, base, target, ingestTimeMicros, wanted);
    }
  }

  private void record(
      RecordBatch batch,
      Records records,
      int i,
      byte[] bytes,
      int base,
      @Nullable Target target,
      long ingestTimeMicros,
      boolean[] wanted) {
    int from = base + records.start(i);
    int to = base + records.end(i);
    long seq = batch.firstSeq() + i;
    if (target == null) {
      malformed(
          batch,
          records,
          seq,
          bytes,
          from,
          to,
          ingestTimeMicros,
          wanted,
          "no decoder for kind " + SqlGuard.quoted(batch.stream().kind()));
      return;
    }
    RowBuffer buffer = staging.buffer(target.table);
    begin(buffer, batch.stream(), seq, ingestTimeMicros, records.readTimeMicros(), bytes, from, to);
    try {
      target.decoder.decode(batch.stream(), bytes, from, to, buffer);
    } catch (MalformedRecordException e) {
      malformed(
          batch,
          records,
          seq,
          bytes,
          from,
          to,
          ingestTimeMicros,
          wanted,
          String.valueOf(e.getMessage()));
      return;
    } catch (RuntimeException e) {
      if (reported.add(batch.stream().kind())) {
        LOG.atError()
            .addKeyValue("kind", batch.stream().kind())
            .setCause(e)
            .log("a decoder failed: please report it; its record is kept in gaps");
      }
      malformed(
          batch,
          records,
          seq,
          bytes,
          from,
          to,
          ingestTimeMicros,
          wanted,
          "decoder failed: " + e.getClass().getSimpleName());
      return;
    }
    if (wanted[target.table]) {
      buffer.end();
      staging.mark(target.table, ingestTimeMicros);
    }
  }

  private void malformed(
      RecordBatch batch,
      Records records,
      long seq,
      byte[] bytes,
      int from,
      int to,
      long ingestTimeMicros,
      boolean[] wanted,
      String detail) {
    malformed++;
    if (!wanted[gaps]) {
      return;
    }
    RowBuffer buffer = staging.buffer(gaps);
    begin(buffer, batch.stream(), seq, ingestTimeMicros, records.readTimeMicros(), bytes, from, to);
    gapColumns(buffer, Gap.Reason.MALFORMED, batch, detail);
    buffer.set(Gaps.LOST, 0);
    buffer.end();
    staging.mark(gaps, ingestTimeMicros);
  }

  private void gap(RecordBatch batch, Gap gap, long ingestTimeMicros) {
    RowBuffer buffer = staging.buffer(gaps);
    buffer.begin();
    common(buffer, batch.stream(), batch.firstSeq(), ingestTimeMicros, gap.timeMicros());
    gapColumns(buffer, gap.reason(), batch, gap.detail());
    buffer.set(Gaps.FROM_POSITION, gap.from().token());
    buffer.set(Gaps.TO_POSITION, gap.to().token());
    Long lost = gap.lost();
    if (lost != null) {
      buffer.set(Gaps.LOST, lost);
    }
    buffer.end();
    staging.mark(gaps, ingestTimeMicros);
  }

  private static void gapColumns(
      RowBuffer buffer, Gap.Reason reason, RecordBatch batch, String detail) {
    buffer.set(Gaps.REASON, reason.label());
    buffer.set(Gaps.FROM_POSITION, batch.from().token());
    buffer.set(Gaps.TO_POSITION, batch.to().token());
    buffer.set(Gaps.DETAIL, detail);
  }

  private static void begin(
      RowBuffer buffer,
      Stream stream,
      long seq,
      long ingestTimeMicros,
      long timeMicros,
      byte[] bytes,
      int from,
      int to) {
    int end = to;
    if (end > from && bytes[end - 1] == '\n') {
      end--;
      if (end > from && bytes[end - 1] == '\r') {
        end--;
      }
    }
    buffer.begin(bytes, from, end);
    common(buffer, stream, seq, ingestTimeMicros, timeMicros);
  }

  private static void common(
      RowBuffer buffer, Stream stream, long seq, long ingestTimeMicros, long timeMicros) {
    buffer.set(Table.TIME, timeMicros);
    buffer.set(Table.INGEST_TIME, ingestTimeMicros);
    buffer.set(Table.CLUSTER, stream.context().get(Stream.CLUSTER));
    buffer.set(Table.NODE, stream.context().get(Stream.NODE));
    buffer.set(Table.SOURCE, stream.id());
    buffer.set(Table.SEQ, seq);
  }
}
