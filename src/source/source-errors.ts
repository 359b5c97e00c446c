/** What of a source cannot be survived, said in one place. */
import { ProcessorError } from '../../workers/errors.js';

export function permanentGap(first: number, found: number, reconnects: number): ProcessorError {
  const last = found - 1;
  const what = first === last ? `ledger ${first} is` : `ledgers ${first} to ${last} are`;
  return new ProcessorError(
    'SOURCE_GAP',
    `${what} missing from the source: asked ${reconnects + 1} times for ledgers from ${first} on, it went on with ${found}`,
    { ledger: first, lastLedger: last },
  );
}

export function conflictingRepeat(ledger: number): ProcessorError {
  const message = `the source sent ledger ${ledger} twice, with different bytes`;
  return new ProcessorError('SOURCE_CONFLICT', message, { ledger });
}

export function invalidMessage(expected: number, reason: string): ProcessorError {
  return new ProcessorError('SOURCE_INVALID', `ledger ${expected} expected, the source sent ${reason}`, {
    ledger: expected,
  });
}

export function otherNetwork(expected: string, found: string, ledger: number): ProcessorError {
  const message = `ledgers of the network "${expected}" expected, the source says that it serves "${found}"`;
  return new ProcessorError('PASSPHRASE_MISMATCH', message, { ledger });
}

/** `reason` is the source's own answer, with its gRPC status. */
export function refused(target: string, ledger: number, reason: string, cause: unknown): ProcessorError {
  const message = `the source ${target} refuses to stream from ledger ${ledger}: ${reason}`;
  return new ProcessorError('SOURCE_REFUSED', message, { ledger }, cause);
}

export function noKnownProtocol(target: string, names: readonly string[]): ProcessorError {
  return new ProcessorError('SOURCE_UNSUPPORTED', `the source ${target} serves none of: ${names.join(', ')}`);
}
