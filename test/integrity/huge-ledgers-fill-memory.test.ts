/** Ledgers that are each larger than a stream's share of the memory, in many streams at once, some of which stand still. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { bytesOf, ticket } from '../flight/google-protobuf.js';
import { rawCall } from '../flight/raw-reader.js';
import { FlightReader, type Progress } from '../service/flight-reader.js';
import { readExposition } from '../ops/exposition.js';
import { pause } from '../service/running-service.js';
import { residentBytes, runServe } from '../service/serve-process.js';
import { simulatedSource, storeOf } from '../service/simulated-source.js';
import { hugeLedgers, type HugeLedgers } from '../support/huge-ledger.js';

const IS_LONG = process.env.TEST_LONG === '1';
const MEGABYTE = 2 ** 20;
/** The default of MAX_MEMORY_MB, and what the program takes beside the payload. */
const LIMIT = 256 * MEGABYTE;
const OVERHEAD = 250 * MEGABYTE;
const WATCH_EVERY_MS = 100;

interface Load {
  readonly streams: number;
  readonly standing: number;
  readonly ledgers: number;
  /** The standing readers stand for so long at least; the others read again and again meanwhile. */
  readonly forMs: number;
}

/** The most that was seen at once, in bytes. */
interface Most {
  resident: number;
  queued: number;
}

async function readHuge(t: TestContext, huge: HugeLedgers, { streams, standing, ledgers, forMs }: Load): Promise<void> {
  const source = await simulatedSource(t, { store: storeOf((sequence) => huge.ledger(sequence)) });
  const serve = await runServe(t, source);
  if (residentBytes(serve) === undefined) return;
  const reader = new FlightReader(t, serve.ports.flight);
  const { tickets } = await reader.info({ start_ledger: 1, end_ledger: ledgers });
  const still = Array.from({ length: standing }, () => rawCall(serve.ports.flight, 'DoGet', ticket(tickets[0]!)));
  t.after(() => still.forEach((call) => call.close()));

  const done = new AbortController();
  const watching = watch(serve, done.signal);
  const until = performance.now() + forMs;
  const readAll = async (): Promise<void> => {
    do assert.equal(await rowsRead(t, serve.ports.flight, tickets[0]!), ledgers * huge.rows);
    while (performance.now() < until);
  };
  try {
    await Promise.all(Array.from({ length: streams - standing }, readAll));
  } finally {
    done.abort();
  }
  const most = await watching;
  t.diagnostic(
    `${streams} streams, ${standing} standing, ledgers of ${huge.bytes} bytes: resident ${inMebibytes(most.resident)} ` +
      `of ${inMebibytes(LIMIT + OVERHEAD)} MiB, payload ${inMebibytes(most.queued)} of ${inMebibytes(LIMIT)} MiB`,
  );
  assert.ok(most.queued > 0 && most.queued <= LIMIT, `payload of ${inMebibytes(most.queued)} MiB`);
  assert.ok(most.resident <= LIMIT + OVERHEAD, `${inMebibytes(most.resident)} MiB resident`);
}

async function watch(serve: Awaited<ReturnType<typeof runServe>>, done: AbortSignal): Promise<Most> {
  const most: Most = { resident: 0, queued: 0 };
  while (!done.aborted) {
    most.resident = Math.max(most.resident, residentBytes(serve) ?? 0);
    // A connection of its own each time: this process is busy, and one that is kept may be closed meanwhile.
    const headers = { connection: 'close' };
    const text = await (await fetch(`http://127.0.0.1:${serve.ports.health}/metrics`, { headers })).text();
    const { series } = readExposition(text).get('contract_data_queued_bytes')!;
    most.queued = Math.max(
      most.queued,
      [...series.values()].reduce((sum, bytes) => sum + bytes, 0),
    );
    await pause(WATCH_EVERY_MS);
  }
  return most;
}

/** Rows of a stream read to its end, by its own account; none of them is kept. */
async function rowsRead(t: TestContext, port: number, ticketText: string): Promise<number> {
  const call = new FlightReader(t, port).call('DoGet', ticket(ticketText));
  let rows = 0;
  for await (const message of call) {
    const progress = bytesOf('FlightData', 'AppMetadata', message as Buffer).toString('utf8');
    if (progress !== '') rows += (JSON.parse(progress) as Progress).rows;
  }
  return rows;
}

function inMebibytes(bytes: number): number {
  return Math.round(bytes / MEGABYTE);
}

test('two readers stand still, the others read every row, and the program holds what it may', async (t) => {
  await readHuge(t, hugeLedgers(20), { streams: 16, standing: 2, ledgers: 1, forMs: 0 });
});

test('ledgers of 40 MB, for a minute', { skip: IS_LONG ? false : 'takes long: TEST_LONG=1' }, async (t) => {
  await readHuge(t, hugeLedgers(40), { streams: 16, standing: 2, ledgers: 2, forMs: 60_000 });
});
