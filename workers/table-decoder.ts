/** From a scanned ledger to the record batches of one table, as one request wants them. */
import type { DecodedLedger } from './decode-result.js';
import { ProcessorError } from './errors.js';
import { BoolBuilder, Int64Builder, Uint32Builder, Utf8Builder } from './columns/builders.js';
import type { Column } from './columns/column.js';
import { selectColumns, type TableContexts } from './columns/tables.js';
import { bodyLength, encodeRecordBatch, type BuiltColumn, type RecordBatchMessage } from './ipc.js';
import type { DecodeRequest, RowFilters } from './request.js';
import { arrangeRows, LedgerRows } from './rows/arrange.js';
import { compactRows } from './rows/compact.js';
import type { LedgerContext } from './rows/context.js';
import { RowFacts } from './rows/facts.js';
import { compileFilters, filterRows } from './rows/filter.js';
import { hashKeys, KeyHashes } from './rows/key-hash.js';
import { KnownAssets, knownAssetsOf } from './rows/known-assets.js';
import { LiveUntil, liveUntilByKeyHash } from './rows/live-until.js';
import { CHANGE_TYPE_NAMES, isDeletion } from './rows/names.js';
import type { Network } from './rows/network.js';
import type { SpareBuffers } from './spare-buffers.js';
import { type ChangeLog, HASH_BYTES } from './xdr/change-log.js';
import type { XdrReader } from './xdr/reader.js';

/** Target of a message body. Small batches cost throughput, and many Flight clients refuse messages above 4 MiB. */
export const BODY_TARGET_BYTES = 2 * 1024 * 1024;
/** A single row above this cannot be sent: 4 MiB less room for metadata, app_metadata and framing. */
export const BODY_LIMIT_BYTES = 4 * 1024 * 1024 - 64 * 1024;

export interface TableDecoder {
  /** `bytes` is the size of the ledger. */
  decode(r: XdrReader, log: ChangeLog, bytes: number): DecodedLedger;
}

/** Batches are written into memory from `spare`. */
export function tableDecoder(request: DecodeRequest, network: Network, spare: SpareBuffers): TableDecoder {
  switch (request.table) {
    case 'contract_data':
      return new ContractDataDecoder(request, network, spare);
    case 'ttl':
      return new TtlDecoder(request, spare);
  }
}

class ContractDataDecoder implements TableDecoder {
  private readonly encoder: BlockEncoder<TableContexts['contract_data']>;
  private readonly filters;
  private readonly compact: boolean;
  private readonly needs: ReadonlySet<string>;
  private readonly facts: RowFacts;
  private readonly rows = new LedgerRows();
  private readonly keyHashes = new KeyHashes();
  private readonly liveUntil = new LiveUntil();

  constructor(request: DecodeRequest, network: Network, spare: SpareBuffers) {
    const columns = selectColumns('contract_data', request.columns);
    const knownAssets = new KnownAssets(network, knownAssetsOf(request.knownAssets, request.filters));
    this.encoder = new BlockEncoder(columns, request, spare);
    this.filters = compileFilters(request.filters, knownAssets);
    this.compact = request.compact;
    this.needs = new Set(columns.flatMap((column) => column.needs ?? []));
    this.facts = new RowFacts(network, knownAssets);
  }

  decode(r: XdrReader, log: ChangeLog, bytes: number): DecodedLedger {
    const { rows, facts, keyHashes, liveUntil, filters } = this;
    const changes = log.contractData;
    const c = { r, log, rows, changes, facts, keyHashes, liveUntil };

    const { contracts } = filters;
    arrangeRows(r, changes, rows, contracts && ((change) => contracts.has(r.bytes, changes.key[change]! + 4)));
    let skipped = rows.total - rows.count;
    if (this.compact) compactRows(r, changes, rows);
    const unfiltered = rows.count;
    filterRows(c, filters.tests, filters.needFacts || this.needs.has('facts'));
    skipped += unfiltered - rows.count;

    if (this.needs.has('liveUntil')) liveUntilByKeyHash(r, log.ttl, liveUntil);
    if (this.needs.has('keyHash')) hashKeys(c);
    const blocks = this.encoder.encode(c);
    liveUntil.finish();
    return decodedLedger(r, log, bytes, rows, skipped, blocks);
  }
}

class TtlDecoder implements TableDecoder {
  private readonly encoder: BlockEncoder<TableContexts['ttl']>;
  private readonly filters: RowFilters;
  private readonly rows = new LedgerRows();

  constructor(request: DecodeRequest, spare: SpareBuffers) {
    this.encoder = new BlockEncoder(selectColumns('ttl', request.columns), request, spare);
    this.filters = request.filters;
  }

  decode(r: XdrReader, log: ChangeLog, bytes: number): DecodedLedger {
    const { rows } = this;
    arrangeRows(r, log.ttl, rows, undefined);
    this.filter(log.sequence);
    const skipped = rows.total - rows.count;
    return decodedLedger(r, log, bytes, rows, skipped, this.encoder.encode({ r, log, rows, changes: log.ttl }));
  }

