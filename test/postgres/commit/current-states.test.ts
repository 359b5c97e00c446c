import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Client } from 'pg';
import { applyEntries } from '../../../src/postgres/commit/apply-entries.js';
import { ensurePartitions } from '../../../src/postgres/commit/ensure-partitions.js';
import { inTransaction } from '../../../src/postgres/in-transaction.js';
import { fileCleanup } from '../../service/cleanup.js';
import { type ChangeType, type EntryRow, insertEntries, PERSISTENT, TEMPORARY } from '../made-up-rows.js';
import { clientOf, rowsAsText, testDatabases } from '../test-database.js';

const databases = testDatabases(fileCleanup());

const STATES = `SELECT ledger_key_hash, state, change_type, ledger_sequence, change_index,
  val_xdr, value_ledger_sequence, balance_i128, last_modified_ledger
FROM contract_data.current_states ORDER BY ledger_key_hash`;

async function prepared(t: Parameters<typeof clientOf>[0]): Promise<Client> {
  const client = await clientOf(t, await databases.migrated());
  await ensurePartitions(client, 1, 100);
  return client;
}

/** Loads one range as a commit does. */
async function load(client: Client, rows: readonly EntryRow[], first: number, last: number): Promise<void> {
  await inTransaction(client, async () => {
    await client.query('DELETE FROM contract_data.entries WHERE ledger_sequence BETWEEN $1 AND $2', [first, last]);
    await insertEntries(
      client,
      rows.filter((row) => row.ledger_sequence >= first && row.ledger_sequence <= last),
    );
    await applyEntries(client, first, last);
  });
}

function change(ledger: number, type: ChangeType, value: number | null, more: Partial<EntryRow> = {}): EntryRow {
  return {
    ledger_sequence: ledger,
    change_index: 0,
    change_type: type,
    ledger_key_hash: 'k',
    val_xdr: value === null ? null : `value ${value}`,
    balance_i128: value,
    ...more,
  };
}

test('a key has the state of its newest change, and the newest value', async (t) => {
  const client = await prepared(t);
  const rows = [
    change(1, 'created', 10, { ledger_key_hash: 'live' }),
    change(2, 'updated', 20, { ledger_key_hash: 'live' }),
    change(2, 'updated', 21, { ledger_key_hash: 'live', change_index: 1 }),
    change(1, 'created', 11, { ledger_key_hash: 'removed', change_index: 1 }),
    change(3, 'removed', 12, { ledger_key_hash: 'removed' }),
    change(1, 'created', 13, { ledger_key_hash: 'archived', change_index: 2 }),
    change(4, 'evicted', null, { ledger_key_hash: 'archived' }),
    change(1, 'created', 14, { ledger_key_hash: 'dead', change_index: 3, contract_durability: TEMPORARY }),
    change(4, 'evicted', null, { ledger_key_hash: 'dead', change_index: 1, contract_durability: TEMPORARY }),
    change(5, 'evicted', null, { ledger_key_hash: 'unseen', balance_holder: 'CH' }),
  ];
  await load(client, rows, 1, 5);
  assert.deepEqual(await rowsAsText(client, STATES), [
    ['archived', 'archived', 'evicted', '4', '0', 'value 13', '1', '13', '1'],
    ['dead', 'deleted', 'evicted', '4', '1', 'value 14', '1', '14', '1'],
    ['live', 'live', 'updated', '2', '1', 'value 21', '2', '21', '2'],
    ['removed', 'deleted', 'removed', '3', '0', 'value 12', '3', '12', '3'],
    ['unseen', 'archived', 'evicted', '5', '0', null, '5', null, '5'],
  ]);
  const holder = "SELECT balance_holder FROM contract_data.current_states WHERE ledger_key_hash = 'unseen'";
  assert.deepEqual(await rowsAsText(client, holder), [['CH']]);
});

