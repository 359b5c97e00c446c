/** Long values go faster by V8's native copy. For rows as they are, any bound from 48 to 512 measured the same. */
const NATIVE_FROM_BYTES = 192;

/** Copies `length` bytes. Most texts are short: words at a time, through views, which need no alignment. */
export function copyBytes(
  source: Uint8Array,
  sourceView: DataView,
  from: number,
  length: number,
  target: Uint8Array,
  targetView: DataView,
  to: number,
): void {
  if (length >= NATIVE_FROM_BYTES) {
    target.set(source.subarray(from, from + length), to);
    return;
  }
  const words = length & ~3;
  for (let i = 0; i < words; i += 4) targetView.setInt32(to + i, sourceView.getInt32(from + i));
  for (let i = words; i < length; i += 1) target[to + i] = source[from + i]!;
}
