/** What a decode task gives back: values and buffers that cross to the main thread, the buffers by transfer. */
import type { RecordBatchMessage } from './ipc.js';
import type { PlainError } from './errors.js';

/** Input of a task: consecutive ledgers, in order. */
export interface DecodeInput {
  /** A LedgerCloseMeta or a LedgerCloseMetaBatch, plain or compressed (zstd, gzip; told apart by content). */
  readonly bytes: Uint8Array;
  readonly form: 'ledger' | 'batch';
  /** The sequence that the source says the ledger, or the batch's first ledger, has; checked when given. */
  readonly sequence?: number;
  /** Of its ledgers only those from `firstLedger` to `lastLedger` are wanted: a data lake object may hold more. Perhaps none. */
  readonly firstLedger?: number;
  readonly lastLedger?: number;
  /**
   * Of its ledgers from this one to `lastLedger` checksums are wanted: of those that it is decoded for, and of those before
   * them that have come already. Absent: of none.
   */
  readonly checkedFrom?: number;
}

/** A ledger as it came: its sequence, and the CRC-32 of its uncompressed LedgerCloseMeta. */
export type LedgerChecksum = readonly [sequence: number, crc32: number];

/** One ledger decoded. */
export interface DecodedLedger {
  readonly sequence: number;
  /** LedgerHeaderHistoryEntry.hash as the ledger came with it, in hex. */
  readonly hash: string;
  readonly protocol: number;
  /** Unix seconds. */
  readonly closeTime: number;
  /** Bytes of its LedgerCloseMeta, uncompressed. */
  readonly bytes: number;
  /** Rows in `blocks`. */
  readonly rows: number;
  /** Rows that filters refused. */
  readonly skipped: number;
  /** Its rows: none, one block, or several pieces where the ledger alone exceeds the limits of a batch. */
  readonly blocks: readonly RecordBatchMessage[];
  readonly counts: LedgerCounts;
  /** Its rows in further tables, where a task wants several, in the order of its requests. */
  readonly further?: readonly TableRows[];
}

/** What a ledger has in one table. */
export type TableRows = Pick<DecodedLedger, 'rows' | 'skipped' | 'blocks' | 'counts'>;

/** All blocks of a ledger, of whichever table. */
export function blocksOf({
  blocks,
  further,
}: Pick<DecodedLedger, 'blocks' | 'further'>): readonly RecordBatchMessage[] {
  return further === undefined ? blocks : [blocks, ...further.map((table) => table.blocks)].flat();
}

/** Things worth counting that are no rows; all zero on most ledgers. */
export interface LedgerCounts {
  readonly transactionMetaV0: number;
  readonly outsideTransactions: number;
  readonly notContractState: number;
  readonly updatedWithoutPreImage: number;
  readonly removedWithoutPreImage: number;
}

/** Ledgers that gave no rows and were set aside, so that the ones behind them could be decoded. */
export interface BadLedgers {
  /** Both inclusive. */
  readonly firstLedger: number;
  readonly lastLedger: number;
  readonly error: PlainError;
  /** What they came as, fit to be decoded again. Undefined where there is nothing: the source does not have them. */
  readonly input: DecodeInput | undefined;
}

/** What became of ledgers, up to the first that the task failed at. Nothing decoded before an error is lost. */
export interface DecodeResult {
  readonly ledgers: readonly DecodedLedger[];
  /** In order; absent where there are none, and always where bad ledgers fail the request. */
  readonly bad?: readonly BadLedgers[];
  /** As far as inputs ask for them and tell where ledgers begin and end, readable or not; in the order they came in. */
  readonly checksums?: readonly LedgerChecksum[];
  readonly error?: PlainError;
  /** Buffers that the thread had to make: as many used ones would be welcome. */
  readonly newBuffers?: number;
}
