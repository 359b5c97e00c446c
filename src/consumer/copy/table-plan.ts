/** How the columns that a flight sends become the columns that a table of the database has. */
import { Message, type Schema } from 'apache-arrow';
import type { Column } from '../../../workers/columns/column.js';
import { SCHEMA_VERSION } from '../../../workers/columns/tables.js';
import { ProcessorError } from '../../../workers/errors.js';
import { bufferCount } from './batch-columns.js';

/** Arrow types that the tables use. */
export type ArrowType = 'utf8' | 'uint32' | 'int64' | 'bool' | 'timestamp';

/** Types of PostgreSQL that they become. */
export type PostgresType = 'text' | 'bigint' | 'boolean' | 'timestamptz' | 'numeric' | 'jsonb';

export interface FieldPlan {
  readonly name: string;
  /** Position in the flight's schema. */
  readonly index: number;
  /** Position of its first buffer among those of a batch. */
  readonly firstBuffer: number;
  readonly type: ArrowType;
  readonly postgres: PostgresType;
}

export type DeclaredColumn = Pick<Column<never>, 'name' | 'kind' | 'postgres'>;

const POSTGRES_TYPES: readonly PostgresType[] = ['text', 'bigint', 'boolean', 'timestamptz', 'numeric', 'jsonb'];

/** The schema in IPC message metadata. Throws FLIGHT_INVALID for anything else. */
export function decodeSchema(metadata: Uint8Array): Schema {
  const message = Message.decode(metadata);
  if (!message.isSchema()) throw new ProcessorError('FLIGHT_INVALID', 'a schema expected, another message came');
  return message.header();
}

/**
 * Where to find each of `columns` in batches of `schema`; columns it has beside them are left alone. Throws
 * FLIGHT_INVALID where one is missing or of another type, or where the schema is of another version or table.
 */
export function tablePlan(schema: Schema, table: string, columns: readonly DeclaredColumn[]): FieldPlan[] {
  const expected = { schema_version: SCHEMA_VERSION, schema_type: table };
  for (const [key, value] of Object.entries(expected)) {
    const found = schema.metadata.get(key);
    if (found !== value) throw mismatch(`${key} ${value} expected, ${found ?? 'none'} found`);
  }
  let buffers = 0;
  const found = new Map(
    schema.fields.map(({ name, type }, index) => {
      const firstBuffer = buffers;
      const typeName = (type as { toString(): string }).toString();
      buffers += bufferCount(typeName === 'Utf8');
      return [name, { index, firstBuffer, typeName }] as const;
    }),
  );
  return columns.map(({ name, kind, postgres }) => {
    const field = found.get(name);
    if (field === undefined) throw mismatch(`column ${name} expected, there are ${[...found.keys()].join(', ')}`);
    const type = ARROW_TYPES[field.typeName];
    // Columns of uint32 are int64 in flights that were asked for with signed integers.
    const fits = type === kind || (kind === 'uint32' && type === 'int64');
    if (type === undefined || !fits) throw mismatch(`column ${name}: ${kind} expected, ${field.typeName} found`);
    return { name, index: field.index, firstBuffer: field.firstBuffer, type, postgres: postgresType(postgres) };
  });
}

/** By the names that apache-arrow prints. */
const ARROW_TYPES: Readonly<Record<string, ArrowType>> = {
  Utf8: 'utf8',
  Uint32: 'uint32',
  Int64: 'int64',
  Bool: 'bool',
  'Timestamp<MICROSECOND, UTC>': 'timestamp',
};

/** Without precision: the encoding is the same. */
function postgresType(declared: string): PostgresType {
  const type = POSTGRES_TYPES.find((name) => name === declared.replace(/\(.*$/, ''));
  if (type === undefined) throw new ProcessorError('INTERNAL', `no binary form of the type ${declared} is known`);
  return type;
}

function mismatch(what: string): ProcessorError {
  return new ProcessorError('FLIGHT_INVALID', `the Flight service has another schema than this program: ${what}`);
}
