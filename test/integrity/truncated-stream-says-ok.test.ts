/** What a source may get wrong and nobody can mend: the stream ends with an error that is honest about all before it. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { status } from '@grpc/grpc-js';
import { type LedgerServerOptions, SERVED_PROTOCOLS } from '../../src/ledger-server/ledger-server.js';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';
import { FlightReader, type Reading, rowsOf } from '../service/flight-reader.js';
import { runService } from '../service/running-service.js';
import { expectedRows, generator, simulatedSource, storeOf } from '../service/simulated-source.js';

async function readFrom(
  t: TestContext,
  source: Partial<LedgerServerOptions>,
  range: { start_ledger: number; end_ledger: number },
  env: Record<string, string> = {},
): Promise<Reading> {
  const { ports } = await runService(t, await simulatedSource(t, source), { LOG_LEVEL: 'silent', ...env });
  return await new FlightReader(t, ports.flight).readRange(range);
}

/** Checks that all before `ledger` came, and that the error says to resume there. */
function endsBefore(ledger: number, reading: Reading, first: number): void {
  assert.match(reading.text, new RegExp(`resume_from=${ledger}$`));
  assert.equal(reading.batches.at(-1)?.progress.complete_through ?? first - 1, ledger - 1);
  assert.deepEqual(rowsOf(reading), expectedRows(first, ledger - 1));
  assert.ok(reading.batches.every(({ progress }) => progress.end === undefined));
}

for (const protocol of SERVED_PROTOCOLS) {
  test(`a damaged ledger is DATA_LOSS naming ledger and byte, after all rows before it: ${protocol}`, async (t) => {
    const faults = { corrupt: [{ ledger: 230, always: true }] };
    const reading = await readFrom(t, { protocols: [protocol], faults }, { start_ledger: 201, end_ledger: 260 });
    assert.equal(reading.status, status.DATA_LOSS, reading.text);
    assert.match(reading.text, /^LEDGER_(INVALID|MISMATCH): ledger 230, byte \d+, \w+/);
    endsBefore(230, reading, 201);
  });

  test(`ledgers of another network are FAILED_PRECONDITION, and no row comes of them: ${protocol}`, async (t) => {
    const elsewhere = createLedgerGenerator({ seed: 11, networkPassphrase: 'elsewhere', txsPerLedger: 6 });
    const store = storeOf((sequence) => elsewhere.ledger(sequence));
    // A chunk may own up to it; otherwise the first transaction of the ledgers tells.
    for (const networkPassphrase of protocol === 'chunks' ? ['elsewhere', ''] : ['']) {
      const options = { store, networkPassphrase, protocols: [protocol] };
      const reading = await readFrom(t, options, { start_ledger: 201, end_ledger: 260 });
      assert.equal(reading.status, status.FAILED_PRECONDITION, reading.text);
      assert.match(reading.text, /^PASSPHRASE_MISMATCH: .*Test SDF Network ; September 2015/);
      endsBefore(201, reading, 201);
    }
  });
}

const CONFLICT = { conflict: [{ ledger: 230, always: true }] };

for (const protocol of SERVED_PROTOCOLS) {
  test(`a ledger that comes twice, with other bytes, is DATA_LOSS after all rows before it: ${protocol}`, async (t) => {
    const source = { protocols: [protocol], faults: CONFLICT };
    const reading = await readFrom(t, source, { start_ledger: 201, end_ledger: 260 });
    assert.equal(reading.status, status.DATA_LOSS, reading.text);
    assert.match(reading.text, /^SOURCE_CONFLICT: the source sent ledger/);
    // The first of the two may have been taken for good.
    const resume = Number(/resume_from=(\d+)$/.exec(reading.text)?.[1]);
    assert.ok(resume === 230 || resume === 231, reading.text);
    endsBefore(resume, reading, 201);
  });
}

test('a chunk that overlaps the one before it doubles no row', async (t) => {
  const source = { protocols: ['chunks'] as const, faults: { repeat: [{ ledger: 230, always: true }] } };
  const reading = await readFrom(t, source, { start_ledger: 201, end_ledger: 260 });
  assert.equal(reading.text, '');
  assert.deepEqual(rowsOf(reading), expectedRows(201, 260));
});

test('a ledger that the source has not is DATA_LOSS after all rows before it, when it was asked for often enough', async (t) => {
  const faults = { skip: [{ ledger: 230, always: true }] };
  const range = { start_ledger: 201, end_ledger: 260 };
  const reading = await readFrom(t, { faults }, range, { SOURCE_GAP_RETRIES: '1' });
  assert.equal(reading.status, status.DATA_LOSS, reading.text);
  assert.match(reading.text, /^SOURCE_GAP: ledger 230 is missing/);
  endsBefore(230, reading, 201);
});

test('a ledger whose header says another sequence is DATA_LOSS, not a row of the wrong ledger', async (t) => {
  const store = storeOf((sequence) => generator.ledger(sequence === 230 ? 231 : sequence));
  const reading = await readFrom(t, { store }, { start_ledger: 201, end_ledger: 260 });
  assert.equal(reading.status, status.DATA_LOSS, reading.text);
  assert.match(reading.text, /^LEDGER_MISMATCH: ledger 230 expected, the header says 231/);
  endsBefore(230, reading, 201);
});

test('a start before the first ledger of the source is said at once, with its first ledger', async (t) => {
  const store = { first: 100, last: 1_000, read: (start: number) => storeOf((n) => generator.ledger(n)).read(start) };
  const reading = await readFrom(t, { store }, { start_ledger: 50, end_ledger: 120 });
  assert.notEqual(reading.status, 0);
  assert.match(reading.text, /^SOURCE_[A-Z]+: .*100/);
  assert.match(reading.text, /resume_from=50$/);
});
