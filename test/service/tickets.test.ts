/** Tickets: what they say, what they split into, and that equal ones give equal bytes. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { FlightReader, type Reading, rowsOf } from './flight-reader.js';
import { fileCleanup } from './cleanup.js';
import { runService } from './running-service.js';
import { expectedRows, PASSPHRASE, simulatedSource } from './simulated-source.js';

const RANGE = { start_ledger: 100, end_ledger: 250 };

const cleanup = fileCleanup();
let reader: FlightReader;
let other: FlightReader;
before(async () => {
  const source = await simulatedSource(cleanup);
  const small = await runService(cleanup, source, { LEDGERS_PER_TASK: '1', WORKER_COUNT: '2', BATCH_SIZE: '300' });
  const large = await runService(cleanup, await simulatedSource(cleanup, { protocols: ['ledgers'] }), {
    LEDGERS_PER_TASK: '64',
    BATCH_SIZE: '900',
  });
  reader = new FlightReader(cleanup, small.ports.flight);
  other = new FlightReader(cleanup, large.ports.flight);
});

function bytesOfAll(reading: Reading): Buffer {
  assert.equal(reading.text, '');
  const parts = reading.batches.map(({ header, body, progress }) => [header, body, JSON.stringify(progress)]);
  return Buffer.concat([reading.schema, ...parts.flat().map((part) => Buffer.from(part))]);
}

test('a ticket is the request with every default filled in, keys sorted, and a query id of its own', async () => {
  const { tickets, queryId } = await reader.info(RANGE);
  const [, json, id] = /^cd1:(\{.*\})#(.*)$/.exec(tickets[0]!)!;
  const said = JSON.parse(json!) as Record<string, unknown>;
  assert.deepEqual(Object.keys(said), Object.keys(said).sort());
  assert.equal(said.network, PASSPHRASE);
  assert.equal(said.batch_size, 300);
  assert.deepEqual(said.filters, { include_deleted: true });
  assert.ok(id!.startsWith(queryId));
  const { tickets: again, queryId: otherId } = await reader.info({ end_ledger: 250, start_ledger: 100 });
  assert.equal(again[0]!.split('#')[0], tickets[0]!.split('#')[0]);
  assert.notEqual(otherId, queryId);
});

test('tickets equal up to # give equal bytes, from services that divide the work in other ways', async () => {
  const { tickets } = await reader.info(RANGE);
  const first = bytesOfAll(await reader.read(tickets[0]!));
  const unnamed = tickets[0]!.split('#')[0]!;
  assert.ok(first.equals(bytesOfAll(await reader.read(`${unnamed}#any-other`))), 'another query of the same service');
  assert.ok(first.equals(bytesOfAll(await other.read(unnamed))), 'another service');
});

describe('partitions', () => {
  test('begin at multiples of 64, join without gap, and each ends complete', async () => {
    const { tickets } = await reader.info({ ...RANGE, partitions: 4 });
    const ranges = tickets.map((ticket) => {
      const { start_ledger: start, end_ledger: end } = JSON.parse(/^cd1:(\{.*\})#/.exec(ticket)![1]!) as {
        start_ledger: number;
        end_ledger: number;
      };
      return { start, end };
    });
    assert.ok(ranges.length > 1);
    assert.ok(ranges.slice(1).every(({ start }) => start % 64 === 0));
    assert.deepEqual(
      ranges.slice(1).map(({ start }) => start),
      ranges.slice(0, -1).map(({ end }) => end + 1),
    );
    assert.deepEqual([ranges[0]!.start, ranges.at(-1)!.end], [100, 250]);
  });

  const expected = expectedRows(100, 250);
  test('one after the other are the whole', async () => {
    const { tickets } = await reader.info({ ...RANGE, partitions: 3 });
    const rows = [];
    for (const ticket of tickets) {
      const reading = await reader.read(ticket);
      assert.equal(reading.batches.at(-1)!.progress.end, 'complete');
      rows.push(...rowsOf(reading));
    }
    assert.deepEqual(rows, expected);
  });

  test('all at once are the whole', async () => {
    const { tickets } = await reader.info({ ...RANGE, partitions: 64 });
    const readings = await Promise.all(tickets.map((ticket) => reader.read(ticket)));
    assert.deepEqual(readings.flatMap(rowsOf), expected);
  });
});

describe("the predecessor's tickets", () => {
  test('are read with and without filters', async () => {
    const expected = expectedRows(200, 210);
    assert.deepEqual(rowsOf(await reader.read('contract_data:200:210:')), expected);
    assert.deepEqual(
      rowsOf(await reader.read('contract_data:200:210:{"include_deleted":false}')),
      expected.filter((row) => row.deleted === false),
    );
    assert.deepEqual(rowsOf(await reader.readRange('contract_data:200:210:{}')), expected);
  });

  test('take the filter to be all that follows the third colon', async () => {
    const contract = expectedRows(200, 210)[0]!.contract_id as string;
    const reading = await reader.read(`contract_data:200:210:{ "contract_ids" : ["${contract}"] }`);
    assert.deepEqual(
      rowsOf(reading),
      expectedRows(200, 210).filter((row) => row.contract_id === contract),
    );
  });
});

test('a ticket is read as it stands: defaults of another service do not change it', async () => {
  const { tickets } = await reader.info({ start_ledger: 200, end_ledger: 240 });
  const reading = await other.read(tickets[0]!);
  assert.ok(reading.batches.every(({ progress }) => progress.rows <= 300));
});
