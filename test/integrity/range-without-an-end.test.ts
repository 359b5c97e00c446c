/** Ranges at the edges: one ledger, no rows, ledgers larger than a batch. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fileCleanup } from '../service/cleanup.js';
import { FlightReader, rowsOf } from '../service/flight-reader.js';
import { runService } from '../service/running-service.js';
import { expectedRows, simulatedSource } from '../service/simulated-source.js';

const cleanup = fileCleanup();
let reader: FlightReader;
before(async () => {
  const { ports } = await runService(cleanup, await simulatedSource(cleanup));
  reader = new FlightReader(cleanup, ports.flight);
});

test('a range of one ledger has its rows and ends complete', async () => {
  const reading = await reader.readRange({ start_ledger: 77, end_ledger: 77 });
  assert.deepEqual([reading.status, reading.text], [0, '']);
  assert.deepEqual(rowsOf(reading), expectedRows(77, 77));
  const { progress } = reading.batches.at(-1)!;
  assert.deepEqual([progress.first_ledger, progress.last_ledger, progress.complete_through], [77, 77, 77]);
  assert.equal(progress.end, 'complete');
});

test('a range without a row has its schema and ends complete, for both tables', async () => {
  for (const table of ['contract_data', 'ttl']) {
    const request = { start_ledger: 100, end_ledger: 199, table, filters: { modified_after_ledger: 4_000_000_000 } };
    const reading = await reader.readRange(request);
    assert.deepEqual([reading.status, rowsOf(reading)], [0, []]);
    assert.ok(reading.schema.length > 0);
    const { progress } = reading.batches.at(-1)!;
    assert.deepEqual([progress.complete_through, progress.end, progress.rows], [199, 'complete', 0]);
  }
});

test('a ledger larger than a batch comes in pieces, complete only with the last', async () => {
  const reading = await reader.readRange({ start_ledger: 90, end_ledger: 99, batch_size: 10 });
  assert.equal(reading.text, '');
  assert.deepEqual(rowsOf(reading), expectedRows(90, 99));
  const pieces = reading.batches.filter(({ progress }) => progress.piece !== undefined).map(({ progress }) => progress);
  assert.ok(pieces.length > 20);
  for (const {
    piece,
    pieces: of,
    first_ledger: first,
    last_ledger: last,
    complete_through: complete,
    rows,
  } of pieces) {
    assert.equal(first, last);
    assert.equal(complete, piece === of ? last : last - 1);
    assert.ok(rows <= 10);
  }
  assert.deepEqual(
    reading.batches.flatMap(({ progress }) => (progress.end === undefined ? [] : [progress.complete_through])),
    [99],
  );
});

test('a reader that drops what is above complete_through and resumes has each row once, also amid pieces', async () => {
  const request = { start_ledger: 90, end_ledger: 94, batch_size: 10 };
  const whole = await reader.readRange(request);
  for (let cut = 1; cut < whole.batches.length; cut += 3) {
    const batches = whole.batches.slice(0, cut);
    const { complete_through: complete } = batches.at(-1)!.progress;
    const kept = rowsOf({ schema: whole.schema, batches }).filter((row) => Number(row.ledger_sequence) <= complete);
    const rest = await reader.readRange({ ...request, start_ledger: complete + 1 });
    assert.deepEqual([...kept, ...rowsOf(rest)], expectedRows(90, 94));
  }
});

test('rows of the progress are the rows of the batch, and batches follow one another without gap', async () => {
  for (const batch_size of [10, 100, 1_000]) {
    const { schema, batches } = await reader.readRange({ start_ledger: 60, end_ledger: 120, batch_size });
    let next = 60;
    for (const batch of batches) {
      const { progress } = batch;
      assert.equal(rowsOf({ schema, batches: [batch] }).length, progress.rows);
      assert.equal(progress.v, 1);
      assert.equal(progress.first_ledger, next);
      if (progress.piece === undefined || progress.piece === progress.pieces) next = progress.last_ledger + 1;
      assert.equal(progress.complete_through, next - 1);
    }
    assert.equal(next, 121);
  }
});
