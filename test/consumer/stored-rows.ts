/** What a database holds: as the rows that oracles give, and as text to be compared whole. */
import type { Client } from 'pg';
import { rowsAsText, withClient } from '../postgres/test-database.js';
import type { OracleRow } from '../support/row-oracle.js';

/** Columns that the oracles write as JSON numbers; `balance`, which is wider, is text there. */
const NUMBERS: ReadonlySet<string> = new Set([
  'last_modified_ledger',
  'ledger_sequence',
  'expiration_ledger_seq',
  'live_until_ledger_seq',
  'transaction_index',
  'operation_index',
  'change_index',
]);
const BOOLEANS: ReadonlySet<string> = new Set(['deleted', 'value_changed']);

/** Rows of the history in their order, with the columns of `like`. */
export async function storedEntries(client: Client, like: OracleRow): Promise<OracleRow[]> {
  return await storedRows(client, 'contract_data.entries', Object.keys(like), 'ledger_sequence, change_index');
}

export async function storedRows(
  client: Client,
  table: string,
  columns: readonly string[],
  order: string,
): Promise<OracleRow[]> {
  await client.query("SET TIME ZONE 'UTC'");
  const rows = await rowsAsText(client, `SELECT ${columns.join(', ')} FROM ${table} ORDER BY ${order}`);
  return rows.map((row) => Object.fromEntries(row.map((text, i) => [columns[i]!, cell(columns[i]!, text)])));
}

/** Every table that a load fills, row by row: two databases with equal texts hold the same. */
export async function contents(url: string): Promise<Record<string, string[]>> {
  return await withClient(url, async (client) => {
    const of = async (table: string, order: string): Promise<string[]> => {
      const rows = await rowsAsText(client, `SELECT t::text FROM contract_data.${table} t ORDER BY ${order}`);
      return rows.map(([text]) => text!);
    };
    return {
      entries: await of('entries', 'ledger_sequence, change_index'),
      current_states: await of('current_states', 'ledger_key_hash'),
      ttl: await of('ttl', 'key_hash'),
    };
  });
}

export async function count(client: Client, table: string): Promise<number> {
  const [[text] = []] = await rowsAsText(client, `SELECT count(*) FROM contract_data.${table}`);
  return Number(text);
}

function cell(column: string, text: string | null): OracleRow[string] {
  if (text === null) return null;
  if (NUMBERS.has(column)) return Number(text);
  if (BOOLEANS.has(column)) return text === 't';
  if (column === 'closed_at') return text.replace(' ', 'T').replace('+00', 'Z');
  return text;
}