test('an older value that is loaded later fills in what an eviction left open, and changes nothing else', async (t) => {
  const client = await prepared(t);
  const rows = [change(1, 'created', 10), change(2, 'updated', 20), change(3, 'evicted', null)];
  await load(client, rows, 3, 3);
  assert.deepEqual(await rowsAsText(client, STATES), [['k', 'archived', 'evicted', '3', '0', null, '3', null, '3']]);
  await load(client, rows, 1, 1);
  assert.deepEqual(await rowsAsText(client, STATES), [
    ['k', 'archived', 'evicted', '3', '0', 'value 10', '1', '10', '1'],
  ]);
  await load(client, rows, 2, 2);
  const inOrder = [['k', 'archived', 'evicted', '3', '0', 'value 20', '2', '20', '2']];
  assert.deepEqual(await rowsAsText(client, STATES), inOrder);
  await load(client, rows, 1, 1);
  assert.deepEqual(await rowsAsText(client, STATES), inOrder);
});

test('a commit beyond what the statistics know takes no plan for one row', async (t) => {
  const client = await prepared(t);
  const rows = (ledgers: readonly number[], perLedger: number): EntryRow[] =>
    ledgers.flatMap((ledger) =>
      Array.from({ length: perLedger }, (_, index) => {
        const isEvicted = index % 2 === 0;
        const key = { ledger_key_hash: `key ${ledger} ${index}`, change_index: index };
        return change(ledger, isEvicted ? 'evicted' : 'created', isEvicted ? null : index, key);
      }),
    );
  await load(client, rows([1, 2, 3], 1000), 1, 3);
  // What autovacuum does between two commits.
  await client.query('ANALYZE contract_data.entries');
  // Comparing each row with each other would take minutes.
  await client.query("SET statement_timeout = '20s'");
  await load(client, rows([51, 52, 53], 10_000), 51, 53);
  const count = 'SELECT count(*) FROM contract_data.current_states';
  assert.deepEqual(await rowsAsText(client, count), [['33000']]);
});

test('a restored key is live again, and a key created after its removal starts anew', async (t) => {
  const client = await prepared(t);
  const rows = [
    change(1, 'evicted', 10, { ledger_key_hash: 'a' }),
    change(2, 'restored', 10, { ledger_key_hash: 'a' }),
    change(1, 'removed', 30, { ledger_key_hash: 'b', change_index: 1 }),
    change(1, 'created', 40, { ledger_key_hash: 'b', change_index: 2 }),
  ];
  await load(client, rows, 1, 2);
  assert.deepEqual(await rowsAsText(client, STATES), [
    ['a', 'live', 'restored', '2', '0', 'value 10', '2', '10', '2'],
    ['b', 'live', 'created', '1', '2', 'value 40', '1', '40', '1'],
  ]);
});

interface Life {
  readonly persistent: boolean;
  /** What happens to the key, as far as it can at its turn. */
  readonly moves: readonly { readonly ledger: number; readonly pick: number; readonly hasValue: boolean }[];
}

const LEDGERS = 12;

/** A possible history of each key: what may follow is what the ledger's rules allow. */
function historyOf(lives: readonly Life[]): EntryRow[] {
  const rows: EntryRow[] = [];
  lives.forEach(({ persistent, moves }, key) => {
    let state: 'absent' | 'live' | 'archived' = 'absent';
    for (const { ledger, pick, hasValue } of [...moves].sort((a, b) => a.ledger - b.ledger)) {
      const possible: readonly ChangeType[] =
        state === 'absent'
          ? ['created', 'restored']
          : state === 'archived'
            ? ['restored']
            : ['updated', 'removed', 'evicted'];
      const type = possible[pick % possible.length]!;
      // Only evictions, and removals without a pre-image, come without a value.
      const value = hasValue || !(type === 'evicted' || type === 'removed') ? rows.length : null;
      rows.push(
        change(ledger, type, value, {
          ledger_key_hash: `key ${key}`,
          contract_durability: persistent ? PERSISTENT : TEMPORARY,
        }),
      );
      state = type === 'removed' ? 'absent' : type === 'evicted' ? (persistent ? 'archived' : 'absent') : 'live';
    }
  });
  const counts = new Map<number, number>();
  return rows.map((row) => {
    const index = counts.get(row.ledger_sequence) ?? 0;
    counts.set(row.ledger_sequence, index + 1);
    return { ...row, change_index: index };
  });
}

