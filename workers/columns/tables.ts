/** The tables by name, and how their columns look in Arrow. */
import { Bool, Field, Int64, Schema, TimestampMicrosecond, Uint32, Utf8, type DataType } from 'apache-arrow';
import type { ContractDataContext } from '../rows/context.js';
import type { DecodeRequest, TableName } from '../request.js';
import type { Column, ColumnKind } from './column.js';
import { CONTRACT_DATA_COLUMNS } from './contract-data.js';
import { TTL_COLUMNS, type TtlContext } from './ttl.js';

/** Raised when a column is added, removed or changes its meaning; part of every ticket and of the schema's metadata. */
export const SCHEMA_VERSION = '1';

export interface TableContexts {
  readonly contract_data: ContractDataContext;
  readonly ttl: TtlContext;
}

export const TABLES: { readonly [T in TableName]: readonly Column<TableContexts[T]>[] } = {
  contract_data: CONTRACT_DATA_COLUMNS,
  ttl: TTL_COLUMNS,
};

/** Names of the columns that a table has when none are asked for. */
export function defaultColumnNames(table: TableName): string[] {
  return TABLES[table].flatMap((column) => (column.optional === true ? [] : [column.name]));
}

/** The declarations of `names`, in that order. The names have been checked. */
export function selectColumns<T extends TableName>(table: T, names: readonly string[]): Column<TableContexts[T]>[] {
  const columns: readonly Column<TableContexts[T]>[] = TABLES[table];
  return names.map((name) => {
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined) throw new Error(`unchecked column name: ${name}`);
    return column;
  });
}

/** How the documentation calls a column's Arrow type. */
export function arrowTypeName(kind: ColumnKind): string {
  return kind === 'timestamp' ? 'timestamp[us, UTC]' : kind;
}

function arrowType(kind: ColumnKind, intTypes: DecodeRequest['intTypes']): DataType {
  switch (kind) {
    case 'utf8':
      return new Utf8();
    case 'uint32':
      return intTypes === 'signed' ? new Int64() : new Uint32();
    case 'int64':
      return new Int64();
    case 'bool':
      return new Bool();
    case 'timestamp':
      return new TimestampMicrosecond('UTC');
  }
}

/** The Arrow schema of what a request yields. `extra` is added to the schema's metadata. */
export function arrowSchema(request: DecodeRequest, extra: ReadonlyMap<string, string> = new Map()): Schema {
  const fields = selectColumns(request.table, request.columns).map(
    (column) => new Field(column.name, arrowType(column.kind, request.intTypes), column.nullable),
  );
  const metadata = new Map([
    ['schema_version', SCHEMA_VERSION],
    ['schema_type', request.table],
    ['network_passphrase', request.networkPassphrase],
    ...extra,
  ]);
  return new Schema(fields, metadata);
}
