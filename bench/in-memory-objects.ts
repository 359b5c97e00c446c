/**
 * What a backfill can reach at most: the objects of a lake that are in memory already, through the decode pool. No folder is
 * listed, no object fetched.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Counts } from '../src/backfill/tally.js';
import { inOrder } from '../src/order/in-order.js';
import { ThreadDecodePool } from '../src/pool/decode-pool.js';
import type { DecodeTask } from '../workers/decode-task.js';
import { ProcessorError } from '../workers/errors.js';
import type { DecodeRequest } from '../workers/request.js';

const MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024;
const TASK_TIMEOUT_MS = 60_000;

export class InMemoryObjects {
  private readonly objects: readonly Uint8Array[];
  private readonly pool: ThreadDecodePool;
  private readonly threads: number;

  /** Of the lake in the folder that `url` names. */
  constructor(url: string, threads: number) {
    const folder = fileURLToPath(url);
    this.objects = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.zst(d)?$/.test(name))
      // Their names count down as ledgers count up.
      .sort((a, b) => (a < b ? 1 : -1))
      .map((name) => readFileSync(join(folder, name)));
    this.threads = threads;
    this.pool = new ThreadDecodePool({
      threads,
      maxBytesInFlight: MAX_BYTES_IN_FLIGHT,
      taskTimeoutMs: TASK_TIMEOUT_MS,
    });
  }

  /** Decodes all of them once. */
  async decode(request: DecodeRequest, total: Counts): Promise<void> {
    const json = JSON.stringify(request);
    const tasks = this.objects.map((bytes): DecodeTask => ({
      request: json,
      inputs: [{ bytes: new Uint8Array(bytes), form: 'batch' }],
    }));
    const run = (task: DecodeTask) => this.pool.run(task, 'objects in memory');
    for await (const { ledgers, error } of inOrder(tasks, run, 2 * this.threads + 1)) {
      if (error !== undefined) throw ProcessorError.fromPlain(error);
      for (const ledger of ledgers) {
        total.ledgers += 1;
        total.rows += ledger.rows;
        total.ledgerBytes += ledger.bytes;
      }
      this.pool.takeBack(ledgers.flatMap(({ blocks }) => blocks.map(({ body }) => body.buffer)));
    }
  }
}
