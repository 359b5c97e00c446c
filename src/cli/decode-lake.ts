/** A range of a data lake that `decode` reads, as tasks for the lake's own threads. */
import { availableParallelism } from 'node:os';
import { ProcessorError } from '../../workers/errors.js';
import { Lake } from '../lake/lake.js';
import { type LakeAddress, parseLakeUrl } from '../lake/lake-url.js';
import type { LedgerRange, LedgerSource } from '../source/ledger-source.js';
import type { InputTask, OpenedInput } from './decode-files.js';

const PREFETCH_BYTES = 64 * 1024 * 1024;
/** Each is an object; what is fetched and decoded ahead waits in memory. */
const TASKS_AHEAD = 32;

/** Throws where the lake cannot be reached, or has not come as far as the range. */
export async function openLakeRange(
  url: string,
  range: LedgerRange,
  networkPassphrase: string,
  workers: number | undefined,
): Promise<OpenedInput> {
  const threads = workers === undefined || workers === 0 ? Math.max(1, availableParallelism() - 1) : workers;
  const lake = await Lake.open(addressOf(url), { networkPassphrase, threads, prefetchBytes: PREFETCH_BYTES });
  const leave = new AbortController();
  const close = async (): Promise<void> => {
    leave.abort();
    lake.leave();
    await lake.pool.close();
  };
  try {
    const newest = await lake.newestLedger();
    // At the tip of a network a service waits; a command tells.
    if (newest < range.endLedger) throw notThere(url, range, newest);
  } catch (error) {
    await close();
    throw error;
  }
  return { pool: lake.pool, tasks: objectTasks(lake.source, range, url, leave.signal), lookAhead: TASKS_AHEAD, close };
}

async function* objectTasks(
  source: LedgerSource,
  range: LedgerRange,
  url: string,
  signal: AbortSignal,
): AsyncGenerator<InputTask, void, undefined> {
  for await (const { firstLedger, lastLedger, inputs } of source.ledgers(range, signal)) {
    yield { file: url, what: `ledgers ${firstLedger} to ${lastLedger} of ${url}`, inputs };
  }
}

function addressOf(url: string): LakeAddress {
  try {
    return parseLakeUrl(url);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ProcessorError('REQUEST_INVALID', `${url}: ${error.message}`, { key: 'file' }, error);
  }
}

function notThere(url: string, { endLedger }: LedgerRange, newest: number): ProcessorError {
  const message = `ledgers up to ${endLedger} expected in ${url}, its newest is ${newest}`;
  return new ProcessorError('SOURCE_GAP', message, { ledger: newest + 1, lastLedger: endLedger, file: url });
}
