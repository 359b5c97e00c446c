/**
 * What the database knows of backfills. pg-boss has the queue; these tables have who may commit which range:
 *
 *   waiting ── lease: token + 1 ──> leased ── commit, token unchanged ──> finished
 *      ^                              │
 *      ├── lost: token + 1 <── lease ran out
 *      └── tried again <── failed ────┴── failed too often ──> failed (also in the dead letter queue)
 *
 * A machine that was believed dead has an old token, and cannot commit.
 */
import type { ClientBase } from 'pg';
import { inTransaction } from '../../postgres/in-transaction.js';
import { lock } from '../../postgres/schema/locks.js';
import { columnsSql, commentsSql, TEXT, type TableColumn } from '../../postgres/schema/table-column.js';

const TIME = 'timestamptz';

const PLANS: readonly TableColumn[] = [
  { name: 'plan', type: TEXT, nullable: false, more: 'PRIMARY KEY', sentence: 'Its name, which its streams have too.' },
  { name: 'source', type: TEXT, nullable: false, sentence: 'Address of the data lake.' },
  { name: 'requests', type: 'jsonb', nullable: false, sentence: 'Which rows to make, one request for each table.' },
  {
    name: 'claims',
    type: 'jsonb',
    nullable: false,
    sentence: 'The streams, claimed for this plan, in the same order.',
  },
  { name: 'planned_at', type: TIME, nullable: false, more: 'DEFAULT now()', sentence: 'When it was last planned.' },
];

const RANGES: readonly TableColumn[] = [
  {
    name: 'plan',
    type: TEXT,
    nullable: false,
    more: 'REFERENCES contract_data.backfill_plans ON DELETE CASCADE',
    sentence: 'The plan.',
  },
  { name: 'first_ledger', type: 'bigint', nullable: false, sentence: 'First ledger of the range.' },
  { name: 'last_ledger', type: 'bigint', nullable: false, sentence: 'Last ledger of the range.' },
  { name: 'partitions', type: 'integer[]', nullable: false, sentence: "Its number in each of the plan's streams." },
  { name: 'job', type: 'uuid', nullable: false, sentence: 'Its job in the queue.' },
  {
    name: 'token',
    type: 'bigint',
    nullable: false,
    more: 'DEFAULT 0',
    sentence: 'Raised when another machine takes it.',
  },
  { name: 'machine', type: TEXT, nullable: true, sentence: 'Who has it, or made it.' },
  { name: 'leased_at', type: TIME, nullable: true, sentence: 'Since when.' },
  { name: 'leased_until', type: TIME, nullable: true, sentence: 'Until when, unless it is renewed.' },
  { name: 'backend', type: 'integer', nullable: true, sentence: 'Process of the server that loads it.' },
  { name: 'losses', type: 'integer', nullable: false, more: 'DEFAULT 0', sentence: 'How often its machine was lost.' },
  { name: 'failures', type: 'integer', nullable: false, more: 'DEFAULT 0', sentence: 'How often it failed.' },
  { name: 'error_code', type: TEXT, nullable: true, sentence: 'Why it failed last.' },
  { name: 'error', type: TEXT, nullable: true, sentence: 'The same in words.' },
  { name: 'failed_at', type: TIME, nullable: true, sentence: 'When it was given up.' },
  { name: 'finished_at', type: TIME, nullable: true, sentence: 'When its rows were committed.' },
  { name: 'row_count', type: 'bigint', nullable: true, sentence: 'Rows, of all tables.' },
  { name: 'ledger_bytes', type: 'bigint', nullable: true, sentence: 'Bytes of its ledgers, uncompressed.' },
  {
    name: 'first_ledger_hash',
    type: TEXT,
    nullable: true,
    sentence: "Its first ledger's hash, unless that was set aside.",
  },
  {
    name: 'last_ledger_hash',
    type: TEXT,
    nullable: true,
    sentence: "Its last ledger's hash, unless that was set aside.",
  },
];

const STATEMENTS: readonly string[] = [
  `CREATE TABLE contract_data.backfill_plans (
${columnsSql(PLANS)}
)`,
  ...commentsSql(
    { kind: 'TABLE', name: 'contract_data.backfill_plans', sentence: 'What `backfill plan` was asked for.' },
    PLANS,
  ),
  `CREATE TABLE contract_data.backfill_ranges (
${columnsSql(RANGES)},
  PRIMARY KEY (plan, first_ledger)
)`,
  ...commentsSql(
    {
      kind: 'TABLE',
      name: 'contract_data.backfill_ranges',
      sentence: 'The ranges of plans, and who is at work on them.',
    },
    RANGES,
  ),
];

/** Makes the tables where they are missing. Not in a transaction; the schema is there. */
export async function createBackfillTables(client: ClientBase): Promise<void> {
  if (await hasBackfillTables(client)) return;
  await inTransaction(client, async () => {
    await lock(client, 'migrate');
    if (!(await hasBackfillTables(client))) await client.query(STATEMENTS.join(';\n'));
  });
}

/** Whether anything was ever planned here. */
export async function hasBackfillTables(client: ClientBase): Promise<boolean> {
  // Not by to_regclass, which may answer from a cache that is older than a lock just taken.
  const { rowCount } = await client.query(
    `SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'contract_data' AND c.relname = 'backfill_ranges'`,
  );
  return rowCount === 1;
}
