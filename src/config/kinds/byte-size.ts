/** Sizes in bytes: a whole number with KiB, MiB or GiB behind it, or plain bytes. */
import { type Kind, scalarKind } from './kind.js';

const UNIT_BYTES: Readonly<Record<string, number>> = { '': 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };
const SIZE = /^(\d{1,15})\s*(|kib|mib|gib)$/i;

/** A size within bounds, which are written as sizes are. */
export function byteSize(lowest: string, highest: string): Kind<number> {
  const lowestBytes = sizeBytes(lowest)!;
  const highestBytes = sizeBytes(highest)!;
  return scalarKind({
    name: 'size',
    bounds: `${lowest} to ${highest}`,
    expected: `a size from ${lowest} to ${highest} (such as 8MiB, 512KiB, or plain bytes)`,
    read: (raw) => {
      const bytes = typeof raw === 'boolean' ? undefined : sizeBytes(String(raw));
      return bytes !== undefined && bytes >= lowestBytes && bytes <= highestBytes ? bytes : undefined;
    },
    show: sizeText,
  });
}

function sizeBytes(text: string): number | undefined {
  const [, count, unit] = SIZE.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNIT_BYTES[unit!.toLowerCase()]!;
}

function sizeText(bytes: number): string {
  const unit = (['GiB', 'MiB', 'KiB'] as const).find((name) => bytes % UNIT_BYTES[name.toLowerCase()]! === 0);
  return unit === undefined || bytes === 0 ? String(bytes) : `${bytes / UNIT_BYTES[unit.toLowerCase()]!}${unit}`;
}
