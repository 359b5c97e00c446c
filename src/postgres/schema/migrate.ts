/** Sets up schema contract_data, or brings it up to date. */
import type { ClientBase } from 'pg';
import { inTransaction } from '../in-transaction.js';
import { PostgresError } from '../postgres-error.js';
import { CURRENT_STATES_COLUMNS } from './current-states-table.js';
import { ENTRIES_COLUMNS } from './entries-table.js';
import { lock } from './locks.js';
import { type Migration, MIGRATIONS } from './migrations.js';
import type { TableColumn } from './table-column.js';
import { TTL_COLUMNS } from './ttl-table.js';

const CREATE_SCHEMA = [
  'CREATE SCHEMA IF NOT EXISTS contract_data',
  "COMMENT ON SCHEMA contract_data IS 'Contract data of a Stellar network: history, current states, time to live.'",
  `CREATE TABLE IF NOT EXISTS contract_data.schema_versions (
  version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)`,
  "COMMENT ON TABLE contract_data.schema_versions IS 'The steps by which this schema was set up.'",
  "COMMENT ON COLUMN contract_data.schema_versions.version IS 'Number of the step, from 1.'",
  "COMMENT ON COLUMN contract_data.schema_versions.name IS 'What it brought.'",
  "COMMENT ON COLUMN contract_data.schema_versions.applied_at IS 'When it was done.'",
];

const CHECKED_TABLES: Readonly<Record<string, readonly TableColumn[]>> = {
  entries: ENTRIES_COLUMNS,
  current_states: CURRENT_STATES_COLUMNS,
  ttl: TTL_COLUMNS,
};

/**
 * May be called at every start, by several processes at once; changes nothing, and needs no right to, where the schema is
 * up to date. All steps are one transaction. Throws SCHEMA_TOO_NEW where a newer program has been here, and
 * SCHEMA_DIFFERS where a table is not what the column declarations say.
 */
export async function migrate(client: ClientBase, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  const newest = migrations.at(-1)?.version ?? 0;
  if ((await versionOf(client)) !== newest) {
    await inTransaction(client, async () => {
      await lock(client, 'migrate');
      // Another process may have done it while we waited.
      const version = await versionOf(client);
      if (version > newest) throw tooNew(version, newest);
      if (version === 0) await client.query(CREATE_SCHEMA.join(';\n'));
      for (const migration of migrations.filter((step) => step.version > version)) await apply(client, migration);
    });
  }
  await checkColumns(client);
}

async function apply(client: ClientBase, { version, name, statements }: Migration): Promise<void> {
  await client.query(statements.join(';\n'));
  await client.query('INSERT INTO contract_data.schema_versions (version, name) VALUES ($1, $2)', [version, name]);
}

/** 0 where there is no schema yet. */
async function versionOf(client: ClientBase): Promise<number> {
  // Not by to_regclass, which may answer from a cache that is older than the lock just taken.
  const { rowCount } = await client.query(
    `SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'contract_data' AND c.relname = 'schema_versions'`,
  );
  if (rowCount === 0) return 0;
  const { rows } = await client.query<{ version: number | null }>(
    'SELECT max(version) AS version FROM contract_data.schema_versions',
  );
  return rows[0]?.version ?? 0;
}

function tooNew(found: number, known: number): PostgresError {
  const message = `schema contract_data is of version ${found}, this program knows versions up to ${known}: a newer program is needed`;
  return new PostgresError('SCHEMA_TOO_NEW', message);
}

/** Columns that are there beside the declared ones do no harm: rows are copied by name. */
async function checkColumns(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ table: string; name: string; type: string; nullable: boolean }>(
    `SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'contract_data'::regnamespace AND c.relname = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped`,
    [Object.keys(CHECKED_TABLES)],
  );
  const found = new Map(rows.map((row) => [`${row.table}.${row.name}`, described(row)]));
  const faults = Object.entries(CHECKED_TABLES).flatMap(([table, columns]) =>
    columns.flatMap((column) => {
      const expected = described({ ...column, nullable: column.nullable && !isKey(table, column.name) });
      const actual = found.get(`${table}.${column.name}`) ?? 'no such column';
      return actual === expected ? [] : [`${table}.${column.name}: ${expected} expected, ${actual} found`];
    }),
  );
  if (faults.length > 0)
    throw new PostgresError('SCHEMA_DIFFERS', `schema contract_data differs: ${faults.join('; ')}`);
}

function described({ type, nullable }: { readonly type: string; readonly nullable: boolean }): string {
  const bare = type.replace(' COLLATE "C"', '').replace('timestamptz', 'timestamp with time zone');
  return `${bare.replace(/^numeric\((\d+)\)$/, 'numeric($1,0)')}${nullable ? '' : ' not null'}`;
}

function isKey(table: string, column: string): boolean {
  return table === 'current_states' && column === 'ledger_key_hash';
}