/** The rules of rows, applied to one row after the other. */
function folded(rows: readonly EntryRow[]): string[][] {
  const inOrder = [...rows].sort((a, b) => a.ledger_sequence - b.ledger_sequence || a.change_index - b.change_index);
  const states = new Map<string, Record<'state' | 'type' | 'at' | 'value' | 'valueAt', string>>();
  for (const row of inOrder) {
    const at = `${row.ledger_sequence}/${row.change_index}`;
    const before = states.get(row.ledger_key_hash);
    const isArchived = row.change_type === 'evicted' && row.contract_durability === PERSISTENT;
    const isGone = row.change_type === 'evicted' || row.change_type === 'removed';
    const keepsValue = row.val_xdr === null && before !== undefined && before.value !== 'none';
    states.set(row.ledger_key_hash, {
      state: isArchived ? 'archived' : isGone ? 'deleted' : 'live',
      type: row.change_type,
      at,
      value: keepsValue ? before.value : ((row.val_xdr as string | null) ?? 'none'),
      valueAt: keepsValue ? before.valueAt : at,
    });
  }
  return [...states].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, state]) => [key, ...Object.values(state)]);
}

const FOLDED = `SELECT ledger_key_hash, state, change_type, ledger_sequence || '/' || change_index,
  coalesce(val_xdr, 'none'), value_ledger_sequence || '/' || value_change_index
FROM contract_data.current_states ORDER BY ledger_key_hash`;

test('ranges loaded in any order, with repeats, leave what loading in order leaves', async (t) => {
  const client = await prepared(t);
  const move = fc.record({ ledger: fc.integer({ min: 1, max: LEDGERS }), pick: fc.nat(5), hasValue: fc.boolean() });
  const life = fc.record({ persistent: fc.boolean(), moves: fc.array(move, { maxLength: 10 }) });
  const ranges = fc.uniqueArray(fc.integer({ min: 1, max: LEDGERS }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(life, { minLength: 1, maxLength: 4 }),
      ranges,
      fc.array(fc.nat(), { maxLength: 14 }),
      async (lives, cuts, order) => {
        const rows = historyOf(lives);
        await client.query('TRUNCATE contract_data.entries, contract_data.current_states');
        const starts = [...new Set([1, ...cuts])].sort((a, b) => a - b);
        const cut = starts.map((first, i) => [first, (starts[i + 1] ?? LEDGERS + 1) - 1] as const);
        // Some in a random order, then all: each is loaded once or more.
        const loads = [...order.map((n) => cut[n % cut.length]!), ...[...cut].reverse()];
        for (const [first, last] of loads) await load(client, rows, first, last);
        assert.deepEqual(await rowsAsText(client, FOLDED), folded(rows));
        assert.deepEqual(await rowsAsText(client, 'SELECT count(*) FROM contract_data.entries'), [
          [String(rows.length)],
        ]);
      },
    ),
    { numRuns: 60 },
  );
});

test('commits that change the same keys at once do not deadlock', { timeout: 60_000 }, async (t) => {
  const url = await databases.migrated();
  const clients = await Promise.all([1, 2, 3].map(() => clientOf(t, url)));
  await ensurePartitions(clients[0]!, 1, 100);
  const keys = Array.from({ length: 300 }, (_, i) => `key ${(i * 7919) % 300}`);
  await Promise.all(
    clients.map(async (client, c) => {
      for (let round = 0; round < 5; round += 1) {
        const ledger = 1 + round * clients.length + c;
        const rows = keys.map((key, i) => change(ledger, 'updated', i, { ledger_key_hash: key, change_index: i }));
        await load(client, c === 1 ? rows.toReversed() : rows, ledger, ledger);
      }
    }),
  );
  const newest = 'SELECT min(ledger_sequence), max(ledger_sequence), count(*) FROM contract_data.current_states';
  assert.deepEqual(await rowsAsText(clients[0]!, newest), [['15', '15', '300']]);
});
