/**
 * Double-entry for rows: what a reader received against what the generator planned, ledger by ledger.
 *
 * The generator knows how many rows it put into a ledger without reading it, so that a row lost, doubled or moved to
 * another ledger anywhere on the way is found at the batch where it happens.
 */
import { ProcessorError } from '../../workers/errors.js';
import type { FlightBatch } from '../flight-client/read-flight.js';

export class RowAccount {
  private readonly lastLedger: number;
  private readonly plannedRows: (sequence: number) => number;
  private complete: number;
  private planned = 0;
  private received = 0;
  private messages = 0;

  /** For ledgers `firstLedger` to `lastLedger`, inclusive; `plannedRows` says how many rows a ledger was made with. */
  constructor(firstLedger: number, lastLedger: number, plannedRows: (sequence: number) => number) {
    this.lastLedger = lastLedger;
    this.plannedRows = plannedRows;
    this.complete = firstLedger - 1;
  }

  /** Every row up to this ledger has been received. */
  get completeThrough(): number {
    return this.complete;
  }

  get receivedRows(): number {
    return this.received;
  }

  /** Rows that the ledgers up to {@link completeThrough} were made with. */
  get generatedRows(): number {
    return this.planned;
  }

  /** Batches with rows. */
  get batches(): number {
    return this.messages;
  }

  get isComplete(): boolean {
    return this.complete === this.lastLedger;
  }

  /** Enters a message. Throws INTERNAL where ledgers do not follow each other or rows are missing or too many. */
  add({ progress, rows }: Pick<FlightBatch, 'progress' | 'rows'>): void {
    const { first_ledger: first, last_ledger: last, complete_through: completeThrough, piece, pieces } = progress;
    if (first !== this.complete + 1) throw wrong(first, `a batch from ledger ${this.complete + 1} on expected`);
    if (rows > 0) this.messages += 1;
    this.received += rows;
    for (let sequence = first; sequence <= completeThrough; sequence += 1) this.planned += this.plannedRows(sequence);
    this.complete = completeThrough;
    // The pieces of one large ledger count together, when the last one is there.
    if (piece === pieces && this.received !== this.planned) {
      const reach = `${this.planned} rows generated up to ledger ${last}`;
      throw wrong(last, `${reach}, ${this.received} received; the difference is in ledgers ${first} to ${last}`);
    }
  }
}

function wrong(ledger: number, what: string): ProcessorError {
  return new ProcessorError('INTERNAL', `ledger ${ledger}: ${what}`, { ledger });
}
