/** Fills in what a transaction's entries held before and hold now, and how long they live. */
import type { Bank } from './bank.js';
import type { Field } from './field.js';
import type { Pool } from './pools.js';
import { POOL_VALUE, ROW_VALUE } from './random-domains.js';
import type { ActiveRow } from './scene.js';
import type { Touch } from './touch.js';
import type { ValueFields } from './transaction-fields.js';

/** Amounts at the edges of int64 and i128; the first {@link NOT_NEGATIVE} are at least zero. */
const EXTREMES = [
  ...[0n, 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n, 2n ** 127n - 1n],
  ...[-1n, -(2n ** 63n), -(2n ** 63n) - 1n, -(2n ** 127n)],
].map((amount) => [96n, 64n, 32n, 0n].map((shift) => Number(BigInt.asUintN(32, amount >> shift))));
const NOT_NEGATIVE = 6;

/** A transaction that extends later in a ledger than `n` others extends by `n` ledgers less, down to this. */
const MOST_LAG_LEDGERS = 7;

/** Rows of `touch`; a swap's pool entries change with every swap, all others once a touch. */
export function fillRows(bank: Bank, touch: Touch, pool: Pool | undefined, rows: readonly ActiveRow[]): void {
  for (const row of rows) {
    if (pool !== undefined && row.spec.identity === 'called') fillPoolRow(bank, touch, pool, row);
    else fillOwnRow(bank, touch, row);
    if (row.scene.ttlChanged) fillTimeToLive(bank, touch, row);
  }
}

function fillOwnRow(bank: Bank, { ledger, group, number }: Touch, { fields, index, scene }: ActiveRow): void {
  const before = number - scene.valueAge;
  bank.putUint32(fields.previousLedger, Math.max(1, ledger - scene.entryAgeLedgers));
  if (scene.change === '.') return;
  if (scene.change !== 'C') fillValue(bank, fields.old, ROW_VALUE + index, group, before);
  if (scene.change === 'C' || scene.change === 'U' || scene.change === 'RU') {
    fillValue(bank, fields.new, ROW_VALUE + index, group, number);
  } else {
    copyValue(bank, fields.new, fields.old);
  }
}

/** Every second change of a pool's entry rewrites its value. */
function fillPoolRow(bank: Bank, { ledger }: Touch, pool: Pool, { fields, index }: ActiveRow): void {
  const change = ledger * pool.swapsPerLedger + pool.place;
  bank.putUint32(fields.previousLedger, pool.place > 0 ? ledger : Math.max(1, ledger - 1));
  fillValue(bank, fields.old, POOL_VALUE + index, pool.number, Math.floor((change - 1) / 2));
  fillValue(bank, fields.new, POOL_VALUE + index, pool.number, Math.floor(change / 2));
}

function fillTimeToLive(bank: Bank, { ledger, slot }: Touch, { fields, scene }: ActiveRow): void {
  // Slots that take turns by the ledger extend the same entry, each on its own (CAP-63): the furthest one counts.
  const lag = slot.kind.periodLedgers === 1 ? Math.min(slot.ordinal, MOST_LAG_LEDGERS) : 0;
  const previous = ledger - scene.ttlAgeLedgers;
  bank.putUint32(fields.ttlPreviousLedger, Math.max(1, previous));
  bank.putUint32(fields.liveUntilOld, Math.max(0, previous + scene.previousLiveForLedgers));
  bank.putUint32(fields.liveUntil, ledger + scene.liveForLedgers - lag);
}

function fillValue(bank: Bank, value: ValueFields, domain: number, x: number, version: number): void {
  bank.putRandom(value.raw, domain, x, version);
  fillAmount(bank, value.amount, value.raw, NOT_NEGATIVE);
  fillAmount(bank, value.signed, value.raw, EXTREMES.length);
}

/** One amount in eight is one of the first `extremes`; the others are everyday amounts below 2^44 base units. */
function fillAmount(bank: Bank, amount: Field, random: Field, extremes: number): void {
  if ((bank.getUint32(random) & 7) === 0) {
    const words = EXTREMES[bank.getUint32(random, 1) % extremes]!;
    for (let word = 0; word < 4; word++) bank.putUint32(amount, words[word]!, word);
  } else {
    bank.putUint32(amount, 0);
    bank.putUint32(amount, 0, 1);
    bank.putUint32(amount, bank.getUint32(random, 2) & 0xfff, 2);
    bank.putUint32(amount, bank.getUint32(random, 3), 3);
  }
}

function copyValue(bank: Bank, to: ValueFields, from: ValueFields): void {
  bank.copy(to.raw, from.raw);
  bank.copy(to.amount, from.amount);
  bank.copy(to.signed, from.signed);
}
