import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addPartitions } from '../../../src/postgres/progress/add-partitions.js';
import { advance } from '../../../src/postgres/progress/advance.js';
import { beginForStream } from '../../../src/postgres/progress/begin-for-stream.js';
import { claimStream, type StreamIdentity } from '../../../src/postgres/progress/claim-stream.js';
import { contiguousWatermark } from '../../../src/postgres/progress/contiguous-watermark.js';
import { recordGaps } from '../../../src/postgres/progress/record-gaps.js';
import { fileCleanup } from '../../service/cleanup.js';
import { clientOf, rowsAsText, testDatabases } from '../test-database.js';

const databases = testDatabases(fileCleanup());

const facts = { network: 'test', source: 'a:1', filters: { contract_ids: ['CA'] }, compact: false };
const identity: StreamIdentity = { table: 'contract_data', facts };

test('a stream begins with nothing, takes ranges, and is found again where it was left', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  const first = await claimStream(client, identity);
  assert.match(first.name, /^sha256:[0-9a-f]{64}$/);
  assert.deepEqual(first.partitions, []);
  const added = await addPartitions(client, first, [
    { firstLedger: 100, endLedger: 199 },
    { firstLedger: 200, endLedger: undefined },
  ]);
  assert.deepEqual(added, [
    { partition: 0, firstLedger: 100, endLedger: 199, completeThrough: 99 },
    { partition: 1, firstLedger: 200, endLedger: undefined, completeThrough: 199 },
  ]);
  await advance(client, first, 1, 199, 250);

  const reordered = { compact: false, filters: { contract_ids: ['CA'] }, source: 'a:1', network: 'test' };
  const again = await claimStream(client, { ...identity, facts: reordered });
  assert.deepEqual([again.streamId, again.name, again.epoch], [first.streamId, first.name, '2']);
  assert.deepEqual(again.partitions, [added[0], { ...added[1], completeThrough: 250 }]);
});

test('who has been overtaken cannot commit any more, whatever part of the work it is at', async (t) => {
  const url = await databases.migrated();
  const [older, newer] = [await clientOf(t, url), await clientOf(t, url)];
  const old = await claimStream(older, identity);
  await addPartitions(older, old, [{ firstLedger: 1, endLedger: 100 }]);
  await claimStream(newer, identity);
  await assert.rejects(advance(older, old, 0, 0, 10), { code: 'STREAM_FENCED' });
  await assert.rejects(addPartitions(older, old, [{ firstLedger: 101, endLedger: 200 }]), { code: 'STREAM_FENCED' });
});

test('a claim waits for the commit in flight, and sees what it did', async (t) => {
  const url = await databases.migrated();
  const [older, newer, watcher] = [await clientOf(t, url), await clientOf(t, url), await clientOf(t, url)];
  const old = await claimStream(older, identity);
  await addPartitions(older, old, [{ firstLedger: 1, endLedger: 100 }]);
  await older.query('BEGIN');
  await advance(older, old, 0, 0, 10);
  const claim = claimStream(newer, identity);
  for (let waiting = false; !waiting;) {
    const [[count]] = (await rowsAsText(watcher, 'SELECT count(*) FROM pg_locks WHERE NOT granted')) as [[string]];
    waiting = count === '1';
  }
  await older.query('COMMIT');
  assert.equal((await claim).partitions[0]?.completeThrough, 10);
  await assert.rejects(advance(older, old, 0, 10, 20), { code: 'STREAM_FENCED' });
});

test('a claim waits for a writer that has not come to its advance, which then may still commit', async (t) => {
  const url = await databases.migrated();
  const [older, newer, watcher] = [await clientOf(t, url), await clientOf(t, url), await clientOf(t, url)];
  const old = await claimStream(older, identity);
  await addPartitions(older, old, [{ firstLedger: 1, endLedger: 100 }]);
  await beginForStream(older, old, 0);
  const claim = claimStream(newer, identity, 60_000);
  for (let waiting = false; !waiting;) {
    const [[count]] = (await rowsAsText(watcher, 'SELECT count(*) FROM pg_locks WHERE NOT granted')) as [[string]];
    waiting = count === '1';
  }
  await advance(older, old, 0, 0, 10);
  await older.query('COMMIT');
  assert.equal((await claim).partitions[0]?.completeThrough, 10);
  await assert.rejects(beginForStream(older, old, 0), { code: 'STREAM_FENCED' });
});

