/** The contract_data table: one row per change of a contract-data entry. */
import { int128ToString } from '../text/int128.js';
import { DURABILITIES } from '../request.js';
import { NONE } from '../rows/arrange.js';
import { EXECUTABLE_EXTERNAL_REF, EXECUTABLE_STELLAR_ASSET, EXECUTABLE_WASM } from '../rows/asset-contract.js';
import { contractIdAt, durabilityAt, keyAt, valueChanged, type ContractDataContext } from '../rows/context.js';
import { KEY_HASH_BYTES } from '../rows/key-hash.js';
import { CHANGE_TYPE_NAMES, isDeletion, KEY_TYPES } from '../rows/names.js';
import type { Asset } from '../rows/network.js';
import { sameHash } from '../xdr/words.js';
import type { Utf8Builder } from './builders.js';
import type { Column } from './column.js';
import { closedAt, ledgerSequence, operationIndex, transactionHash, transactionIndex } from './ledger-columns.js';
import { CONTRACT_DATA_OPTIONAL_COLUMNS } from './contract-data-optional.js';
import { writeContractId, writeEntryValues, writeHash, writeNames, writeXdr } from './write-text.js';

type Context = ContractDataContext;

const EXECUTABLE_NAMES: Readonly<Record<number, string>> = {
  [EXECUTABLE_WASM]: 'wasm',
  [EXECUTABLE_STELLAR_ASSET]: 'stellar_asset',
  [EXECUTABLE_EXTERNAL_REF]: 'external_ref',
};

