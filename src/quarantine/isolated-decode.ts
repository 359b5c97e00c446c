/**
 * The second chance of ledgers whose worker crashed, ran out of memory or did not end: each is decoded by itself, so that
 * one of them does not cost the others.
 *
 * Their bytes went with the worker. Keeping a copy of all bytes for this would double the memory that ledgers take, so
 * the source is asked for them again, one by one; of a ledger that fails a second time once more, to keep its bytes.
 */
import type {
  BadLedgers,
  DecodedLedger,
  DecodeInput,
  DecodeResult,
  LedgerChecksum,
} from '../../workers/decode-result.js';
import { asProcessorError, type PlainError, type ProcessorError } from '../../workers/errors.js';
import type { DecodeRequest } from '../../workers/request.js';
import type { DecodePool } from '../pool/decode-pool.js';
import type { LedgerSource } from '../source/ledger-source.js';

export interface IsolatedDecode {
  readonly source: LedgerSource;
  readonly pool: DecodePool;
  readonly request: DecodeRequest;
}

/** Whether the worker failed, rather than what it was given. */
export function isWorkerFault({ code }: ProcessorError): boolean {
  return code === 'WORKER_CRASHED' || code === 'WORKER_TIMEOUT';
}

/** What becomes of `ledgers` (ascending), up to the first that may not be passed over. */
export async function decodeIsolated(
  ledgers: readonly number[],
  parts: IsolatedDecode,
  signal: AbortSignal,
): Promise<DecodeResult> {
  const decoded: DecodedLedger[] = [];
  const bad: BadLedgers[] = [];
  const checksums: LedgerChecksum[] = [];
  for (const ledger of ledgers) {
    const result = await decodeAlone(ledger, parts, signal);
    decoded.push(...result.ledgers);
    bad.push(...(result.bad ?? []));
    checksums.push(...(result.checksums ?? []));
    if (result.error !== undefined) return { ledgers: decoded, bad, checksums, error: result.error };
  }
  return { ledgers: decoded, bad, checksums };
}

async function decodeAlone(ledger: number, parts: IsolatedDecode, signal: AbortSignal): Promise<DecodeResult> {
  const { source, pool, request } = parts;
  try {
    const inputs = await inputsOf(ledger, source, signal);
    return await pool.run({ request: JSON.stringify(request), inputs }, `ledger ${ledger}`);
  } catch (thrown) {
    const failure = asProcessorError(thrown);
    const isGap = failure.code === 'SOURCE_GAP';
    const error: PlainError = { ...failure.toPlain(), place: { ...failure.place, ledger } };
    if (request.onBadLedger === 'fail' || !(isGap || isWorkerFault(failure))) return { ledgers: [], error };
    const [input] = isGap ? [] : await inputsOf(ledger, source, signal);
    // Of a data lake's object only the name is at hand: it stays where it is.
    const kept = input?.bytes.byteLength === 0 ? undefined : input;
    return { ledgers: [], bad: [{ firstLedger: ledger, lastLedger: ledger, error, input: kept }] };
  }
}

async function inputsOf(ledger: number, source: LedgerSource, signal: AbortSignal): Promise<DecodeInput[]> {
  const inputs: DecodeInput[] = [];
  for await (const chunk of source.ledgers({ startLedger: ledger, endLedger: ledger }, signal)) {
    inputs.push(...chunk.inputs);
  }
  return inputs;
}
