/** Splitting a range of ledgers so that its parts can be read side by side. */

/** Parts begin at multiples of this, counted from ledger 0: data lake objects have at most so many ledgers. */
const ALIGNMENT = 64;

/** At most `parts` ranges of about as many ledgers each, first and last inclusive, in order. */
export function splitLedgers(first: number, last: number, parts: number): [first: number, last: number][] {
  const starts = new Set([first]);
  const ledgers = last - first + 1;
  for (let i = 1; i < parts; i += 1) {
    const aligned = Math.round((first + (ledgers * i) / parts) / ALIGNMENT) * ALIGNMENT;
    if (aligned > first && aligned <= last) starts.add(aligned);
  }
  const sorted = [...starts].sort((a, b) => a - b);
  return sorted.map((start, i) => [start, (sorted[i + 1] ?? last + 1) - 1]);
}
