/** Views and functions over rows made by hand, with results worked out by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from 'pg';
import { applyEntries } from '../../../src/postgres/commit/apply-entries.js';
import { applyTtl, stageTtl } from '../../../src/postgres/commit/apply-ttl.js';
import { ensurePartitions } from '../../../src/postgres/commit/ensure-partitions.js';
import { inTransaction } from '../../../src/postgres/in-transaction.js';
import { addPartitions } from '../../../src/postgres/progress/add-partitions.js';
import { advance } from '../../../src/postgres/progress/advance.js';
import { claimStream } from '../../../src/postgres/progress/claim-stream.js';
import { type Cleanup, fileCleanup } from '../../service/cleanup.js';
import { type ChangeType, closedAt, type EntryRow, insertEntries, insertTtl, TEMPORARY } from '../made-up-rows.js';
import { clientOf, rowsAsText, testDatabases } from '../test-database.js';

const databases = testDatabases(fileCleanup());

async function loaded(t: Cleanup, rows: readonly EntryRow[]): Promise<Client> {
  const client = await clientOf(t, await databases.migrated());
  const counts = new Map<number, number>();
  const placed = rows.map((row) => {
    const index = counts.get(row.ledger_sequence) ?? 0;
    counts.set(row.ledger_sequence, index + 1);
    return { ...row, change_index: index };
  });
  const last = Math.max(...rows.map((row) => row.ledger_sequence));
  await ensurePartitions(client, 1, last);
  await inTransaction(client, async () => {
    await insertEntries(client, placed);
    await applyEntries(client, 1, last);
  });
  return client;
}

function balance(ledger: number, type: ChangeType, contract: string, holder: string, amount: string | null): EntryRow {
  return {
    ledger_sequence: ledger,
    change_index: 0,
    change_type: type,
    ledger_key_hash: `${contract}/${holder}`,
    contract_id: contract,
    balance_holder: holder,
    balance_i128: amount,
    val_xdr: amount === null ? null : `amount ${amount}`,
  };
}

function instance(ledger: number, contract: string, asset: Record<string, string>): EntryRow {
  return {
    ledger_sequence: ledger,
    change_index: 0,
    change_type: 'created',
    ledger_key_hash: `${contract}/instance`,
    contract_id: contract,
    contract_key_type: 'ScValTypeScvLedgerKeyContractInstance',
    contract_instance_type: 'stellar_asset',
    val_xdr: 'instance',
    ...asset,
  };
}

const USD = {
  asset_code: 'USD',
  asset_issuer: 'GI',
  asset_type: 'credit_alphanum4',
  asset_contract_id: 'CUSD',
};
const NATIVE = { asset_type: 'native', asset_contract_id: 'CXLM' };

/** CUSD is known from its instance, CXLM from balances that name it, CX is no asset. */
const HOLDINGS: readonly EntryRow[] = [
  instance(1, 'CUSD', USD),
  balance(2, 'created', 'CUSD', 'H1', '100'),
  balance(2, 'created', 'CUSD', 'H2', '170141183460469231731687303715884105727'),
  balance(2, 'created', 'CUSD', 'H3', '300'),
  balance(2, 'created', 'CUSD', 'H4', '999'),
  balance(2, 'created', 'CUSD', 'H0', '0'),
  balance(3, 'updated', 'CUSD', 'H1', '500'),
  balance(4, 'evicted', 'CUSD', 'H3', null),
  balance(5, 'removed', 'CUSD', 'H4', '999'),
  { ...balance(6, 'created', 'CXLM', 'H1', '75'), ...NATIVE },
  { ...balance(6, 'created', 'CXLM', 'H2', '25'), ...NATIVE },
  balance(7, 'created', 'CX', 'H9', '42'),
];

test('assets are learnt from the instances that prove them', async (t) => {
  const forged = instance(3, 'CFORGED', {});
  const client = await loaded(t, [...HOLDINGS, forged]);
  const query = 'SELECT asset_contract_id, asset_code, asset_issuer, asset_type, state FROM contract_data.assets';
  assert.deepEqual(await rowsAsText(client, query), [['CUSD', 'USD', 'GI', 'credit_alphanum4', 'live']]);
});

