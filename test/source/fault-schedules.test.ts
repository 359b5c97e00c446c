import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FaultPlan } from '../../src/ledger-server/faults.js';
import { SERVED_PROTOCOLS } from '../../src/ledger-server/ledger-server.js';
import { impatientSource, lastLedgerOf, madeUpStore, readRange, serve } from './made-up-ledgers.js';

const faultAt = fc.integer({ min: 1, max: 60 }).map((ledger) => ({ ledger, always: false }));
const faultsAt = fc.uniqueArray(faultAt, { maxLength: 4, selector: ({ ledger }) => ledger });

test('any schedule of faults that pass gives each ledger of the range once, in order, with its bytes', async (t) => {
  const schedule = fc.record({
    protocol: fc.constantFrom(...SERVED_PROTOCOLS),
    ledgerBytes: fc.constantFrom(20, 3_000, 400_000),
    faults: fc.record<Required<Omit<FaultPlan, 'conflict' | 'corrupt'>>>({
      skip: faultsAt,
      repeat: faultsAt,
      reorder: faultsAt,
      hangAfter: fc.uniqueArray(faultAt, { maxLength: 2, selector: ({ ledger }) => ledger }),
      unavailableEvery: fc.constantFrom(Infinity, 50, 11, 3),
    }),
    start: fc.integer({ min: 1, max: 30 }),
    length: fc.integer({ min: 1, max: 30 }),
  });
  await fc.assert(
    fc.asyncProperty(schedule, async ({ protocol, ledgerBytes, faults, start, length }) => {
      const ledger = (sequence: number): Uint8Array => Buffer.alloc(ledgerBytes + (sequence % 7), sequence);
      const { target, close } = await serve(t, { store: madeUpStore(1_000, ledger), faults, protocols: [protocol] });
      const source = impatientSource({ target, idleTimeoutMs: 60, gapWaitMs: 20, gapRetries: 20 });
      const chunks = await readRange(source, { startLedger: start, endLedger: start + length - 1 }, ledger);
      assert.equal(lastLedgerOf(chunks), start + length - 1);
      close();
    }),
    { numRuns: process.env.TEST_LONG === '1' ? 300 : 25 },
  );
});
