/** Statements that load rows (https://www.postgresql.org/docs/current/sql-copy.html), for binary input. */
import { defaultColumnNames } from '../../../workers/columns/tables.js';
import { declaredColumns } from '../schema/table-column.js';

/** Into the history. The values of each row come in the order of `columns`. */
export function copyEntriesSql(columns: readonly string[] = defaultColumnNames('contract_data')): string {
  const names = declaredColumns('contract_data', columns).map(({ name }) => name);
  return `COPY contract_data.entries (${names.join(', ')}) FROM STDIN (FORMAT binary)`;
}

/** Into the staging table of {@link stageTtl}, from where {@link applyTtl} takes them. */
export function copyTtlSql(columns: readonly string[] = defaultColumnNames('ttl')): string {
  const names = declaredColumns('ttl', columns).map(({ name }) => name);
  return `COPY pg_temp.ttl_loading (${names.join(', ')}) FROM STDIN (FORMAT binary)`;
}