test('the summary sums what contracts own of each asset, archived balances among it, removed ones not', async (t) => {
  const client = await loaded(t, HOLDINGS);
  assert.deepEqual(await rowsAsText(client, 'SELECT * FROM contract_data.asset_summary ORDER BY asset_contract_id'), [
    // 500 + (2^127 - 1) + 300 + 0
    ['CUSD', 'USD', 'GI', 'credit_alphanum4', '3', '170141183460469231731687303715884106527', '300', '4'],
    ['CXLM', null, null, 'native', '2', '100', '0', '6'],
  ]);
});

test('the top holders of one contract, of all assets, and of a contract that is none', async (t) => {
  const client = await loaded(t, HOLDINGS);
  const top = (args: string): Promise<(string | null)[][]> =>
    rowsAsText(client, `SELECT * FROM contract_data.get_top_contract_holders(${args})`);
  assert.deepEqual(await top("'CUSD'"), [
    ['CUSD', 'USD', 'GI', '1', 'H2', '170141183460469231731687303715884105727', 'live', '100.0000'],
    ['CUSD', 'USD', 'GI', '2', 'H1', '500', 'live', '0.0000'],
    ['CUSD', 'USD', 'GI', '3', 'H3', '300', 'archived', '0.0000'],
  ]);
  assert.deepEqual(await top('holders => 1'), [
    ['CUSD', 'USD', 'GI', '1', 'H2', '170141183460469231731687303715884105727', 'live', '100.0000'],
    ['CXLM', null, null, '1', 'H1', '75', 'live', '75.0000'],
  ]);
  assert.deepEqual(await top("'CX', 5"), [['CX', null, null, '1', 'H9', '42', 'live', '100.0000']]);
  assert.deepEqual(await top("'CNONE'"), []);
});

test('a balance is followed through changes, archival, restoration and removal', async (t) => {
  const client = await loaded(t, [
    balance(1, 'created', 'CUSD', 'H1', '100'),
    balance(2, 'updated', 'CUSD', 'H1', '40'),
    balance(2, 'updated', 'CUSD', 'H1', '60'),
    balance(2, 'updated', 'CUSD', 'H2', '7'),
    balance(3, 'evicted', 'CUSD', 'H1', null),
    balance(4, 'restored', 'CUSD', 'H1', '60'),
    balance(5, 'removed', 'CUSD', 'H1', '60'),
    balance(6, 'evicted', 'CUSD', 'H5', null),
  ]);
  const history = (args: string): Promise<(string | null)[][]> =>
    rowsAsText(
      client,
      `SELECT ledger_sequence, change_index, change_type, balance, change, transaction_hash
      FROM contract_data.get_balance_history(${args})`,
    );
  const all = [
    ['1', '0', 'created', '100', null, 'tx 1'],
    ['2', '0', 'updated', '40', '-60', 'tx 2'],
    ['2', '1', 'updated', '60', '20', 'tx 2'],
    ['3', '0', 'evicted', '60', '0', null],
    ['4', '0', 'restored', '60', '0', 'tx 4'],
    ['5', '0', 'removed', '0', '-60', 'tx 5'],
  ];
  assert.deepEqual(await history("'CUSD', 'H1'"), all);
  assert.deepEqual(await history("'CUSD', 'H1', 2, 3"), all.slice(1, 4));
  assert.deepEqual(await history("'CUSD', 'H5'"), [['6', '0', 'evicted', null, null, null]]);
});

