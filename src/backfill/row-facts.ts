/** What decides which rows a request gives of a ledger, as tickets and streams in the database write it. */
import { rangeCommand } from '../request/range-request.js';
import type { StreamIdentity } from '../postgres/progress/stream-identity.js';
import type { DecodeRequest } from '../../workers/request.js';

const FACTS = ['filters', 'compact', 'known_assets', 'network', 'schema_version'] as const;

/** By the same names and values as those of a stream of the same rows over Flight, so that one table can hold both. */
export function rowFacts(decode: DecodeRequest): StreamIdentity['facts'] {
  const form = JSON.parse(rangeCommand({ startLedger: 1, endLedger: 1, decode })) as StreamIdentity['facts'];
  return Object.fromEntries(FACTS.map((name) => [name, form[name]!]));
}
