import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Client } from 'pg';
import { applyTtl, stageTtl } from '../../../src/postgres/commit/apply-ttl.js';
import { inTransaction } from '../../../src/postgres/in-transaction.js';
import { fileCleanup } from '../../service/cleanup.js';
import { type ChangeType, insertTtl, type TtlRow } from '../made-up-rows.js';
import { clientOf, rowsAsText, testDatabases } from '../test-database.js';

const databases = testDatabases(fileCleanup());

const TTL = `SELECT key_hash, live_until_ledger_seq, change_type, deleted, ledger_sequence, change_index
FROM contract_data.ttl ORDER BY key_hash`;

async function load(client: Client, rows: readonly TtlRow[]): Promise<void> {
  await inTransaction(client, async () => {
    await insertTtl(client, rows);
    await applyTtl(client);
  });
}

function ttl(ledger: number, index: number, type: ChangeType, until: number | null, key = 'k'): TtlRow {
  return {
    ledger_sequence: ledger,
    change_index: index,
    change_type: type,
    key_hash: key,
    live_until_ledger_seq: until,
  };
}

test('the newest ledger wins, whatever the order of loading', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await stageTtl(client);
  await load(client, [ttl(5, 0, 'updated', 500), ttl(5, 1, 'created', 50, 'other')]);
  await load(client, [ttl(3, 0, 'created', 900)]);
  await load(client, [ttl(6, 0, 'removed', 50, 'other')]);
  await load(client, [ttl(5, 0, 'updated', 500)]);
  assert.deepEqual(await rowsAsText(client, TTL), [
    ['k', '500', 'updated', 'f', '5', '0'],
    ['other', null, 'removed', 't', '6', '0'],
  ]);
});

test('extensions of one ledger reach as far as the farthest, since its transactions apply in parallel', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await stageTtl(client);
  await load(client, [ttl(5, 0, 'updated', 900), ttl(5, 4, 'updated', 700)]);
  assert.deepEqual(await rowsAsText(client, TTL), [['k', '900', 'updated', 'f', '5', '4']]);
});

test('what was before a removal or creation in a ledger does not count', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await stageTtl(client);
  await load(client, [
    ttl(5, 0, 'updated', 900, 'a'),
    ttl(5, 1, 'removed', 900, 'a'),
    ttl(5, 2, 'created', 300, 'a'),
    ttl(5, 3, 'updated', 400, 'a'),
    ttl(5, 4, 'updated', 350, 'a'),
    ttl(5, 5, 'restored', 800, 'b'),
    ttl(5, 6, 'evicted', null, 'b'),
  ]);
  assert.deepEqual(await rowsAsText(client, TTL), [
    ['a', '400', 'updated', 'f', '5', '4'],
    ['b', null, 'evicted', 't', '5', '6'],
  ]);
});

test('staged rows leave with their transaction, and the staging table may be asked for again', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await stageTtl(client);
  await stageTtl(client);
  const count = 'SELECT count(*) FROM pg_temp.ttl_loading';
  await client.query('BEGIN');
  await insertTtl(client, [ttl(5, 0, 'created', 900)]);
  assert.deepEqual(await rowsAsText(client, count), [['1']]);
  await client.query('COMMIT');
  assert.deepEqual(await rowsAsText(client, count), [['0']]);
});

/** CREATED and RESTORED set it, UPDATED takes the farther within a ledger, and anything else clears it. */
function folded(rows: readonly TtlRow[]): string[][] {
  const states = new Map<string, { until: number | null; ledger: number }>();
  for (const row of rows) {
    const before = states.get(row.key_hash);
    const isGone = row.change_type === 'removed' || row.change_type === 'evicted';
    const reached = before?.ledger === row.ledger_sequence && row.change_type === 'updated' ? (before.until ?? 0) : 0;
    const until = isGone ? null : Math.max(row.live_until_ledger_seq!, reached);
    states.set(row.key_hash, { until, ledger: row.ledger_sequence });
  }
  return [...states].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { until }]) => [key, String(until)]);
}

test('ledgers loaded in any order, with repeats, leave what one change after the other leaves', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await stageTtl(client);
  const types: readonly ChangeType[] = ['created', 'updated', 'updated', 'updated', 'removed', 'restored', 'evicted'];
  const change = fc.record({
    ledger: fc.integer({ min: 1, max: 4 }),
    key: fc.constantFrom('a', 'b'),
    type: fc.constantFrom(...types),
    until: fc.integer({ min: 1, max: 9 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { maxLength: 14 }),
      fc.array(fc.integer({ min: 1, max: 4 })),
      async (made, order) => {
        await client.query('TRUNCATE contract_data.ttl');
        const rows = [...made]
          .sort((a, b) => a.ledger - b.ledger)
          .map(({ ledger, key, type, until }, i) => ttl(ledger, i, type, type === 'evicted' ? null : until, key));
        for (const ledger of [...order, 4, 2, 1, 3]) {
          await load(
            client,
            rows.filter((row) => row.ledger_sequence === ledger),
          );
        }
        const found =
          "SELECT key_hash, coalesce(live_until_ledger_seq::text, 'null') FROM contract_data.ttl ORDER BY 1";
        assert.deepEqual(await rowsAsText(client, found), folded(rows));
      },
    ),
    { numRuns: 60 },
  );
});
