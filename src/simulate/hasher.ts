/**
 * The two hashes that readers of a ledger can check.
 *
 * - Of a transaction: sha256 of network id, envelope type and transaction (TransactionSignaturePayload). In an envelope
 *   type and transaction stand first and together, so that the network id put in front of its bytes makes the payload.
 * - Of an entry, which its TtlEntry goes by: sha256 of the LedgerKey.
 */
import type { Bank } from './bank.js';
import type { Field } from './field.js';
import type { WordRange } from './scene.js';
import type { Template } from './template.js';

const NETWORK_ID_WORDS = 8;
/** More than any transaction or key here has. */
const MAX_WORDS = 4096;

export class Hasher {
  private readonly payload = new Uint32Array(NETWORK_ID_WORDS + MAX_WORDS);
  private readonly payloadBytes = new Uint8Array(this.payload.buffer);
  private readonly key = new Uint32Array(MAX_WORDS);
  private readonly keyBytes = new Uint8Array(this.key.buffer);

  constructor(networkId: Uint8Array) {
    this.payloadBytes.set(networkId);
  }

  /** Puts the hash of the transaction that stands in `range` of the envelope at word `at` of `words` into `field`. */
  putTransactionHash(bank: Bank, field: Field, words: Uint32Array, at: number, range: WordRange): void {
    this.payload.set(words.subarray(at + range.start, at + range.endExclusive), NETWORK_ID_WORDS);
    const length = NETWORK_ID_WORDS + range.endExclusive - range.start;
    bank.putSha256(field, this.payloadBytes.subarray(0, length * 4));
  }

  /** Puts the hash of the LedgerKey that `key` gives with the bank's present fields into `field`. */
  putKeyHash(bank: Bank, field: Field, key: Template): void {
    const length = key.write(this.key, 0, bank.words);
    bank.putSha256(field, this.keyBytes.subarray(0, length * 4));
  }
}
