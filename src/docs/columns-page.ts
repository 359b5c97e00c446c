/** docs/columns.md, from the column declarations. */
import { arrowTypeName, TABLES } from '../../workers/columns/tables.js';
import type { TableName } from '../../workers/request.js';

const INTRODUCTION: Readonly<Record<TableName, string>> = {
  contract_data:
    'One row per change of a contract-data entry, and per eviction. `(ledger_sequence, change_index)` names a row, ' +
    '`ledger_key_hash` names the entry. STATE pre-images are never rows.',
  ttl:
    'One row per change of a TTL entry, of contract data and of contract code. An entry is live while the ledger is at ' +
    'most `live_until_ledger_seq`. Most TTL changes come without a change of the data.',
};

export function columnsPage(): string {
  const tables = (Object.keys(TABLES) as TableName[]).map(tableSection);
  return ['# Columns', '', 'Written from the code by `npm run docs`; do not edit.', '', ...tables].join('\n');
}

function tableSection(table: TableName): string {
  const rows = TABLES[table].map(
    (column, i) =>
      `| ${i + 1} | \`${column.name}\` | ${arrowTypeName(column.kind)}${column.nullable ? '' : ', not null'} | ${column.postgres} | ` +
      `${column.sentence}${column.optional === true ? ' Only when asked for by name.' : ''} |`,
  );
  return [
    `## ${table}`,
    '',
    INTRODUCTION[table],
    '',
    '| # | column | Arrow | PostgreSQL | meaning |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