  private filter(sequence: number): void {
    const { rows } = this;
    const { changeTypes, includeDeleted, modifiedAfterLedger } = this.filters;
    let kept = 0;
    for (let row = 0; row < rows.count; row += 1) {
      const kind = rows.kind[row]!;
      const passes =
        (modifiedAfterLedger === undefined || sequence > modifiedAfterLedger) &&
        (includeDeleted !== false || !isDeletion(kind)) &&
        (changeTypes === undefined || changeTypes.includes(CHANGE_TYPE_NAMES[kind]!));
      if (passes) rows.move(row, kept++);
    }
    rows.count = kept;
  }
}

function decodedLedger(
  r: XdrReader,
  log: ChangeLog,
  bytes: number,
  rows: LedgerRows,
  skipped: number,
  blocks: RecordBatchMessage[],
): DecodedLedger {
  const { updatedWithoutPreImage, removedWithoutPreImage } = rows;
  return {
    sequence: log.sequence,
    hash: r.bytes.toString('hex', log.hash, log.hash + HASH_BYTES),
    protocol: log.protocol,
    closeTime: log.closeTime,
    bytes,
    rows: rows.count,
    skipped,
    blocks,
    counts: { ...log.counts, updatedWithoutPreImage, removedWithoutPreImage },
  };
}

type Builder = Utf8Builder | Uint32Builder | Int64Builder | BoolBuilder;

/** Builds the columns of a request over the rows of a ledger, and cuts what one batch cannot hold into pieces. */
class BlockEncoder<Context extends LedgerContext> {
  private readonly columns: readonly { build(c: Context, from: number, to: number): Builder }[];
  private readonly batchRows: number;
  private readonly spare: SpareBuffers;

  constructor(columns: readonly Column<Context>[], request: DecodeRequest, spare: SpareBuffers) {
    this.columns = columns.map((column) => columnBuilder(column, request.intTypes));
    this.batchRows = request.batchRows;
    this.spare = spare;
  }

  encode(c: Context): RecordBatchMessage[] {
    const blocks: RecordBatchMessage[] = [];
    for (let from = 0; from < c.rows.count; from += this.batchRows) {
      this.encodeRange(c, from, Math.min(c.rows.count, from + this.batchRows), blocks);
    }
    return blocks;
  }

  private encodeRange(c: Context, from: number, to: number, blocks: RecordBatchMessage[]): void {
    const built = this.columns.map((column): BuiltColumn => {
      const builder = column.build(c, from, to);
      return { nullCount: builder.nullCount, buffers: builder.finish() };
    });
    const length = bodyLength(built);
    if (length <= BODY_TARGET_BYTES || (to - from === 1 && length <= BODY_LIMIT_BYTES)) {
      blocks.push(encodeRecordBatch(to - from, built, this.spare));
      return;
    }
    if (to - from === 1) {
      const message =
        `ledger ${c.log.sequence}: the row with change_index ${c.rows.changeIndex[from]} takes ${length} bytes, ` +
        `at most ${BODY_LIMIT_BYTES} fit into a message; ask for fewer columns`;
      throw new ProcessorError('ROW_TOO_LARGE', message, { ledger: c.log.sequence });
    }
    // Rare: as many equal pieces as the size asks for, each of which may be cut again where rows differ in size.
    const pieces = Math.min(to - from, Math.ceil(length / BODY_TARGET_BYTES));
    for (let piece = 0; piece < pieces; piece += 1) {
      const start = from + Math.floor(((to - from) * piece) / pieces);
      const end = from + Math.floor(((to - from) * (piece + 1)) / pieces);
      this.encodeRange(c, start, end, blocks);
    }
  }
}

/** A column together with the builder that it is written into. */
function columnBuilder<Context>(
  column: Column<Context>,
  intTypes: DecodeRequest['intTypes'],
): { build(c: Context, from: number, to: number): Builder } {
  switch (column.kind) {
    case 'utf8':
      return withBuilder(new Utf8Builder(), column.write);
    case 'uint32':
      return withBuilder<Context, Uint32Builder | Int64Builder>(
        intTypes === 'signed' ? new Int64Builder() : new Uint32Builder(),
        column.write,
      );
    case 'int64':
    case 'timestamp':
      return withBuilder(new Int64Builder(), column.write);
    case 'bool':
      return withBuilder(new BoolBuilder(), column.write);
  }
}

function withBuilder<Context, B extends Builder>(
  builder: B,
  write: (c: Context, from: number, to: number, out: B) => void,
): { build(c: Context, from: number, to: number): B } {
  return {
    build(c, from, to) {
      builder.start(to - from);
      write(c, from, to, builder);
      return builder;
    },
  };
}
