/**
 * Deterministic ledgers that look like those of a busy Soroban network: for tests, benches and the simulated source.
 *
 * - Ledger n is a function of (options, n) alone; whatever else was generated, before or after, makes no difference.
 * - States continue: what a ledger says an entry was before a change is what the last change before left, and entries
 *   are created, archived, restored and removed in an order that can be. Ledger 1 begins in the middle of that life, as
 *   a history does that starts from a snapshot.
 * - Transaction hashes are real: sha256 of the envelopes in the transaction set under the network id. So are contract
 *   ids of assets, and key hashes of TtlEntries. Signatures are random, and so is each ledger's own `hash` (else ledger
 *   n could not be had without all before it): a function of seed and n, which `previousLedgerHash` of n + 1 repeats.
 */
import { createHash } from 'node:crypto';
import { KeyedRandom } from './keyed-random.js';
import { LedgerWriter } from './ledger-writer.js';
import { slotsOf } from './workload.js';

export interface LedgerGeneratorOptions {
  /** Different seeds give different accounts, contracts and values; 7 and '7' are the same seed. */
  readonly seed: number | string;
  readonly networkPassphrase: string;
  /** Transactions of each ledger, 1 to 5,000; default 100, of which 71 are Soroban's. */
  readonly txsPerLedger?: number;
  /**
   * Protocol of the ledgers, 20 to 25; default 25. From 23 on a ledger is a LedgerCloseMeta V2 with TransactionMeta V4,
   * parallel phases and evictions of persistent entries; before, a V1 with V3 and evictions of temporary entries only,
   * and with restorations as LedgerEntryChanges, which newer captive cores write into those protocols too.
   */
  readonly protocol?: number;
}

/** What a ledger holds, known from its plan without a look at its bytes. */
export interface LedgerContents {
  readonly transactions: number;
  readonly sorobanTransactions: number;
  /** Contract data created, updated, removed or restored, and contract-data keys evicted; without nonces. */
  readonly contractDataRows: number;
  /** TtlEntries created, updated, removed, restored or evicted; with those of nonces and code. */
  readonly ttlRows: number;
}

export interface LedgerGenerator {
  /** The LedgerCloseMeta of a ledger, 1 to {@link LAST_SEQUENCE}, in an ArrayBuffer of its own (transferable). */
  ledger(sequence: number): Uint8Array<ArrayBuffer>;
  contents(sequence: number): LedgerContents;
}

/** Last sequence that can be generated; times to live reach beyond a ledger and must stay uint32. */
export const LAST_SEQUENCE = 4_000_000_000;

const MAX_TRANSACTIONS = 5_000;
const FIRST_PARALLEL_PROTOCOL = 23;

/** Throws a RangeError for options, and later for sequences, out of bounds. */
export function createLedgerGenerator(options: LedgerGeneratorOptions): LedgerGenerator {
  const { seed, networkPassphrase, txsPerLedger = 100, protocol = 25 } = options;
  mustBeWithin('txsPerLedger', txsPerLedger, 1, MAX_TRANSACTIONS);
  mustBeWithin('protocol', protocol, 20, 25);
  const writer = new LedgerWriter({
    random: new KeyedRandom(String(seed)),
    networkPassphrase,
    networkId: createHash('sha256').update(networkPassphrase).digest(),
    slots: slotsOf(txsPerLedger),
    protocol,
    parallel: protocol >= FIRST_PARALLEL_PROTOCOL,
  });
  const checked = (sequence: number): number => mustBeWithin('ledger sequence', sequence, 1, LAST_SEQUENCE);
  return {
    ledger: (sequence) => writer.write(checked(sequence)),
    contents: (sequence) => writer.contents(checked(sequence)),
  };
}

function mustBeWithin(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${name} must be a whole number from ${least} to ${most}, not ${value}`);
}
