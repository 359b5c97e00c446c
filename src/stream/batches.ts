/**
 * From decoded ledgers to batches: consecutive ledgers share a batch until the next one would pass its limits.
 *
 * Where a batch ends depends on the ledgers alone, not on how they were grouped into tasks or which thread was faster.
 * A ledger that exceeds the limits by itself comes in several pieces, each a batch of its own.
 */
import { BODY_TARGET_BYTES } from '../../workers/table-decoder.js';
import type { ColumnKind } from '../../workers/columns/column.js';
import { joinRecordBatches } from '../../workers/columns/join.js';
import type { DecodedLedger } from '../../workers/decode-result.js';
import type { ErrorCode } from '../../workers/errors.js';
import { heldBytes, type BatchMessage, type RecordBatchMessage } from '../../workers/ipc.js';
import type { LedgerGap } from './app-metadata.js';

/** Gaps that one batch tells of: they must fit into its message beside the rows. */
const MAX_GAPS = 256;

export interface LedgerBatch {
  readonly firstLedger: number;
  readonly lastLedger: number;
  readonly rows: number;
  /** Undefined where its ledgers have no rows. */
  readonly message: BatchMessage | undefined;
  /** What the message was made of, and what it keeps. */
  readonly blocks: readonly RecordBatchMessage[];
  readonly heldBytes: number;
  /** For a part of one ledger: which of how many, from 1. */
  readonly piece?: { readonly number: number; readonly of: number };
  /** Ledgers among them that were set aside; absent where there are none. */
  readonly gaps?: readonly LedgerGap[];
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
  private gaps: LedgerGap[] = [];

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

  /** Passes ledgers that were set aside: they belong to the batch at hand, without rows. */
  pass(from: number, to: number, reason: ErrorCode): LedgerBatch[] {
    const before = this.gaps.at(-1);
    if (before?.[1] === from - 1 && before[2] === reason) this.gaps[this.gaps.length - 1] = [before[0], to, reason];
    else this.gaps.push([from, to, reason]);
    this.firstLedger ??= from;
    this.lastLedger = to;
    return this.gaps.length < MAX_GAPS ? [] : this.flush();
  }

  /** Ends the batch at hand: one batch, or none when no ledger is in it. */
  flush(): LedgerBatch[] {
    if (this.firstLedger === undefined) return [];
    const { firstLedger, lastLedger, rows, blocks, gaps } = this;
    const held = blocks.reduce((sum, block) => sum + heldBytes(block), 0);
    this.firstLedger = undefined;
    this.rows = 0;
    this.bytes = 0;
    this.blocks = [];
    this.gaps = [];
    const message = blocks.length === 0 ? undefined : joinRecordBatches(this.kinds, blocks);
    return [{ firstLedger, lastLedger, rows, message, blocks, heldBytes: held, ...(gaps.length > 0 && { gaps }) }];
  }
}

function pieces(ledger: DecodedLedger): LedgerBatch[] {
  return ledger.blocks.map((message, i) => ({
    firstLedger: ledger.sequence,
    lastLedger: ledger.sequence,
    rows: message.rows,
    message,
    blocks: [message],
    heldBytes: heldBytes(message),
    piece: { number: i + 1, of: ledger.blocks.length },
  }));
}
