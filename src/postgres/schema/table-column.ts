/** Columns as SQL writes them. */
import type { ColumnKind } from '../../../workers/columns/column.js';
import { defaultColumnNames, TABLES } from '../../../workers/columns/tables.js';
import type { TableName } from '../../../workers/request.js';

/** A column of a table in the database; those of rows are made from the declarations in workers/columns. */
export interface TableColumn {
  readonly name: string;
  /** PostgreSQL type, with its collation. */
  readonly type: string;
  readonly nullable: boolean;
  /** Default or other constraints. */
  readonly more?: string;
  /** Becomes the column's comment. */
  readonly sentence: string;
}

interface DeclaredColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly nullable: boolean;
  readonly postgres: string;
  readonly sentence: string;
}

/** Text here is ids, hashes and base64: compared by bytes, it sorts and joins faster, and alike on every machine. */
export const TEXT = 'text COLLATE "C"';

/** The declared columns of `table` by these names; the default ones unless given. Throws for a name that is unknown. */
export function declaredColumns(
  table: TableName,
  names: readonly string[] = defaultColumnNames(table),
): readonly TableColumn[] {
  const declared: readonly DeclaredColumn[] = TABLES[table];
  return names.map((name) => {
    const column = declared.find((candidate) => candidate.name === name);
    if (column === undefined) throw new Error(`no column ${name} in ${table}`);
    const { nullable, postgres, sentence } = column;
    return { name, type: postgres === 'text' ? TEXT : postgres, nullable, sentence };
  });
}

/** Between the parentheses of CREATE TABLE. */
export function columnsSql(columns: readonly TableColumn[]): string {
  return columns
    .map(({ name, type, nullable, more }) => [name, type, ...(nullable ? [] : ['NOT NULL']), ...(more ? [more] : [])])
    .map((words) => `  ${words.join(' ')}`)
    .join(',\n');
}

/** COMMENT statements for a table or view and its columns. */
export function commentsSql(
  relation: { readonly kind: 'TABLE' | 'VIEW'; readonly name: string; readonly sentence: string },
  columns: readonly Pick<TableColumn, 'name' | 'sentence'>[],
): readonly string[] {
  return [
    `COMMENT ON ${relation.kind} ${relation.name} IS ${quoted(relation.sentence)}`,
    ...columns.map(({ name, sentence }) => `COMMENT ON COLUMN ${relation.name}.${name} IS ${quoted(sentence)}`),
  ];
}

/** A string constant (https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-STRINGS). */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
