/** A backfill in a process of its own, so that its processor time and memory can be told. */
import '../workers/v8-flags.js';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { alignedRanges } from '../src/backfill/aligned-ranges.js';
import { FileSink } from '../src/backfill/files/file-sink.js';
import type { FileFormat } from '../src/backfill/files/range-manifest.js';
import { makeFiles } from '../src/backfill/make-files.js';
import { openBackfill, type OpenedBackfill } from '../src/backfill/open-backfill.js';
import { BACKFILL_BATCH_ROWS } from '../src/backfill/range-reader.js';
import { type Counts, Tally } from '../src/backfill/tally.js';
import { loadBackfillConfig } from '../src/config/backfill-config.js';
import { parseLakeUrl } from '../src/lake/lake-url.js';
import { createLogger } from '../src/ops/logger.js';
import { parseRowRequest } from '../src/request/row-request.js';
import { InMemoryObjects } from './in-memory-objects.js';
import { answerParent, cpuMs } from './processes/child.js';

export interface BackfillRequest {
  readonly url: string;
  readonly networkPassphrase: string;
  /** Both inclusive. */
  readonly first: number;
  readonly last: number;
  readonly workers: number;
  /** How often the ledgers are read, one time after the other without a pause; files are made once. */
  readonly rounds: number;
  /** `rows`: decoded, and left; `in memory`: so are objects that have been read before. */
  readonly sink: FileFormat | 'rows' | 'in memory';
}

export interface BackfillReply extends Counts {
  readonly elapsedMs: number;
  readonly cpuMs: number;
  /** Of that, the main thread's; undefined where the system does not tell. */
  readonly mainCpuMs: number | undefined;
  readonly peakRssBytes: number;
}

const RANGES_AT_ONCE = 2;
/** Stays open: code is optimised in each thread anew. */
let opened: OpenedBackfill | undefined;
let inMemory: InMemoryObjects | undefined;
/** Whole objects, of either kind of lake; a range begins with a wait for its first ones. */
const RANGE_LEDGERS = 256;

answerParent(async (request: BackfillRequest): Promise<BackfillReply> => {
  const { url, networkPassphrase, first, last, workers, sink, rounds } = request;
  const env = { WORKER_COUNT: String(workers), RANGES_AT_ONCE: String(RANGES_AT_ONCE) };
  const config = loadBackfillConfig({ flags: {}, env }).values;
  const decode = parseRowRequest({}, networkPassphrase, BACKFILL_BATCH_ROWS);
  const ranges = alignedRanges(first, last, RANGE_LEDGERS);
  const directory = mkdtempSync(join(tmpdir(), 'contract-data-bench-'));
  const logger = createLogger({ level: 'fatal' });
  if (sink === 'in memory') inMemory ??= new InMemoryObjects(url, workers);
  const { reader } = (opened ??= await openBackfill(parseLakeUrl(url), config, networkPassphrase, logger));
  const total: Counts = { ledgers: 0, rows: 0, ledgerBytes: 0 };
  const { signal } = new AbortController();
  const before = { at: performance.now(), cpu: cpuMs(), main: mainThreadMs() };
  try {
    if (sink === 'in memory') {
      for (let round = 0; round < rounds; round += 1) await inMemory!.decode(decode, total);
    } else if (sink === 'rows') {
      const waiting = Array.from({ length: rounds }, () => ranges)
        .flat()
        [Symbol.iterator]();
      const lane = async (): Promise<void> => {
        for (const range of waiting) {
          const batches = reader.batches(range, [{ request: decode, observer: new Tally(total) }], signal);
          for await (const { release } of batches) release();
        }
      };
      await Promise.all(Array.from({ length: RANGES_AT_ONCE }, lane));
    } else {
      const files = await FileSink.open(
        { directory, format: sink, request: decode, rangeLedgers: RANGE_LEDGERS },
        ranges,
      );
      await files.begin();
      const failed = (_: unknown, error: Error): never => {
        throw error;
      };
      const observer = { made: () => undefined, failed };
      const tables = [{ sink: files, request: decode }];
      const missing = ranges.map((range) => ({ range, tables }));
      await makeFiles(missing, { reader, atOnce: RANGES_AT_ONCE, total, observer }, signal);
    }
    const main = mainThreadMs();
    return {
      ...total,
      elapsedMs: performance.now() - before.at,
      cpuMs: cpuMs() - before.cpu,
      mainCpuMs: main === undefined ? undefined : main - before.main!,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
});

/** Linux counts the processor time of a thread in hundredths of a second (proc_pid_stat(5)); the main one has the process's number. */
function mainThreadMs(): number | undefined {
  try {
    const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return undefined;
  }
}
