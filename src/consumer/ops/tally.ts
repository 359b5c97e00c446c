/** What has been done so far, in numbers, by table. */
import type { TableName } from '../../../workers/request.js';

export interface Tally {
  /** Rows that came over Flight, and those that were committed. */
  received: number;
  inserted: number;
  /** Transactions. */
  commits: number;
}

export type Tallies = Readonly<Record<TableName, Tally>>;

export function noTallies(): Tallies {
  const nothing = (): Tally => ({ received: 0, inserted: 0, commits: 0 });
  return { contract_data: nothing(), ttl: nothing() };
}
