/** What filters and several columns ask of a contract-data row, found out once per row. */
import { skipContractExecutable } from '../xdr/skip.generated.js';
import { NONE } from './arrange.js';
import {
  balanceAmountAt,
  balanceHolderAt,
  executableAt,
  instanceAsset,
  SCV_LEDGER_KEY_CONTRACT_INSTANCE,
} from './asset-contract.js';
import { contractIdAt, durabilityAt, keyAt, type ContractDataContext } from './context.js';
import type { KnownAssets } from './known-assets.js';
import type { Asset, Network } from './network.js';

const INITIAL_CAPACITY = 1024;

export class RowFacts {
  /** Offset of the balance holder's contract id on rows with a balance, and on key-only rows with a balance key; or -1. */
  holder = new Int32Array(INITIAL_CAPACITY);
  /** Offset of the balance's Int128Parts; or -1. */
  amount = new Int32Array(INITIAL_CAPACITY);
  /** Offset of the instance's ContractExecutable; or -1. */
  executable = new Int32Array(INITIAL_CAPACITY);
  asset: (Asset | undefined)[] = [];

  private readonly network: Network;
  private readonly knownAssets: KnownAssets;

  constructor(network: Network, knownAssets: KnownAssets) {
    this.network = network;
    this.knownAssets = knownAssets;
  }

  /** Makes room for `rows` rows. */
  reserve(rows: number): void {
    if (rows <= this.holder.length) return;
    this.holder = new Int32Array(2 * rows);
    this.amount = new Int32Array(2 * rows);
    this.executable = new Int32Array(2 * rows);
  }

  /** Finds out the facts of row `row` of the ledger at hand. */
  classify(c: ContractDataContext, row: number): void {
    const { r } = c;
    const { keyEnd, valueEnd } = c.changes;
    const key = keyAt(c, row);
    const holder = balanceHolderAt(r, key, durabilityAt(c, row));
    this.holder[row] = holder;
    this.amount[row] = NONE;
    this.executable[row] = NONE;
    this.asset[row] = undefined;

    const entry = c.rows.entry[row]!;
    if (entry === NONE) {
      const mayBeAnAssets = holder >= 0 || r.view.getInt32(key) === SCV_LEDGER_KEY_CONTRACT_INSTANCE;
      if (mayBeAnAssets) this.asset[row] = this.knownAssets.ofContract(r.bytes, contractIdAt(c, row));
      return;
    }

    const value = keyEnd[entry]!;
    if (holder >= 0) {
      const amount = balanceAmountAt(r, value, valueEnd[entry]!);
      if (amount < 0) {
        this.holder[row] = NONE;
        return;
      }
      this.amount[row] = amount;
      this.asset[row] = this.knownAssets.ofContract(r.bytes, contractIdAt(c, row));
      return;
    }

    const executable = executableAt(r, key, value);
    if (executable < 0) return;
    this.executable[row] = executable;
    const storage = skipContractExecutable(r, executable);
    this.asset[row] = instanceAsset(r, storage, contractIdAt(c, row), this.network);
  }
}
