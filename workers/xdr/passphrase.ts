/**
 * Whether a ledger belongs to the network of a passphrase: a transaction's hash is made under the network id, so the
 * hash of the first envelope must be among the ledger's results.
 *
 *   TransactionSet             previousLedgerHash, txs<TransactionEnvelope>
 *   GeneralizedTransactionSet  v 1: previousLedgerHash, phases<TransactionPhase>
 *   TransactionPhase           0: components<{ type 0, baseFee*: int64, txs<TransactionEnvelope> }>
 *                              1: baseFee*, executionStages<clusters<txs<TransactionEnvelope>>>
 *   TransactionEnvelope        0: TransactionV0, signatures | 2: Transaction, signatures | 5: FeeBump, signatures
 *   hash                       sha256 of TransactionSignaturePayload: network id, envelope type, transaction
 */
import { hash } from 'node:crypto';
import type { ChangeLog } from './change-log.js';
import type { ScannedLedger } from './ledger-close-meta.js';
import type { XdrReader } from './reader.js';
import { skipFeeBumpTransaction, skipTransaction, skipTransactionV0 } from './skip.generated.js';
import { sameHash, wordBytes } from './words.js';

const HASH_BYTES = 32;
const PRESENT = 1;

// EnvelopeType members.
const ENVELOPE_TYPE_TX_V0 = 0;
const ENVELOPE_TYPE_TX = 2;
const ENVELOPE_TYPE_TX_FEE_BUMP = 5;

export type PassphraseVerdict = 'match' | 'mismatch' | 'no transaction';

/** Checks the ledger just scanned into `log`. `networkId` is the sha256 of the passphrase. */
export function checkPassphrase(
  r: XdrReader,
  log: ChangeLog,
  ledger: ScannedLedger,
  networkId: Buffer,
): PassphraseVerdict {
  const envelope = ledger.isGeneralized ? firstGeneralized(r, ledger.txSet) : firstOf(r, ledger.txSet + HASH_BYTES);
  if (envelope < 0) return 'no transaction';

  const digest = hash('sha256', signaturePayload(r, envelope, networkId), 'buffer');
  const { count, hash: results } = log.transactions;
  for (let i = 0; i < count; i += 1) if (sameHash(digest, 0, r.bytes, results[i]!)) return 'match';
  return 'mismatch';
}

/** Offset of the first element of an array of envelopes at `p`, or -1 where it is empty. */
function firstOf(r: XdrReader, p: number): number {
  return r.view.getUint32(p) === 0 ? -1 : p + 4;
}

/** Offset of the first envelope of a GeneralizedTransactionSet, or -1. The set was scanned, so its shape is sound. */
function firstGeneralized(r: XdrReader, p: number): number {
  const phases = r.view.getUint32(p + 4 + HASH_BYTES);
  p += 8 + HASH_BYTES;
  for (let phase = 0; phase < phases; phase += 1) {
    const isParallel = r.view.getInt32(p) === 1;
    p += 4;
    if (isParallel) p = behindBaseFee(r, p);
    // Components of the one form and stages of the other; a stage holds clusters, each an array of envelopes.
    const groups = r.view.getUint32(p);
    p += 4;
    for (let group = 0; group < groups; group += 1) {
      let arrays = 1;
      if (isParallel) {
        arrays = r.view.getUint32(p);
        p += 4;
      } else {
        p = behindBaseFee(r, p + 4);
      }
      for (let array = 0; array < arrays; array += 1) {
        const first = firstOf(r, p);
        if (first >= 0) return first;
        p += 4;
      }
    }
  }
  return -1;
}

/** Passes an optional int64. */
function behindBaseFee(r: XdrReader, p: number): number {
  return r.view.getUint32(p) === PRESENT ? p + 12 : p + 4;
}

function signaturePayload(r: XdrReader, envelope: number, networkId: Buffer): Buffer {
  const type = r.view.getInt32(envelope);
  const start = envelope + 4;
  switch (type) {
    case ENVELOPE_TYPE_TX_V0:
      // A V0 transaction is signed as the V1 transaction it stands for: its source account becomes a MuxedAccount of
      // type ed25519 (0), and its optional time bounds read as Preconditions.
      return Buffer.concat([
        networkId,
        wordBytes(ENVELOPE_TYPE_TX, 0),
        r.bytes.subarray(start, skipTransactionV0(r, start)),
      ]);
    case ENVELOPE_TYPE_TX:
      return Buffer.concat([networkId, wordBytes(type), r.bytes.subarray(start, skipTransaction(r, start))]);
    case ENVELOPE_TYPE_TX_FEE_BUMP:
      return Buffer.concat([networkId, wordBytes(type), r.bytes.subarray(start, skipFeeBumpTransaction(r, start))]);
    default:
      throw new Error(`envelope type ${type} passed the scan`);
  }
}
