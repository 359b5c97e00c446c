/** Which streams the tables hold, and how far. */
import { columnsSql, commentsSql, quoted, TEXT, type TableColumn } from './table-column.js';

const STREAM_ID: TableColumn = {
  name: 'stream_id',
  type: 'bigint',
  nullable: false,
  more: 'REFERENCES contract_data.ingestion_streams ON DELETE CASCADE',
  sentence: 'The stream.',
};

const STREAMS: readonly TableColumn[] = [
  {
    name: 'stream_id',
    type: 'bigint',
    nullable: false,
    more: 'GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
    sentence: 'Names the stream within this database.',
  },
  {
    name: 'table_name',
    type: TEXT,
    nullable: false,
    more: "CHECK (table_name IN ('contract_data', 'ttl'))",
    sentence: '`contract_data`: the stream fills entries and current_states; `ttl`: it fills ttl.',
  },
  { name: 'name', type: TEXT, nullable: false, sentence: 'The name it was given, else a hash of its facts.' },
  {
    name: 'facts',
    type: 'jsonb',
    nullable: false,
    sentence: 'What its rows depend on, such as network and filters: alike in all streams of a table.',
  },
  {
    name: 'epoch',
    type: 'bigint',
    nullable: false,
    more: 'DEFAULT 0',
    sentence: 'Fencing token: raised by each process that takes the stream over, which ends the one before.',
  },
  {
    name: 'claimed_at',
    type: 'timestamptz',
    nullable: false,
    more: 'DEFAULT now()',
    sentence: 'When a process last took it over.',
  },
];

const PROGRESS: readonly TableColumn[] = [
  STREAM_ID,
  { name: 'partition', type: 'integer', nullable: false, sentence: 'A range of ledgers within the stream, from 0.' },
  { name: 'epoch', type: 'bigint', nullable: false, sentence: "The stream's epoch; only its holder may advance." },
  { name: 'first_ledger', type: 'bigint', nullable: false, sentence: 'First ledger of the range.' },
  {
    name: 'end_ledger',
    type: 'bigint',
    nullable: true,
    sentence: 'Last ledger of the range; null: follows the network.',
  },
  {
    name: 'complete_through',
    type: 'bigint',
    nullable: false,
    sentence: 'All rows up to this ledger are committed; first_ledger - 1 before any.',
  },
  {
    name: 'updated_at',
    type: 'timestamptz',
    nullable: false,
    more: 'DEFAULT now()',
    sentence: 'When it last advanced.',
  },
];

const QUARANTINE: readonly TableColumn[] = [
  STREAM_ID,
  { name: 'from_ledger', type: 'bigint', nullable: false, sentence: 'First ledger that is missing.' },
  { name: 'to_ledger', type: 'bigint', nullable: false, sentence: 'Last ledger that is missing.' },
  { name: 'reason', type: TEXT, nullable: false, sentence: 'Why, as the stream announced it.' },
  { name: 'noted_at', type: 'timestamptz', nullable: false, more: 'DEFAULT now()', sentence: 'When it was noted.' },
];

/** Progress rows are updated in every commit, and read by few. */
const FILL_FACTOR_PERCENT = 50;

export const CREATE_PROGRESS_TABLES: readonly string[] = [
  `CREATE TABLE contract_data.ingestion_streams (
${columnsSql(STREAMS)},
  UNIQUE (table_name, name)
)`,
  ...commentsSql(
    { kind: 'TABLE', name: 'contract_data.ingestion_streams', sentence: 'The streams that fill these tables.' },
    STREAMS,
  ),
  `CREATE TABLE contract_data.ingestion_progress (
${columnsSql(PROGRESS)},
  PRIMARY KEY (stream_id, partition),
  CHECK (complete_through >= first_ledger - 1),
  CHECK (complete_through <= end_ledger)
) WITH (fillfactor = ${FILL_FACTOR_PERCENT})`,
  ...commentsSql(
    {
      kind: 'TABLE',
      name: 'contract_data.ingestion_progress',
      sentence: 'How far each range of a stream is loaded; moves in the same transaction as the rows.',
    },
    PROGRESS,
  ),
  `CREATE TABLE contract_data.quarantine (
${columnsSql(QUARANTINE)},
  PRIMARY KEY (stream_id, from_ledger),
  CHECK (from_ledger <= to_ledger)
)`,
  ...commentsSql(
    {
      kind: 'TABLE',
      name: 'contract_data.quarantine',
      sentence: 'Ledgers that could not be read and were passed over: their rows are missing.',
    },
    QUARANTINE,
  ),
];

/**
 * The watermark: ranges in order, each reaching what is complete of it; the first hole between them ends the walk. Ranges
 * of several streams that fill one table count together.
 */
export const CREATE_COMPLETE_THROUGH: readonly string[] = [
  `CREATE FUNCTION contract_data.complete_through(table_name text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
  WITH reach AS (
    SELECT first_ledger, p.complete_through, max(p.complete_through) OVER earlier AS before
    FROM contract_data.ingestion_progress p JOIN contract_data.ingestion_streams s USING (stream_id)
    WHERE s.table_name = complete_through.table_name
    WINDOW earlier AS (ORDER BY first_ledger, p.complete_through ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  )
  SELECT max(reach.complete_through) FROM reach
  WHERE NOT EXISTS (
    SELECT FROM reach hole WHERE hole.first_ledger > hole.before + 1 AND hole.first_ledger <= reach.first_ledger
  )
)`,
  `COMMENT ON FUNCTION contract_data.complete_through(text) IS ${quoted(
    'The ledger up to which the table (contract_data or ttl) is complete, from the first one loaded on.',
  )}`,
];
