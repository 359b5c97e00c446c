/** Lakes opened as the service opens them, with little patience, and read to rows. */
import { Lake, type LakeOptions } from '../../src/lake/lake.js';
import { parseLakeUrl } from '../../src/lake/lake-url.js';
import { parseRowRequest } from '../../src/request/row-request.js';
import type { LedgerRange } from '../../src/source/ledger-source.js';
import type { DecodeResult } from '../../workers/decode-result.js';
import { ProcessorError } from '../../workers/errors.js';
import type { Cleanup } from '../service/cleanup.js';
import { type Row, rowsOf } from '../support/decode-rows.js';

export async function openLake(
  cleanup: Cleanup,
  url: string,
  networkPassphrase: string,
  options: Partial<LakeOptions> = {},
): Promise<Lake> {
  const lake = await Lake.open(parseLakeUrl(url), {
    networkPassphrase,
    threads: 1,
    prefetchBytes: 32 * 2 ** 20,
    gapRetries: 1,
    backoff: { firstMs: 5, maxMs: 50 },
    ...options,
  });
  cleanup.after(async () => {
    lake.leave();
    await lake.pool.close();
  });
  return lake;
}

/** The results of a range, object by object. */
export async function* resultsOf(
  { source, pool }: Readable,
  range: LedgerRange,
  passphrase: string,
  request: Record<string, unknown> = {},
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<DecodeResult, void, undefined> {
  const encoded = JSON.stringify(parseRowRequest(request, passphrase));
  for await (const { inputs, firstLedger, lastLedger } of source.ledgers(range, signal)) {
    yield await pool.run({ request: encoded, inputs }, `ledgers ${firstLedger} to ${lastLedger}`);
  }
}

/** What of a lake is read by. */
export type Readable = Pick<Lake, 'source' | 'pool'>;

/** The rows of a range, all objects at once on their way. Throws the first error. */
export async function readRows(lake: Readable, range: LedgerRange, passphrase: string): Promise<Row[]> {
  const request = JSON.stringify(parseRowRequest({}, passphrase));
  const results: Promise<DecodeResult>[] = [];
  for await (const { inputs, firstLedger, lastLedger } of lake.source.ledgers(range, new AbortController().signal)) {
    results.push(lake.pool.run({ request, inputs }, `ledgers ${firstLedger} to ${lastLedger}`));
  }
  const rows: Row[] = [];
  for (const { ledgers, error } of await Promise.all(results)) {
    if (error !== undefined) throw ProcessorError.fromPlain(error);
    rows.push(...ledgers.flatMap((ledger) => rowsOf(ledger, { passphrase })));
  }
  return rows;
}
