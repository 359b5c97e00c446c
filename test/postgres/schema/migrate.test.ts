import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addEntryColumns } from '../../../src/postgres/schema/add-entry-columns.js';
import { migrate } from '../../../src/postgres/schema/migrate.js';
import { type Migration, MIGRATIONS } from '../../../src/postgres/schema/migrations.js';
import { fileCleanup } from '../../service/cleanup.js';
import { clientOf, rowsAsText, testDatabases, withClient } from '../test-database.js';

const databases = testDatabases(fileCleanup());

/** As the schema is documented: name, type, and whether it may be null. */
const ENTRIES = `
contract_id text not null
contract_key_type text not null
contract_durability text not null
asset_code text
asset_issuer text
asset_type text
balance_holder text
balance bigint
last_modified_ledger bigint not null
deleted boolean not null
ledger_sequence bigint not null
closed_at timestamp with time zone not null
ledger_key_hash text
key_xdr text
val_xdr text
contract_instance_type text
contract_instance_wasm_hash text
expiration_ledger_seq bigint
change_type text not null
balance_i128 numeric(39,0)
transaction_hash text
transaction_index bigint
operation_index bigint
change_index bigint not null
asset_contract_id text
value_changed boolean`;

const COLUMNS = `SELECT concat_ws(' ', attname, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'not null' END)
FROM pg_attribute WHERE attrelid = 'contract_data.entries'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;

const VERSIONS = 'SELECT version FROM contract_data.schema_versions ORDER BY version';

test('history has the documented columns, keyed by ledger and change', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  assert.equal((await rowsAsText(client, COLUMNS)).flat().join('\n'), ENTRIES.trim());
  const keys = await rowsAsText(
    client,
    `SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'p' AND conrelid::regclass::text IN ('contract_data.entries', 'contract_data.current_states', 'contract_data.ttl')
    ORDER BY 1`,
  );
  assert.deepEqual(keys, [
    ['contract_data.current_states', 'PRIMARY KEY (ledger_key_hash)'],
    ['contract_data.entries', 'PRIMARY KEY (ledger_sequence, change_index)'],
    ['contract_data.ttl', 'PRIMARY KEY (key_hash)'],
  ]);
});

test('everything in the schema says what it is', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  const undescribed = await rowsAsText(
    client,
    `SELECT c.relname, a.attname FROM pg_class c
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'contract_data'::regnamespace AND c.relkind IN ('r', 'p', 'v')
      AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)
    UNION ALL SELECT proname, NULL FROM pg_proc
    WHERE pronamespace = 'contract_data'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL`,
  );
  assert.deepEqual(undescribed, []);
});

test('setting up again changes nothing, and takes no right to change anything', async (t) => {
  const url = await databases.migrated();
  const owner = await clientOf(t, url);
  const name = new URL(url).pathname.slice(1);
  const reader = `reader_of_${name}`;
  await owner.query(`CREATE ROLE ${reader} LOGIN PASSWORD 'reader'; GRANT USAGE ON SCHEMA contract_data TO ${reader};
    GRANT SELECT ON ALL TABLES IN SCHEMA contract_data TO ${reader}`);
  const before = await rowsAsText(owner, 'SELECT * FROM contract_data.schema_versions');
  await migrate(owner);
  await withClient(url.replace(/\/\/.*@/, `//${reader}:reader@`), (client) => migrate(client));
  assert.deepEqual(await rowsAsText(owner, 'SELECT * FROM contract_data.schema_versions'), before);
});

test('processes that set up at once do not disturb each other', async (t) => {
  const url = await databases.empty();
  await Promise.all(Array.from({ length: 4 }, () => withClient(url, (client) => migrate(client))));
  const client = await clientOf(t, url);
  assert.deepEqual(await rowsAsText(client, VERSIONS), [['1']]);
});

test('a database goes from any version to the newest, step by step', async (t) => {
  const later: Migration[] = [
    { version: 2, name: 'second', statements: ['CREATE TABLE contract_data.second (n integer)'] },
    { version: 3, name: 'third', statements: ['ALTER TABLE contract_data.second RENAME TO third'] },
  ];
  const client = await clientOf(t, await databases.migrated());
  await migrate(client, [...MIGRATIONS, ...later]);
  assert.deepEqual(await rowsAsText(client, VERSIONS), [['1'], ['2'], ['3']]);
  assert.deepEqual(await rowsAsText(client, 'TABLE contract_data.third'), []);
});

test('a step that fails leaves the version before it', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  const faulty: Migration = {
    version: 2,
    name: 'faulty',
    statements: ['CREATE TABLE contract_data.half (n integer)', 'SELECT 1 / 0'],
  };
  await assert.rejects(migrate(client, [...MIGRATIONS, faulty]), { code: '22012' });
  assert.deepEqual(await rowsAsText(client, VERSIONS), [['1']]);
  assert.deepEqual(await rowsAsText(client, "SELECT to_regclass('contract_data.half')"), [[null]]);
});

test('a schema newer than the program is refused', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await client.query("INSERT INTO contract_data.schema_versions (version, name) VALUES (7, 'of the future')");
  await assert.rejects(migrate(client), { code: 'SCHEMA_TOO_NEW', message: /version 7.*up to 1/ });
});

test('a table that someone has changed is refused, column by column', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  await client.query(`ALTER TABLE contract_data.entries ALTER operation_index TYPE numeric(39), ADD COLUMN note text;
    ALTER TABLE contract_data.ttl ALTER closed_at DROP NOT NULL`);
  await assert.rejects(migrate(client), {
    code: 'SCHEMA_DIFFERS',
    message:
      /entries.operation_index: bigint expected, numeric\(39,0\) found; ttl.closed_at: timestamp with time zone not null expected, timestamp with time zone found$/,
  });
});

test('optional columns come when they are asked for, once', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  for (const names of [['prev_balance_i128'], ['val_decoded', 'prev_balance_i128', 'balance']]) {
    await addEntryColumns(client, names);
  }
  await migrate(client);
  const added = ['prev_balance_i128 numeric(39,0)', 'val_decoded jsonb'];
  assert.equal((await rowsAsText(client, COLUMNS)).flat().join('\n'), [ENTRIES.trim(), ...added].join('\n'));
  await assert.rejects(addEntryColumns(client, ['no_such']), /no column no_such/);
});

test('text sorts by its bytes, whatever the database does by default', async (t) => {
  const client = await clientOf(t, await databases.migrated());
  const other = await rowsAsText(
    client,
    `SELECT a.attrelid::regclass, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'contract_data'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
      AND c.relname <> 'schema_versions' AND a.atttypid = 'text'::regtype AND a.attcollation <> '"C"'::regcollation`,
  );
  assert.deepEqual(other, []);
});
