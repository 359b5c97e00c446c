/** `simulate --lake DIR`: the ledgers as a data lake in a folder, instead of a server. */
import process from 'node:process';
import type { LakeToWrite } from '../simulate/lake-writer.js';

const SHOW_EVERY_MS = 500;
const CLEAR_LINE = '\r\u001b[2K';

/** Writes until all is there, or a signal asks to end; then what is there is whole and can be gone on with. */
export async function simulateLake(lake: LakeToWrite): Promise<void> {
  const { writeLake } = await import('../simulate/lake-writer.js');
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  const { stderr } = process;
  const startedAt = performance.now();
  let shownAt = startedAt;
  let objects = 0;
  let old = 0;
  let ledgers = 0;
  let bytes = 0;
  let reach: { first: number; last: number } | undefined;
  for await (const object of writeLake(lake, stop.signal)) {
    objects += 1;
    bytes += object.bytes;
    if (object.isOld) old += 1;
    else ledgers += object.last - object.first + 1;
    reach = { first: reach?.first ?? object.first, last: object.last };
    const now = performance.now();
    if (!stderr.isTTY || now - shownAt < SHOW_EVERY_MS) continue;
    shownAt = now;
    const perSecond = Math.round((ledgers * 1000) / (now - startedAt));
    stderr.write(`${CLEAR_LINE}ledger ${object.last} of ${lake.last}, ${perSecond} ledgers/s`);
  }
  if (shownAt > startedAt) stderr.write(CLEAR_LINE);
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  const before = old === 0 ? '' : `, ${old} of them from before`;
  process.stdout.write(
    reach === undefined
      ? `no object of ${lake.layout.ledgersPerFile} ledgers is full: nothing was written\n`
      : `ledgers ${reach.first} to ${reach.last} in ${objects} objects (${size}${before}) at ${lake.directory}\n`,
  );
}
