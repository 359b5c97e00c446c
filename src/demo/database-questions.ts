/** What the demo asks the database, as anyone with psql could. */
import { connect } from '../postgres/connection/connect.js';
import { targetOfUrl } from '../postgres/connection/database-target.js';

export interface Holder {
  readonly asset_code: string | null;
  readonly balance_holder: string;
  readonly balance: string;
  readonly share_percent: string;
}

export interface BusyContract {
  readonly contract_id: string;
  readonly changes: string;
  readonly keys: string;
}

export interface DatabaseAnswers {
  readonly entries: number;
  readonly states: number;
  readonly ttl: number;
  readonly holders: readonly Holder[];
  readonly busiest: readonly BusyContract[];
}

const SHOWN = 5;

const COUNTS = `SELECT (SELECT count(*) FROM contract_data.entries) AS entries,
  (SELECT count(*) FROM contract_data.current_states) AS states, (SELECT count(*) FROM contract_data.ttl) AS ttl`;

export const TOP_HOLDERS = `SELECT coalesce(asset_code, 'XLM') AS asset_code, balance_holder, balance, share_percent
  FROM contract_data.get_top_contract_holders(NULL, ${SHOWN}) ORDER BY balance DESC LIMIT ${SHOWN}`;

export const BUSIEST_CONTRACTS = `SELECT contract_id, count(*) AS changes, count(DISTINCT ledger_key_hash) AS keys
  FROM contract_data.entries GROUP BY contract_id ORDER BY changes DESC, contract_id LIMIT ${SHOWN}`;

export async function askDatabase(url: string): Promise<DatabaseAnswers> {
  const client = await connect(targetOfUrl(url));
  try {
    const counts = await client.query<{ entries: string; states: string; ttl: string }>(COUNTS);
    const { entries, states, ttl } = counts.rows[0]!;
    const holders = await client.query<Holder>(TOP_HOLDERS);
    const busiest = await client.query<BusyContract>(BUSIEST_CONTRACTS);
    return {
      entries: Number(entries),
      states: Number(states),
      ttl: Number(ttl),
      holders: holders.rows,
      busiest: busiest.rows,
    };
  } finally {
    await client.end();
  }
}
