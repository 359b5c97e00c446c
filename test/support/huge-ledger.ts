/** Ledgers far above what any network closes today, with rows to match. */
import { xdr } from '@stellar/stellar-base';
import { contractAddress, created, data, id, symbol } from './contract-entries.js';
import { buildLedger } from './ledger-builder.js';

/** Close to the most that a contract may store under one key. */
const VALUE_BYTES = 60_000;
const ENTRIES_PER_TRANSACTION = 16;

export interface HugeLedgers {
  readonly bytes: number;
  /** In each ledger: one for each entry that it creates. */
  readonly rows: number;
  ledger(sequence: number): Buffer;
}

/** Ledgers of about `megabytes`, which differ in their sequence alone. */
export function hugeLedgers(megabytes: number): HugeLedgers {
  const rows = Math.ceil((megabytes * 1_000_000) / VALUE_BYTES);
  const build = (sequence: number): Buffer => {
    const entries = Array.from({ length: rows }, (_, i) =>
      created(
        data({
          contract: contractAddress(id(i % 7)),
          key: xdr.ScVal.scvVec([symbol('Blob'), xdr.ScVal.scvU32(i)]),
          val: xdr.ScVal.scvBytes(Buffer.alloc(VALUE_BYTES, i)),
        }),
      ),
    );
    const transactions = [];
    for (let at = 0; at < rows; at += ENTRIES_PER_TRANSACTION) {
      transactions.push({ operations: [entries.slice(at, at + ENTRIES_PER_TRANSACTION)] });
    }
    return buildLedger({ sequence, transactions });
  };
  // Built twice: where the two differ is where the sequence stands.
  const template = build(0);
  const other = build(0xffff_ffff);
  const sequenceAt = template.findIndex((byte, i) => byte !== other[i]);
  return {
    bytes: template.length,
    rows,
    ledger(sequence) {
      const ledger = Buffer.from(template);
      ledger.writeUInt32BE(sequence, sequenceAt);
      return ledger;
    },
  };
}
