/** The network's clock: ledgers close every five seconds, counted from ledger 0 at the start of 2024. */
const EPOCH_SECONDS = Date.UTC(2024, 0, 1) / 1000;
const SECONDS_PER_LEDGER = 5;

/** Close time of `ledger` in Unix seconds. */
export function closeTime(ledger: number): number {
  return EPOCH_SECONDS + SECONDS_PER_LEDGER * ledger;
}
