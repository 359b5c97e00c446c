/**
 * From decoded ledgers to batches: consecutive ledgers share a batch until the next one would pass its limits.
 *
 * Where a batch ends depends on the ledgers alone, not on how they were grouped into tasks or which thread was faster.
 * A ledger that exceeds the limits by itself comes in several pieces, each a batch of its own.
 */
import { BODY_TARGET_BYTES } from '../../workers/table-decoder.js';
import type { ColumnKind } from '../../workers/columns/column.js';
import { mergeRecordBatches } from '../../workers/columns/merge.js';
import type { DecodedLedger } from '../../workers/decode-result.js';
import type { RecordBatchMessage } from '../../workers/ipc.js';

export interface LedgerBatch {
  readonly firstLedger: number;
  readonly lastLedger: number;
  readonly rows: number;
  /** Undefined where its ledgers have no rows. */
  readonly message: RecordBatchMessage | undefined;
  /** Bytes of the blocks that it was made of. */
  readonly blockBytes: number;
  /** For a part of one ledger: which of how many, from 1. */
  readonly piece?: { readonly number: number; readonly of: number };
}

/** Gathers ledgers into batches. `kinds` are those of the request's columns. */
export class BatchAssembler {
  private readonly kinds: readonly ColumnKind[];
  private readonly batchRows: number;
  private firstLedger: number | undefined;
  private lastLedger = 0;
  private rows = 0;
  private bytes = 0;
  private blocks: RecordBatchMessage[] = [];

  constructor(kinds: readonly ColumnKind[], batchRows: number) {
    this.kinds = kinds;
    this.batchRows = batchRows;
  }

  /** Rows of the batch at hand. */
  get waitingRows(): number {
    return this.rows;
  }

  /** Adds the next ledger; returns the batches that this completes, mostly none or one. */
  add(ledger: DecodedLedger): LedgerBatch[] {
    const done: LedgerBatch[] = [];
    const bytes = ledger.blocks.reduce((sum, block) => sum + block.body.byteLength, 0);
    const passesLimits = this.rows + ledger.rows > this.batchRows || this.bytes + bytes > BODY_TARGET_BYTES;
    if (this.rows > 0 && passesLimits) done.push(...this.flush());

    if (ledger.blocks.length > 1) {
      done.push(...this.flush(), ...pieces(ledger));
      return done;
    }
    this.firstLedger ??= ledger.sequence;
    this.lastLedger = ledger.sequence;
    this.rows += ledger.rows;
    this.bytes += bytes;
    this.blocks.push(...ledger.blocks);
    return done;
  }

  /** Ends the batch at hand: one batch, or none when no ledger is in it. */
  flush(): LedgerBatch[] {
    if (this.firstLedger === undefined) return [];
    const { firstLedger, lastLedger, rows, bytes, blocks } = this;
    this.firstLedger = undefined;
    this.rows = 0;
    this.bytes = 0;
    this.blocks = [];
    const message = blocks.length === 0 ? undefined : mergeRecordBatches(this.kinds, blocks);
    return [{ firstLedger, lastLedger, rows, message, blockBytes: bytes }];
  }
}

function pieces(ledger: DecodedLedger): LedgerBatch[] {
  return ledger.blocks.map((message, i) => ({
    firstLedger: ledger.sequence,
    lastLedger: ledger.sequence,
    rows: message.rows,
    message,
    blockBytes: message.body.byteLength,
    piece: { number: i + 1, of: ledger.blocks.length },
  }));
}
