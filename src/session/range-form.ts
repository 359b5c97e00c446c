/**
 * A range as the JSON of a CMD descriptor that says everything, so that no default changes its meaning: how a reader that
 * has lost its place in a session reads on.
 */
import { type RangeRequest, rangeCommand } from '../request/range-request.js';

export type RangeForm = Readonly<Record<string, unknown>> & {
  readonly start_ledger: number;
  readonly end_ledger: number;
  readonly filters: Readonly<Record<string, unknown>>;
};

/** Filters that the configuration may set for requests which leave them out, set to filter nothing. */
const NO_DEFAULTS = { contract_ids: [], asset_codes: [], asset_issuers: [], include_deleted: true };

/** Keys of tickets that no descriptor has. */
const TICKET_KEYS: ReadonlySet<string> = new Set(['network', 'schema_version']);

export function rangeForm(range: RangeRequest): RangeForm {
  const ticket = JSON.parse(rangeCommand(range)) as RangeForm;
  const command = Object.fromEntries(Object.entries(ticket).filter(([key]) => !TICKET_KEYS.has(key))) as RangeForm;
  return { ...command, filters: { ...NO_DEFAULTS, ...ticket.filters } };
}
