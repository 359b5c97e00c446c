/** Batches of several tables, which come in one stream, for readers of one table each who read side by side. */
import type { RangeBatch } from './range-batch.js';

/** Why a table's batches end before they are whole: another table's reader has left. */
const LEFT = new Error('another table of the range failed');

/**
 * One iteration for each of `tables`, all of which must be read at the same time: a batch waits for the reader of its
 * table before the next one is asked for. What `batches` throws is thrown to all; when one reader leaves, the others are
 * thrown {@link isLeft}.
 */
export function splitTables(batches: AsyncGenerator<RangeBatch>, tables: number): AsyncIterable<RangeBatch>[] {
  if (tables === 1) return [batches];
  const split = new Split(batches);
  return Array.from({ length: tables }, (_, table) => split.of(table));
}

/** Whether a reader was thrown this only because another one left. */
export function isLeft(error: unknown): boolean {
  return error === LEFT;
}

class Split {
  private readonly batches: AsyncGenerator<RangeBatch>;
  private waiting: RangeBatch | undefined;
  private end: { readonly error?: unknown } | undefined;
  private asking: Promise<void> | undefined;
  private readonly sleeping: (() => void)[] = [];

  constructor(batches: AsyncGenerator<RangeBatch>) {
    this.batches = batches;
  }

  async *of(table: number): AsyncGenerator<RangeBatch, void, undefined> {
    let isWhole = false;
    try {
      for (;;) {
        const batch = await this.next(table);
        if (batch === undefined) break;
        yield batch;
      }
      isWhole = true;
    } finally {
      if (!isWhole) await this.leave();
    }
  }

  /** The next batch of `table`, undefined at the end. */
  private async next(table: number): Promise<RangeBatch | undefined> {
    for (;;) {
      const { waiting, end } = this;
      if (waiting?.table === table) {
        this.waiting = undefined;
        this.wake();
        return waiting;
      }
      if (end !== undefined) {
        if ('error' in end) throw end.error;
        if (waiting === undefined) return undefined;
      }
      if (waiting === undefined) await (this.asking ??= this.ask());
      else await new Promise<void>((resolve) => this.sleeping.push(resolve));
    }
  }

  private async ask(): Promise<void> {
    try {
      const next = await this.batches.next();
      if (next.done === true) this.end ??= {};
      else this.waiting = next.value;
    } catch (error) {
      this.end ??= { error };
    } finally {
      this.asking = undefined;
      this.wake();
    }
  }

  private async leave(): Promise<void> {
    this.end ??= { error: LEFT };
    this.wake();
    await this.batches.return(undefined);
  }

  private wake(): void {
    for (const resolve of this.sleeping.splice(0)) resolve();
  }
}
