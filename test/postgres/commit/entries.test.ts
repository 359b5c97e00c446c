import assert from 'node:assert/strict';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { from, to } from 'pg-copy-streams';
import { copyEntriesSql, copyTtlSql } from '../../../src/postgres/commit/copy-sql.js';
import { deleteEntries } from '../../../src/postgres/commit/delete-entries.js';
import { ensurePartitions } from '../../../src/postgres/commit/ensure-partitions.js';
import { stageTtl } from '../../../src/postgres/commit/apply-ttl.js';
import { addEntryColumns } from '../../../src/postgres/schema/add-entry-columns.js';
import { fileCleanup } from '../../service/cleanup.js';
import { insertEntries } from '../made-up-rows.js';
import { clientOf, rowsAsText, testDatabases, withClient } from '../test-database.js';

const databases = testDatabases(fileCleanup());

const PARTITIONS = `SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'contract_data.entries'::regclass ORDER BY i.inhrelid`;

test('partitions cover the ledgers asked for, up to the last one there can be', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await ensurePartitions(client, 63_999, 64_000);
  await ensurePartitions(client, 1, 64_001);
  await ensurePartitions(client, 4_294_967_295, 4_294_967_295);
  assert.deepEqual(await rowsAsText(client, PARTITIONS), [
    ['entries_0', "FOR VALUES FROM ('0') TO ('64000')"],
    ['entries_64000', "FOR VALUES FROM ('64000') TO ('128000')"],
    ['entries_4294912000', "FOR VALUES FROM ('4294912000') TO ('4294976000')"],
  ]);
  const widest = { ledger_key_hash: 'k', change_type: 'created', change_index: 4_294_967_295 } as const;
  await insertEntries(client, [
    {
      ...widest,
      ledger_sequence: 4_294_967_295,
      balance_i128: '170141183460469231731687303715884105727',
      balance: '9223372036854775807',
      balance_holder: 'B'.repeat(58),
      contract_id: 'M'.repeat(69),
    },
  ]);
  assert.deepEqual(
    await rowsAsText(client, 'SELECT ledger_sequence, change_index, balance, balance_i128 FROM contract_data.entries'),
    [['4294967295', '4294967295', '9223372036854775807', '170141183460469231731687303715884105727']],
  );
});

test(
  'processes that make partitions at once, while another loads, wait for nothing',
  { timeout: 60_000 },
  async (t) => {
    const url = await databases.migrated();
    const loading = await clientOf(t, url);
    await ensurePartitions(loading, 1, 1);
    await loading.query('BEGIN');
    await insertEntries(loading, [
      { ledger_sequence: 1, change_index: 0, ledger_key_hash: 'k', change_type: 'created' },
    ]);
    await Promise.all(
      Array.from({ length: 3 }, () => withClient(url, (client) => ensurePartitions(client, 1, 4 * 64_000 - 1))),
    );
    await loading.query('COMMIT');
    const starts = (await rowsAsText(loading, PARTITIONS)).map(([name]) => name);
    assert.deepEqual(starts, ['entries_0', 'entries_64000', 'entries_128000', 'entries_192000']);
  },
);

test('a new partition has the keys, indexes and comments of the others', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await ensurePartitions(client, 1, 1);
  const indexes = await rowsAsText(
    client,
    `SELECT count(*) FILTER (WHERE indisprimary), count(*) FROM pg_index WHERE indrelid = 'contract_data.entries_0'::regclass`,
  );
  assert.deepEqual(indexes, [['1', '4']]);
  const [[sentence]] = (await rowsAsText(client, "SELECT col_description('contract_data.entries_0'::regclass, 1)")) as [
    [string],
  ];
  assert.match(sentence, /contract that owns the entry/);
});

test('deleting a range takes its ledgers and no others', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await ensurePartitions(client, 63_998, 64_002);
  const ledgers = [63_998, 63_999, 64_000, 64_001, 64_002];
  await insertEntries(
    client,
    ledgers.map((ledger) => ({
      ledger_sequence: ledger,
      change_index: 0,
      ledger_key_hash: 'k',
      change_type: 'created',
    })),
  );
  assert.equal(await deleteEntries(client, 63_999, 64_001), 3);
  assert.deepEqual(await rowsAsText(client, 'SELECT ledger_sequence FROM contract_data.entries'), [
    ['63998'],
    ['64002'],
  ]);
});

test('binary rows as PostgreSQL itself writes them are taken in the order of the columns named', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  const columns = ['val_decoded', 'change_index', 'ledger_sequence', 'contract_id', 'balance_i128'];
  const others = [
    'contract_key_type',
    'contract_durability',
    'last_modified_ledger',
    'deleted',
    'closed_at',
    'change_type',
  ];
  await addEntryColumns(client, columns);
  await ensurePartitions(client, 1, 1);
  const source = `COPY (SELECT '{"u32": 7}'::jsonb, 3::bigint, 1::bigint, 'CA', 12::numeric(39),
    'T', 'P', 1::bigint, false, '2024-01-01Z'::timestamptz, 'created') TO STDOUT (FORMAT binary)`;
  const bytes: Buffer[] = [];
  await pipeline(client.query(to(source)), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) bytes.push(chunk);
  });
  await pipeline(bytes, client.query(from(copyEntriesSql([...columns, ...others]))));
  assert.deepEqual(
    await rowsAsText(client, `SELECT ${[...columns, ...others].join(', ')} FROM contract_data.entries`),
    [['{"u32": 7}', '3', '1', 'CA', '12', 'T', 'P', '1', 'f', '2024-01-01 00:00:00+00', 'created']],
  );
});

test('the default columns of both tables can be copied', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await stageTtl(client);
  for (const sql of [copyEntriesSql(), copyTtlSql()]) {
    const empty = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\xff\xff', 'latin1');
    await pipeline([empty], client.query(from(sql)));
  }
  assert.equal(copyEntriesSql().split(',').length, 26);
  assert.equal(copyTtlSql().split(',').length, 11);
});
