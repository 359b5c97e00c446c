/** Finding the name that was meant. */

/** The candidate that `name` is most likely a misspelling of, or undefined where none is near. */
export function nearMiss(name: string, candidates: readonly string[]): string | undefined {
  const wanted = folded(name);
  let best: string | undefined;
  let bestEdits = wanted.length < 8 ? 1 : 2;
  for (const candidate of candidates) {
    if (candidate === name) continue;
    const edits = editDistance(wanted, folded(candidate), bestEdits);
    if (edits < bestEdits || (edits === bestEdits && best === undefined)) {
      best = candidate;
      bestEdits = edits;
    }
  }
  return best;
}

/** Case and separators are no difference. */
function folded(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]/g, '');
}

/** Insertions, deletions, replacements and swaps of neighbours from `a` to `b`; any number above `limit` where more. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(replace, last[j]! + 1, row[j - 1]! + 1, swapped ? beforeLast[j - 2]! + 1 : Infinity));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
