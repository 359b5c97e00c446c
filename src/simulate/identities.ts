/** Fills in what identifies a transaction's source, contract and entries. */
import type { AssetCode } from './assets.js';
import type { Bank } from './bank.js';
import type { Pool } from './pools.js';
import * as domains from './random-domains.js';
import type { ActiveRow } from './scene.js';
import type { Touch } from './touch.js';
import { TRANSACTION } from './transaction-fields.js';

const T = TRANSACTION;

/** `assetContracts` are the ids of the assets' contracts; `pool` is that of a swap. */
export function fillIdentities(
  bank: Bank,
  touch: Touch,
  pool: Pool | undefined,
  rows: readonly ActiveRow[],
  assetContracts: ReadonlyMap<AssetCode, Uint8Array>,
): void {
  const { group, number } = touch;
  bank.putRandom(T.source, domains.SOURCE, group, 0);
  fillCalled(bank, touch, pool, assetContracts);
  for (const { spec, fields, index } of rows) {
    if (spec.contract !== 'called') bank.putBytes(fields.contract, assetContracts.get(spec.contract)!);
    if (spec.identity === 'group') bank.putRandom(fields.id, domains.ROW_ID + index, group, 0);
    else if (spec.identity === 'fresh') bank.putRandom(fields.id, domains.FRESH_ROW_ID + index, group, number);
  }
}

/** The called contract and the code it runs. */
function fillCalled(
  bank: Bank,
  { group, number, slot }: Touch,
  pool: Pool | undefined,
  assetContracts: ReadonlyMap<AssetCode, Uint8Array>,
): void {
  const called = slot.kind.contract;
  if (pool !== undefined) {
    bank.putRandom(T.contract, domains.POOL, pool.number, 0);
    bank.putRandom(T.code, domains.POOL_CODE, pool.number, 0);
    return;
  }
  if (called === 'fresh') {
    bank.putRandom(T.contract, domains.FRESH_CONTRACT, group, number);
    bank.putRandom(T.code, domains.FRESH_CODE, group, number);
    return;
  }
  bank.putRandom(T.code, domains.CODE, group, 0);
  if (called === 'called' || called === 'pool') bank.putRandom(T.contract, domains.CONTRACT, group, 0);
  else bank.putBytes(T.contract, assetContracts.get(called)!);
}
