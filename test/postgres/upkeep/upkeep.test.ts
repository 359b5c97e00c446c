import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyEntries } from '../../../src/postgres/commit/apply-entries.js';
import { applyTtl, stageTtl } from '../../../src/postgres/commit/apply-ttl.js';
import { ensurePartitions } from '../../../src/postgres/commit/ensure-partitions.js';
import { inTransaction } from '../../../src/postgres/in-transaction.js';
import { claimStream } from '../../../src/postgres/progress/claim-stream.js';
import { recordGaps } from '../../../src/postgres/progress/record-gaps.js';
import { dropPartitionsBefore } from '../../../src/postgres/upkeep/drop-partitions.js';
import { createIndexes, dropIndexes } from '../../../src/postgres/upkeep/indexes.js';
import { pruneTombstones } from '../../../src/postgres/upkeep/prune-tombstones.js';
import { fileCleanup } from '../../service/cleanup.js';
import { type ChangeType, type EntryRow, insertEntries, insertTtl } from '../made-up-rows.js';
import { clientOf, rowsAsText, testDatabases } from '../test-database.js';

const databases = testDatabases(fileCleanup());

const SECONDARY = `SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE c.relnamespace = 'contract_data'::regnamespace AND NOT i.indisprimary AND NOT i.indisunique ORDER BY 1`;

const ALL_INDEXES = [
  'contract_data.current_states_asset_contract_id',
  'contract_data.current_states_balance_holder',
  'contract_data.current_states_contract_id',
  'contract_data.entries_balance_holder',
  'contract_data.entries_contract_id',
  'contract_data.entries_ledger_key_hash',
];

function change(ledger: number, type: ChangeType, key: string, index = 0): EntryRow {
  return { ledger_sequence: ledger, change_index: index, change_type: type, ledger_key_hash: key, val_xdr: 'value' };
}

test('secondary indexes go and come back, on old partitions and new', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await ensurePartitions(client, 1, 1);
  assert.equal((await rowsAsText(client, SECONDARY)).length, 6 + 3);
  await dropIndexes(client);
  await dropIndexes(client);
  assert.deepEqual(await rowsAsText(client, SECONDARY), []);
  await ensurePartitions(client, 64_000, 64_000);
  await createIndexes(client);
  await createIndexes(client);
  const names = (await rowsAsText(client, SECONDARY)).flat();
  assert.deepEqual(
    names.filter((name) => !/entries_\d/.test(name!)),
    ALL_INDEXES,
  );
  assert.equal(names.length, 6 + 2 * 3);
});

test('an update of a value stays on its page and touches no index', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await ensurePartitions(client, 1, 10);
  for (const [ledger, type] of [
    [1, 'created'],
    [2, 'updated'],
    [3, 'updated'],
  ] as const) {
    await inTransaction(client, async () => {
      await insertEntries(client, [{ ...change(ledger, type, 'k'), balance_holder: 'CH', balance_i128: ledger }]);
      await applyEntries(client, ledger, ledger);
    });
  }
  await client.query('SELECT pg_stat_force_next_flush()');
  const updates = `SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'current_states'`;
  assert.deepEqual(await rowsAsText(client, updates), [['2', '2']]);
});

test('retention drops partitions that are older as a whole, while others load', { timeout: 60_000 }, async (t) => {
  const url = await databases.migrated();
  const client = await clientOf(t, url);
  const loading = await clientOf(t, url);
  await ensurePartitions(client, 1, 3 * 64_000);
  await insertEntries(client, [
    change(1, 'created', 'a'),
    change(64_000, 'created', 'a'),
    change(128_000, 'created', 'a'),
  ]);
  assert.deepEqual(await dropPartitionsBefore(client, 63_999), []);
  // An earlier call that was interrupted after the first step.
  await client.query('ALTER TABLE contract_data.entries DETACH PARTITION contract_data.entries_0');
  await loading.query('DELETE FROM contract_data.entries WHERE ledger_sequence = 1');
  assert.deepEqual(await dropPartitionsBefore(client, 130_000), ['entries_0', 'entries_64000']);
  assert.deepEqual(await rowsAsText(client, 'SELECT ledger_sequence FROM contract_data.entries'), [['128000']]);
  await ensurePartitions(client, 1, 1);
  await insertEntries(client, [change(1, 'created', 'a')]);
});

test('tombstones go once everything up to them is loaded, and never beyond a gap', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await ensurePartitions(client, 1, 100);
  await stageTtl(client);
  await inTransaction(client, async () => {
    const rows = [
      change(10, 'removed', 'gone 10'),
      change(20, 'removed', 'gone 20'),
      change(30, 'removed', 'gone 30'),
      change(40, 'removed', 'gone 40'),
      change(10, 'evicted', 'archived', 1),
      change(10, 'created', 'live', 2),
    ];
    await insertEntries(client, rows);
    await applyEntries(client, 1, 100);
    await insertTtl(
      client,
      rows.map((row) => ({ ...row, key_hash: row.ledger_key_hash, live_until_ledger_seq: 99 })),
    );
    await applyTtl(client);
  });
  const keys = (): Promise<(string | null)[][]> =>
    rowsAsText(client, 'SELECT ledger_key_hash FROM contract_data.current_states ORDER BY 1');
  assert.equal(await pruneTombstones(client, 9), 0);
  assert.equal(await pruneTombstones(client, 10), 1);
  assert.deepEqual((await keys()).flat(), ['archived', 'gone 20', 'gone 30', 'gone 40', 'live']);

  const claim = await claimStream(client, { table: 'contract_data', facts: {} });
  await recordGaps(client, claim, 1, 100, [[30, 31, 'unreadable']]);
  assert.equal(await pruneTombstones(client, 50), 1);
  assert.deepEqual((await keys()).flat(), ['archived', 'gone 30', 'gone 40', 'live']);
  await recordGaps(client, claim, 1, 100, []);
  assert.equal(await pruneTombstones(client, 50), 2);
  assert.deepEqual((await keys()).flat(), ['archived', 'live']);
  assert.deepEqual((await rowsAsText(client, 'SELECT key_hash FROM contract_data.ttl ORDER BY 1')).flat(), ['live']);
});