test('recent activity counts changes, keys and transactions per contract within 720 ledgers', async (t) => {
  const change = (ledger: number, type: ChangeType, key: string, contract: string, tx: string | null): EntryRow => ({
    ledger_sequence: ledger,
    change_index: 0,
    change_type: type,
    ledger_key_hash: key,
    contract_id: contract,
    transaction_hash: tx,
  });
  const client = await loaded(t, [
    change(280, 'created', 'old', 'CA', 't0'),
    change(281, 'created', 'a', 'CA', 't1'),
    change(282, 'updated', 'a', 'CA', 't2'),
    change(282, 'updated', 'b', 'CA', 't2'),
    change(283, 'removed', 'b', 'CA', 't3'),
    change(300, 'evicted', 'c', 'CA', null),
    change(1000, 'restored', 'd', 'CB', 't4'),
  ]);
  await client.query("SET TIME ZONE 'UTC'");
  const timestamp = (ledger: number): string => `${closedAt(ledger).slice(0, 19).replace('T', ' ')}+00`;
  assert.deepEqual(await rowsAsText(client, 'SELECT * FROM contract_data.recent_activity ORDER BY changes DESC'), [
    ['CA', '5', '3', '3', '1', '2', '1', '0', '1', '300', timestamp(300)],
    ['CB', '1', '1', '1', '0', '0', '0', '1', '0', '1000', timestamp(1000)],
  ]);
});

test('liveness is judged at the ledger up to which both tables are complete', async (t) => {
  const keys = ['lives', 'last ledger', 'expired', 'temporary', 'no ttl', 'evicted', 'removed'];
  const created = (key: string, more: Partial<EntryRow> = {}): EntryRow => ({
    ledger_sequence: 1,
    change_index: 0,
    change_type: 'created',
    ledger_key_hash: key,
    val_xdr: 'value',
    ...more,
  });
  const client = await loaded(t, [
    ...keys.map((key) => created(key, key === 'temporary' ? { contract_durability: TEMPORARY } : {})),
    created('evicted', { ledger_sequence: 2, change_type: 'evicted', val_xdr: null }),
    created('removed', { ledger_sequence: 2, change_type: 'removed' }),
  ]);
  await stageTtl(client);
  const until = { lives: 60, 'last ledger': 50, expired: 49, temporary: 49, evicted: 1 };
  await inTransaction(client, async () => {
    const rows = Object.entries(until).map(([key, ledger], i) => ({
      ledger_sequence: 1,
      change_index: i,
      change_type: 'created' as const,
      key_hash: key,
      live_until_ledger_seq: ledger,
    }));
    await insertTtl(client, rows);
    await applyTtl(client);
  });
  for (const [table, through] of [
    ['contract_data', 80],
    ['ttl', 50],
  ] as const) {
    const claim = await claimStream(client, { table, facts: {} });
    await addPartitions(client, claim, [{ firstLedger: 1, endLedger: undefined }]);
    await advance(client, claim, 0, 0, through);
  }
  const query = `SELECT ledger_key_hash, live_until_ledger_seq, as_of_ledger, liveness
    FROM contract_data.entry_liveness ORDER BY ledger_key_hash`;
  assert.deepEqual(await rowsAsText(client, query), [
    ['evicted', '1', '50', 'archived'],
    ['expired', '49', '50', 'archived'],
    ['last ledger', '50', '50', 'live'],
    ['lives', '60', '50', 'live'],
    ['no ttl', null, '50', 'unknown'],
    ['removed', null, '50', 'deleted'],
    ['temporary', '49', '50', 'deleted'],
  ]);
});

test('views and functions find what they need by index', async (t) => {
  const holders = Array.from({ length: 3000 }, (_, i) => balance(2, 'created', `C${i % 300}`, `H${i}`, String(i)));
  const client = await loaded(t, [instance(1, 'CUSD', USD), ...holders]);
  await client.query('ANALYZE');
  for (const query of [
    'SELECT * FROM contract_data.assets',
    "SELECT * FROM contract_data.get_top_contract_holders('C7')",
    "SELECT * FROM contract_data.get_balance_history('C7', 'H7')",
    "SELECT * FROM contract_data.entry_liveness WHERE ledger_key_hash = 'C7/H7'",
  ]) {
    const plan = (await rowsAsText(client, `EXPLAIN ${query}`)).flat().join('\n');
    assert.doesNotMatch(plan, /Seq Scan on (?:entries|current_states)/, query);
  }
});