test('a claim ends a writer that stands still, wherever it is in its transaction, and no other', async (t) => {
  const url = await databases.migrated();
  const other = await clientOf(t, url);
  const of = await claimStream(other, { ...identity, table: 'ttl' });
  await addPartitions(other, of, [{ firstLedger: 1, endLedger: 100 }]);
  await beginForStream(other, of, 0);
  for (const hasAdvanced of [false, true]) {
    const [older, newer] = [await clientOf(t, url), await clientOf(t, url)];
    const old = await claimStream(older, identity);
    if (old.partitions.length === 0) await addPartitions(older, old, [{ firstLedger: 1, endLedger: 100 }]);
    await beginForStream(older, old, 0);
    if (hasAdvanced) await advance(older, old, 0, 0, 10);
    const { partitions } = await claimStream(newer, identity, 1);
    assert.equal(partitions[0]?.completeThrough, 0);
    await assert.rejects(older.query('COMMIT'));
  }
  await advance(other, of, 0, 0, 10);
  await other.query('COMMIT');
});

test('moving on from where the partition is not is refused, with what is stored', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  const claim = await claimStream(client, identity);
  await addPartitions(client, claim, [{ firstLedger: 1, endLedger: 100 }]);
  await advance(client, claim, 0, 0, 10);
  await assert.rejects(advance(client, claim, 0, 0, 10), {
    code: 'PROGRESS_CONFLICT',
    message: /complete through 0 expected, it is through 10/,
  });
  await assert.rejects(advance(client, claim, 7, 0, 10), { code: 'PROGRESS_CONFLICT', message: /it has no progress/ });
  await assert.rejects(advance(client, claim, 0, 10, 101), { code: '23514' });
});

test('ranges of a stream may not overlap, and none of those asked for is added then', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  const claim = await claimStream(client, identity);
  await addPartitions(client, claim, [{ firstLedger: 100, endLedger: 199 }]);
  const asked = [
    { firstLedger: 1, endLedger: 99 },
    { firstLedger: 199, endLedger: undefined },
  ];
  await assert.rejects(addPartitions(client, claim, asked), {
    code: 'PROGRESS_CONFLICT',
    message: /already has ledgers 100 to 199, which overlap 199 to the newest/,
  });
  assert.equal((await claimStream(client, identity)).partitions.length, 1);
});

test('another stream is kept out of a table that holds one, with the facts that differ', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await claimStream(client, { ...identity, name: 'first' });
  const other = { ...identity, facts: { ...facts, compact: true, known_assets: ['USDC:G'] } };
  for (const name of ['first', 'second', undefined]) {
    await assert.rejects(claimStream(client, { ...other, name }), {
      code: 'STREAM_MISMATCH',
      message:
        /holds stream first.*: compact is false there and true here; known_assets is null there and \["USDC:G"\] here/,
    });
  }
  const sameFacts = await claimStream(client, { ...identity, name: 'second' });
  assert.equal(sameFacts.epoch, '1');
  const otherTable = await claimStream(client, { table: 'ttl', facts: other.facts });
  assert.equal(otherTable.table, 'ttl');
});

test('gaps are noted once, and forgotten when their ledgers are loaded', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  const claim = await claimStream(client, identity);
  await recordGaps(client, claim, 1, 100, [
    [10, 12, 'unreadable'],
    [50, 50, 'missing'],
  ]);
  const gaps = 'SELECT from_ledger, to_ledger, reason FROM contract_data.quarantine ORDER BY 1';
  await recordGaps(client, claim, 1, 49, [[10, 12, 'still unreadable']]);
  assert.deepEqual(await rowsAsText(client, gaps), [
    ['10', '12', 'still unreadable'],
    ['50', '50', 'missing'],
  ]);
  await recordGaps(client, claim, 50, 60, []);
  assert.deepEqual(await rowsAsText(client, gaps), [['10', '12', 'still unreadable']]);
});

test('the watermark passes over ranges that meet, and stops at the first hole', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  assert.equal(await contiguousWatermark(client, 'contract_data'), undefined);
  const claim = await claimStream(client, { ...identity, name: 'one' });
  await addPartitions(client, claim, [
    { firstLedger: 200, endLedger: 299 },
    { firstLedger: 100, endLedger: 199 },
    { firstLedger: 400, endLedger: undefined },
  ]);
  assert.equal(await contiguousWatermark(client, 'contract_data'), 99);
  await advance(client, claim, 0, 199, 250);
  assert.equal(await contiguousWatermark(client, 'contract_data'), 99);
  await advance(client, claim, 1, 99, 150);
  assert.equal(await contiguousWatermark(client, 'contract_data'), 150);
  await advance(client, claim, 1, 150, 199);
  assert.equal(await contiguousWatermark(client, 'contract_data'), 250);
  await advance(client, claim, 0, 250, 299);
  await advance(client, claim, 2, 399, 1000);
  assert.equal(await contiguousWatermark(client, 'contract_data'), 299);

  const second = await claimStream(client, { ...identity, name: 'two' });
  await addPartitions(client, second, [{ firstLedger: 300, endLedger: 399 }]);
  await advance(client, second, 0, 299, 399);
  assert.equal(await contiguousWatermark(client, 'contract_data'), 1000);
  assert.equal(await contiguousWatermark(client, 'ttl'), undefined);
});