export const CONTRACT_DATA_COLUMNS: readonly Column<Context>[] = [
  {
    name: 'contract_id',
    kind: 'utf8',
    nullable: false,
    postgres: 'text',
    sentence: 'The contract that owns the entry, `C…` strkey.',
    write(c, from, to, out) {
      const { bytes } = c.r;
      for (let row = from; row < to; row += 1) {
        const at = contractIdAt(c, row);
        if (row > from && sameHash(bytes, at, bytes, contractIdAt(c, row - 1))) out.repeat();
        else writeContractId(out, bytes, at);
      }
    },
  },
  {
    name: 'contract_key_type',
    kind: 'utf8',
    nullable: false,
    postgres: 'text',
    sentence: 'Type of the key: `ScValType` and the SCValType member, for example `ScValTypeScvVec`.',
    write(c, from, to, out) {
      writeNames(out, from, to, KEY_TYPES, (row) => c.r.view.getInt32(keyAt(c, row)));
    },
  },
  {
    name: 'contract_durability',
    kind: 'utf8',
    nullable: false,
    postgres: 'text',
    sentence: '`ContractDataDurabilityPersistent` or `ContractDataDurabilityTemporary`.',
    write(c, from, to, out) {
      writeNames(out, from, to, DURABILITIES, (row) => c.r.view.getInt32(durabilityAt(c, row)));
    },
  },
  {
    name: 'asset_code',
    kind: 'utf8',
    nullable: true,
    postgres: 'text',
    sentence: 'Code of the asset whose own contract this is; on its instance, and on balances of a known asset.',
    needs: ['facts'],
    write: (c, from, to, out) => assetText(c, from, to, out, (asset) => asset.code),
  },
  {
    name: 'asset_issuer',
    kind: 'utf8',
    nullable: true,
    postgres: 'text',
    sentence: "The asset's issuer, `G…` strkey.",
    needs: ['facts'],
    write: (c, from, to, out) => assetText(c, from, to, out, (asset) => asset.issuer),
  },
  {
    name: 'asset_type',
    kind: 'utf8',
    nullable: true,
    postgres: 'text',
    sentence: '`native`, `credit_alphanum4` or `credit_alphanum12`.',
    needs: ['facts'],
    write: (c, from, to, out) => assetText(c, from, to, out, (asset) => asset.type),
  },
  {
    name: 'balance_holder',
    kind: 'utf8',
    nullable: true,
    postgres: 'text',
    sentence: 'The contract whose balance the entry is, `C…` strkey. Any contract may write such entries.',
    needs: ['facts'],
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) {
        const holder = c.facts.holder[row]!;
        if (holder === NONE) out.null();
        else writeContractId(out, c.r.bytes, holder);
      }
    },
  },
  {
    name: 'balance',
    kind: 'int64',
    nullable: true,
    postgres: 'bigint',
    sentence: 'The balance in base units; null where it does not fit 64 bits (see `balance_i128`).',
    needs: ['facts'],
    write(c, from, to, out) {
      const { view } = c.r;
      for (let row = from; row < to; row += 1) {
        const amount = c.facts.amount[row]!;
        // Int128Parts: high int64, low uint64. It is not negative, so it fits int64 when bits 63 to 127 are zero.
        const fits =
          amount !== NONE &&
          view.getInt32(amount) === 0 &&
          view.getInt32(amount + 4) === 0 &&
          view.getInt32(amount + 8) >= 0;
        if (fits) out.words(view.getInt32(amount + 8), view.getInt32(amount + 12));
        else out.null();
      }
    },
  },
  {
    name: 'last_modified_ledger',
    kind: 'uint32',
    nullable: false,
    postgres: 'bigint',
    sentence: "The entry's lastModifiedLedgerSeq; where only the key is known, this ledger.",
    write(c, from, to, out) {
      const { key } = c.changes;
      for (let row = from; row < to; row += 1) {
        const entry = c.rows.entry[row]!;
        out.value(entry === NONE ? c.log.sequence : c.r.view.getUint32(key[entry]! - 12));
      }
    },
  },
  {
    name: 'deleted',
    kind: 'bool',
    nullable: false,
    postgres: 'boolean',
    sentence: 'Whether the key is not in live state after this change: removed or evicted.',
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) out.value(isDeletion(c.rows.kind[row]!));
    },
  },
  ledgerSequence,
  closedAt,
  {
    name: 'ledger_key_hash',
    kind: 'utf8',
    nullable: true,
    postgres: 'text',
    sentence: 'Hex sha256 of the LedgerKey XDR (type, contract, key, durability): names the entry.',
    needs: ['keyHash'],
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) writeHash(out, c.keyHashes, row * KEY_HASH_BYTES);
    },
  },
  {
    name: 'key_xdr',
    kind: 'utf8',
    nullable: true,
    postgres: 'text',
    sentence: 'The key, base64 XDR of the SCVal.',
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) writeXdr(out, c.r, keyAt(c, row), durabilityAt(c, row));
    },
  },
  {
    name: 'val_xdr',
    kind: 'utf8',
    nullable: true,
    postgres: 'text',
    sentence: 'The value, base64 XDR of the SCVal; of a removed entry the last one; null where only the key is known.',
    write: (c, from, to, out) =>
      writeEntryValues(c, from, to, out, c.rows.entry, (start, end) => writeXdr(out, c.r, start, end)),
  },
  {
    name: 'contract_instance_type',
    kind: 'utf8',
    nullable: true,
    postgres: 'text',
    sentence: 'On a contract instance: `wasm`, `stellar_asset` or `external_ref` (protocol 28).',
    needs: ['facts'],
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) {
        const executable = c.facts.executable[row]!;
        if (executable === NONE) out.null();
        else out.ascii(EXECUTABLE_NAMES[c.r.view.getInt32(executable)]!);
      }
    },
  },
  {
    name: 'contract_instance_wasm_hash',
    kind: 'utf8',
    nullable: true,
    postgres: 'text',
    sentence: 'On an instance of type `wasm`: hex hash of its code.',
    needs: ['facts'],
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) {
        const executable = c.facts.executable[row]!;
        const isWasm = executable !== NONE && c.r.view.getInt32(executable) === EXECUTABLE_WASM;
        if (isWasm) writeHash(out, c.r, executable + 4);
        else out.null();
      }
    },
  },
  {
    name: 'expiration_ledger_seq',
    kind: 'uint32',
    nullable: true,
    postgres: 'bigint',
    sentence:
      "Live-until ledger after this ledger's TTL changes of the key; null where none changed it, and on deleted rows. The expiry of an entry is in the `ttl` table.",
    needs: ['keyHash', 'liveUntil'],
    write(c, from, to, out) {
      const { bytes, view } = c.keyHashes;
      for (let row = from; row < to; row += 1) {
        const isGone = isDeletion(c.rows.kind[row]!);
        const liveUntil = isGone ? NONE : c.liveUntil.get(bytes, view, row * KEY_HASH_BYTES);
        if (liveUntil === NONE) out.null();
        else out.value(liveUntil);
      }
    },
  },
  {
    name: 'change_type',
    kind: 'utf8',
    nullable: false,
    postgres: 'text',
    sentence: '`created`, `updated`, `removed`, `restored` or `evicted`.',
    write(c, from, to, out) {
      writeNames(out, from, to, CHANGE_TYPE_NAMES, (row) => c.rows.kind[row]!);
    },
  },
  {
    name: 'balance_i128',
    kind: 'utf8',
    nullable: true,
    postgres: 'numeric(39)',
    sentence: 'The balance in base units, exact decimal.',
    needs: ['facts'],
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) {
        const amount = c.facts.amount[row]!;
        if (amount === NONE) out.null();
        else out.ascii(int128ToString(c.r.view, amount));
      }
    },
  },
  transactionHash,
  transactionIndex,
  operationIndex,
  {
    name: 'change_index',
    kind: 'uint32',
    nullable: false,
    postgres: 'bigint',
    sentence:
      'Ordinal of the row within its ledger, from 0, before any filter: with `ledger_sequence` it names the row.',
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) out.value(c.rows.changeIndex[row]!);
    },
  },
  {
    name: 'asset_contract_id',
    kind: 'utf8',
    nullable: true,
    postgres: 'text',
    sentence: "The asset's own contract, `C…` strkey, where the asset columns are set.",
    needs: ['facts'],
    write: (c, from, to, out) => assetText(c, from, to, out, (asset) => asset.contractId),
  },
  {
    name: 'value_changed',
    kind: 'bool',
    nullable: true,
    postgres: 'boolean',
    sentence: 'On updated rows: whether the value differs from the one before. Most updates rewrite the same value.',
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) {
        const changed = valueChanged(c, row);
        if (changed === undefined) out.null();
        else out.value(changed);
      }
    },
  },
  ...CONTRACT_DATA_OPTIONAL_COLUMNS,
];

function assetText(
  c: Context,
  from: number,
  to: number,
  out: Utf8Builder,
  part: (asset: Asset) => string | null,
): void {
  for (let row = from; row < to; row += 1) {
    const asset = c.facts.asset[row];
    const text = asset === undefined ? null : part(asset);
    if (text === null) out.null();
    else out.text(text);
  }
}
