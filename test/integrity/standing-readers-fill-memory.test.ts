/** What the real program holds, by what the operating system says, while its readers stand still. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ticket } from '../flight/google-protobuf.js';
import { rawCall } from '../flight/raw-reader.js';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';
import { FlightReader } from '../service/flight-reader.js';
import { eventually, pause } from '../service/running-service.js';
import { residentBytes, runServe } from '../service/serve-process.js';
import { PASSPHRASE, simulatedSource, storeOf } from '../service/simulated-source.js';

const IS_LONG = process.env.TEST_LONG === '1';
const MEGABYTE = 2 ** 20;
/** What the program takes beside the payload. */
const OVERHEAD = 250 * MEGABYTE;

/** Large ledgers, made once and served under many sequences: a source that is always faster than its reader. */
const busy = createLedgerGenerator({ seed: 5, networkPassphrase: PASSPHRASE, txsPerLedger: 200 });

interface Load {
  readonly maxMemoryMb: number;
  readonly readers: number;
  readonly forMs: number;
}

async function standStill(
  t: Parameters<typeof simulatedSource>[0],
  { maxMemoryMb, readers, forMs }: Load,
): Promise<void> {
  let made = 0;
  const store = storeOf((sequence) => {
    made += 1;
    return busy.ledger(sequence);
  });
  const serve = await runServe(t, await simulatedSource(t, { store }), { MAX_MEMORY_MB: String(maxMemoryMb) });
  if (residentBytes(serve) === undefined) return;
  const reader = new FlightReader(t, serve.ports.flight);
  const { tickets } = await reader.info({ start_ledger: 1, end_ledger: 900_000 });
  const still = Array.from({ length: readers }, () => rawCall(serve.ports.flight, 'DoGet', ticket(tickets[0]!)));
  t.after(() => still.forEach((call) => call.close()));

  let before = -1;
  await eventually(
    'the source is slowed to a stop',
    async () => {
      await pause(1_000);
      const isStill = made === before && made > 0;
      before = made;
      return isStill;
    },
    30_000,
  );
  let most = 0;
  const until = performance.now() + forMs;
  while (performance.now() < until) {
    most = Math.max(most, residentBytes(serve)!);
    await pause(50);
  }
  assert.equal(made, before, 'the source stands still while its readers do');
  const metrics = await (await fetch(`http://127.0.0.1:${serve.ports.health}/metrics`)).text();
  const held = [...metrics.matchAll(/^contract_data_queued_bytes\{stage="\w+"\} (\S+)$/gm)];
  const payload = held.reduce((sum, [, bytes]) => sum + Number(bytes), 0);
  assert.ok(payload > 0, metrics);
  const allowed = { payload: maxMemoryMb * MEGABYTE, resident: maxMemoryMb * MEGABYTE + OVERHEAD };
  const inMebibytes = (bytes: number): number => Math.round(bytes / MEGABYTE);
  assert.ok(
    payload <= allowed.payload && most <= allowed.resident,
    `payload ${inMebibytes(payload)} of ${inMebibytes(allowed.payload)} MiB, ` +
      `resident ${inMebibytes(most)} of ${inMebibytes(allowed.resident)} MiB`,
  );
}

test('as many readers as fit stand still, and the program holds what it may', async (t) => {
  await standStill(t, { maxMemoryMb: 64, readers: 8, forMs: IS_LONG ? 120_000 : 1_000 });
});

test('at the default of MAX_MEMORY_MB', { skip: IS_LONG ? false : 'takes long: TEST_LONG=1' }, async (t) => {
  await standStill(t, { maxMemoryMb: 256, readers: 32, forMs: 120_000 });
});
