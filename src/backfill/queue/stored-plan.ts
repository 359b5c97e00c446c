/** A plan as workers find it in the database. */
import type { ClientBase } from 'pg';
import { ProcessorError } from '../../../workers/errors.js';
import type { DecodeRequest } from '../../../workers/request.js';
import { hasBackfillTables } from './backfill-tables.js';
import type { StoredClaim } from './plan-ranges.js';

export interface StoredPlan {
  readonly plan: string;
  readonly source: string;
  readonly requests: readonly DecodeRequest[];
  /** In the order of `requests`. */
  readonly claims: readonly StoredClaim[];
}

/** Throws REQUEST_INVALID where there is none of this name. */
export async function readPlan(client: ClientBase, plan: string): Promise<StoredPlan> {
  const { rows } = (await hasBackfillTables(client))
    ? await client.query<StoredPlan>(
        'SELECT plan, source, requests, claims FROM contract_data.backfill_plans WHERE plan = $1',
        [plan],
      )
    : { rows: [] };
  const [stored] = rows;
  if (stored !== undefined) return stored;
  throw new ProcessorError(
    'REQUEST_INVALID',
    `no backfill ${plan} is planned in this database: backfill plan expected first`,
  );
}

/** Ranges that are neither finished nor given up. */
export async function openRanges(client: ClientBase, plan: string): Promise<number> {
  const { rows } = await client.query<{ open: string }>(
    `SELECT count(*) AS open FROM contract_data.backfill_ranges
    WHERE plan = $1 AND finished_at IS NULL AND failed_at IS NULL`,
    [plan],
  );
  return Number(rows[0]!.open);
}
