/** When a slot's transaction touches which group of entries: the clock behind all stories. */
import type { Slot } from './workload.js';

export interface Touch {
  readonly slot: Slot;
  readonly ledger: number;
  /** Number of the group that is touched, different for all groups of all slots. */
  readonly group: number;
  /** How often the group was touched before; below zero for the time before ledger 1. */
  readonly number: number;
  /** The scene that the group is at. */
  readonly scene: number;
}

/** More than any kind's `periodLedgers`, so that group numbers do not meet. */
const GROUPS_PER_SLOT = 64;

/**
 * The touch of `slot` in `ledger`. Ledgers before the first one count too: the network starts in the middle of its
 * life, as a history does that begins with a snapshot.
 */
export function touchOf(slot: Slot, ledger: number): Touch {
  const period = slot.kind.periodLedgers;
  const number = Math.floor(ledger / period);
  const turn = ledger - number * period;
  // Groups start at different scenes, or a whole period would see one scene only. Those that take turns by the ledger
  // itself (period 1) must not.
  const offset = period === 1 ? 0 : slot.ordinal * 7 + turn * 11;
  const scenes = slot.kind.operations.length;
  const scene = (((number + offset) % scenes) + scenes) % scenes;
  return { slot, ledger, group: slot.index * GROUPS_PER_SLOT + turn, number, scene };
}
