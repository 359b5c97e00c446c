/** Outages on either side of the service: rows go on at the exact next ledger, with no gap and no double. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SERVED_PROTOCOLS } from '../../src/ledger-server/ledger-server.js';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';
import { FlightReader, type Reading, rowsOf } from '../service/flight-reader.js';
import { runService } from '../service/running-service.js';
import { runServe } from '../service/serve-process.js';
import { expectedRows, PASSPHRASE, simulatedSource, storeOf } from '../service/simulated-source.js';
import { oracleRows } from '../support/row-oracle.js';

const RANGE = { start_ledger: 1_200, end_ledger: 1_260 };

const large = createLedgerGenerator({ seed: 3, networkPassphrase: PASSPHRASE, txsPerLedger: 1_100 });
const largeLedger = Buffer.from(large.ledger(7));
assert.ok(largeLedger.length > 4 * 2 ** 20);
const rowsOfLarge = oracleRows(largeLedger, PASSPHRASE);

function hasAll(reading: Reading): void {
  assert.equal(reading.text, '');
  assert.deepEqual(rowsOf(reading), expectedRows(1_200, 1_260));
  assert.equal(reading.batches.at(-1)!.progress.end, 'complete');
}

test('a source that is down at the start is waited for', async (t) => {
  const place = await simulatedSource(t);
  place.close();
  const { ports } = await runService(t, place);
  const reading = new FlightReader(t, ports.flight).readRange(RANGE);
  await new Promise((resolve) => setTimeout(resolve, 700));
  await simulatedSource(t, {}, place.port);
  hasAll(await reading);
});

for (const protocol of SERVED_PROTOCOLS) {
  test(`a source that hangs, gives up, skips and repeats is survived: ${protocol}`, async (t) => {
    const faults = {
      hangAfter: [{ ledger: 1_203, always: false }],
      skip: [{ ledger: 1_222, always: false }],
      repeat: [{ ledger: 1_230, always: false }],
      reorder: [{ ledger: 1_240, always: false }],
      unavailableEvery: 35,
    };
    const source = await simulatedSource(t, { protocols: [protocol], faults });
    const { ports } = await runService(t, source, { SOURCE_IDLE_TIMEOUT: '300ms' });
    hasAll(await new FlightReader(t, ports.flight).readRange({ ...RANGE, batch_size: 150 }));
  });

  test(`ledgers above 4 MiB pass: ${protocol}`, async (t) => {
    const store = storeOf((sequence) => large.ledger(sequence));
    const { ports } = await runService(t, await simulatedSource(t, { store, protocols: [protocol] }));
    const reading = await new FlightReader(t, ports.flight).readRange({ start_ledger: 7, end_ledger: 7 });
    assert.equal(reading.text, '');
    assert.deepEqual(rowsOf(reading), rowsOfLarge);
  });
}
test('a service that is killed is resumed from another one at complete_through + 1, each row once', async (t) => {
  const source = await simulatedSource(t);
  const first = await runServe(t, source);
  const reader = new FlightReader(t, first.ports.flight);
  const { tickets } = await reader.info({ start_ledger: 1, end_ledger: 100_000, batch_size: 200 });
  let batches = 0;
  const broken = await reader.read(tickets[0]!, () => {
    batches += 1;
    if (batches === 12) first.child.kill('SIGKILL');
  });
  assert.notEqual(broken.status, 0);
  const through = broken.batches.at(-1)!.progress.complete_through;
  const { ports } = await runService(t, source);
  const rest = await new FlightReader(t, ports.flight).readRange({
    start_ledger: through + 1,
    end_ledger: through + 9,
  });
  const from = Math.max(1, through - 20);
  const kept = rowsOf(broken).filter((row) => Number(row.ledger_sequence) >= from);
  assert.deepEqual([...kept, ...rowsOf(rest)], expectedRows(from, through + 9));
});
