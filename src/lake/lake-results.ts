/** Results of one task that came in several parts, since some of its objects had to be asked for again. */
import type { DecodeInput, DecodeResult } from '../../workers/decode-result.js';
import type { PlainError } from '../../workers/errors.js';

/** One result, in the order of the ledgers; of several errors the first one's. */
export function inLedgerOrder(results: readonly DecodeResult[]): DecodeResult {
  const [only, ...others] = results;
  if (only !== undefined && others.length === 0) return only;
  const ledgers = results.flatMap((result) => result.ledgers).sort((a, b) => a.sequence - b.sequence);
  const bad = results.flatMap((result) => result.bad ?? []).sort((a, b) => a.firstLedger - b.firstLedger);
  const errors = results
    .flatMap(({ error }) => error ?? [])
    .sort((a, b) => (a.place.ledger ?? 0) - (b.place.ledger ?? 0));
  const checksums = results.flatMap((result) => result.checksums ?? []);
  const error = errors[0];
  return {
    ledgers,
    ...(bad.length > 0 && { bad }),
    ...(checksums.length > 0 && { checksums }),
    ...(error !== undefined && { error }),
  };
}

/** The result of inputs that nobody waits for any more. */
export function without(inputs: readonly DecodeInput[], reason: PlainError): DecodeResult {
  const ledger = inputs[0]?.firstLedger;
  const place = { ...reason.place, ...(ledger !== undefined && { ledger }) };
  return { ledgers: [], error: { ...reason, place } };
}
