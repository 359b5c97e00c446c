/** Pools: the few busy contracts whose entries change in every ledger, and several times in one. */
import type { Slot } from './workload.js';

/** Swaps of one ledger that share a pool, about. */
const SWAPS_PER_POOL = 4;

/** A swap's pool, and which of the pool's swaps in every ledger it is. */
export interface Pool {
  readonly number: number;
  readonly place: number;
  readonly swapsPerLedger: number;
}

/** The pool of each slot that is a swap. */
export function poolsOf(slots: readonly Slot[]): Map<Slot, Pool> {
  const swaps = slots.filter(({ kind }) => kind.contract === 'pool');
  const pools = Math.ceil(swaps.length / SWAPS_PER_POOL);
  return new Map(
    swaps.map((slot, at) => {
      const number = at % pools;
      const swapsPerLedger = Math.ceil((swaps.length - number) / pools);
      return [slot, { number, place: Math.floor(at / pools), swapsPerLedger }];
    }),
  );
}
