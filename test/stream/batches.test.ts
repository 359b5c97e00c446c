import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { BatchAssembler, type LedgerBatch } from '../../src/stream/batches.js';
import { columnKinds } from '../../src/cli/output/writers.js';
import { parseRowRequest } from '../../src/request/row-request.js';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';
import { arrowSchema } from '../../workers/columns/tables.js';
import type { DecodedLedger } from '../../workers/decode-result.js';
import { LedgerDecoder } from '../../workers/decode.js';
import { encapsulationPrefix, encodeSchema, END_OF_STREAM, wholeBatch } from '../../workers/ipc.js';
import { oracleRows, type OracleRow } from '../support/row-oracle.js';

const PASSPHRASE = 'Test SDF Network ; September 2015';
const FIRST = 500;
const generator = createLedgerGenerator({ seed: 9, networkPassphrase: PASSPHRASE, txsPerLedger: 6 });
const ledgers = Array.from({ length: 24 }, (_, i) => Buffer.from(generator.ledger(FIRST + i)));

function decode(
  batchSize: number,
  filters: Record<string, unknown> = {},
): { request: ReturnType<typeof parseRowRequest>; decoded: readonly DecodedLedger[] } {
  const request = parseRowRequest({ batch_size: batchSize, filters }, PASSPHRASE);
  const inputs = ledgers.map((bytes) => ({ bytes, form: 'ledger' as const }));
  return { request, decoded: new LedgerDecoder(request).decode(inputs).ledgers };
}

function assemble(batchSize: number, filters: Record<string, unknown> = {}): LedgerBatch[] {
  const { request, decoded } = decode(batchSize, filters);
  const assembler = new BatchAssembler(columnKinds(request), request.batchRows);
  return [...decoded.flatMap((ledger) => assembler.add(ledger)), ...assembler.flush()];
}

/** Rows as apache-arrow reads them, in the oracle's form. */
function readRows(batches: readonly LedgerBatch[]): OracleRow[] {
  const { request } = decode(1);
  const schema = encodeSchema(arrowSchema(request));
  const parts: Uint8Array[] = [encapsulationPrefix(schema), schema];
  for (const { message } of batches) {
    if (message === undefined) continue;
    const { metadata, body } = wholeBatch(message);
    parts.push(encapsulationPrefix(metadata), metadata, body);
  }
  const table = tableFromIPC(Buffer.concat([...parts, END_OF_STREAM]));
  return table.toArray().map((row) => {
    const cells = Object.entries((row as { toJSON(): Record<string, unknown> }).toJSON());
    return Object.fromEntries(cells.map(([name, value]) => [name, oracleForm(name, value)])) as OracleRow;
  });
}

function oracleForm(name: string, value: unknown): unknown {
  if (name === 'closed_at') return new Date(Number(value)).toISOString().replace('.000Z', 'Z');
  return typeof value === 'bigint' ? value.toString() : value;
}

const expected = ledgers.flatMap((ledger) => oracleRows(ledger, PASSPHRASE));

test('joined batches hold, as apache-arrow reads them, exactly the rows that stellar-base finds in the ledgers', () => {
  for (const batchSize of [1, 7, 30, 100, 100_000]) assert.deepEqual(readRows(assemble(batchSize)), expected);
});

test('a batch is full: it ends only where the next ledger would pass batch_size, and covers whole ledgers', () => {
  const rowsOf = new Map<number, number>();
  for (const row of expected) {
    const sequence = row.ledger_sequence as number;
    rowsOf.set(sequence, (rowsOf.get(sequence) ?? 0) + 1);
  }
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 900 }), (batchSize) => {
      const batches = assemble(batchSize);
      let next = FIRST;
      for (const { firstLedger, lastLedger, rows } of batches) {
        assert.equal(firstLedger, next);
        next = lastLedger + 1;
        assert.ok(rows <= batchSize);
        if (next < FIRST + ledgers.length)
          assert.ok(rows + (rowsOf.get(next) ?? 0) > batchSize, `batch to ${lastLedger}`);
      }
      assert.equal(next, FIRST + ledgers.length);
    }),
    { numRuns: 20 },
  );
});

test('a ledger above batch_size comes in numbered pieces that together are all of it', () => {
  const batches = assemble(10);
  const ofFirst = batches.filter(({ firstLedger }) => firstLedger === FIRST);
  assert.ok(ofFirst.length > 1);
  assert.deepEqual(
    ofFirst.map(({ piece }) => piece),
    ofFirst.map((_, i) => ({ number: i + 1, of: ofFirst.length })),
  );
  assert.equal(
    ofFirst.reduce((sum, { rows }) => sum + rows, 0),
    expected.filter((row) => row.ledger_sequence === FIRST).length,
  );
});

test('ledgers without rows move the watermark: their batch covers them without a message', () => {
  const batches = assemble(1000, { modified_after_ledger: 4_000_000_000 });
  assert.deepEqual(batches, [
    {
      firstLedger: FIRST,
      lastLedger: FIRST + ledgers.length - 1,
      rows: 0,
      message: undefined,
      blocks: [],
      heldBytes: 0,
    },
  ]);
});

test('equal ledgers give equal bytes, however they were grouped into tasks', () => {
  const inOnePiece = ({ message, ...batch }: LedgerBatch) => ({ ...batch, message: message && wholeBatch(message) });
  const whole = assemble(300).map(inOnePiece);
  const request = parseRowRequest({ batch_size: 300 }, PASSPHRASE);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), (ledgersPerTask) => {
      const assembler = new BatchAssembler(columnKinds(request), request.batchRows);
      const batches: LedgerBatch[] = [];
      for (let i = 0; i < ledgers.length; i += ledgersPerTask) {
        const inputs = ledgers.slice(i, i + ledgersPerTask).map((bytes) => ({ bytes, form: 'ledger' as const }));
        for (const ledger of new LedgerDecoder(request).decode(inputs).ledgers) batches.push(...assembler.add(ledger));
      }
      assert.deepEqual([...batches, ...assembler.flush()].map(inOnePiece), whole);
    }),
    { numRuns: 9 },
  );
});
