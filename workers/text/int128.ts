/**
 * 128- and 256-bit integers as XDR holds them (Int128Parts, UInt128Parts, Int256Parts, UInt256Parts of
 * Stellar-contract.x): big-endian, the most significant 64 bits first, the sign in these only.
 *
 * Plain BigInt: a detour through Number for what fits 53 bits was measured and is no faster, because V8 prints large
 * doubles slowly.
 */

/** The Int128Parts in `view` at byte `at`. */
export function readInt128(view: DataView, at: number): bigint {
  return join(view.getBigInt64(at), view, at + 8);
}

/** The UInt128Parts in `view` at byte `at`. */
export function readUint128(view: DataView, at: number): bigint {
  return join(view.getBigUint64(at), view, at + 8);
}

/** The Int256Parts in `view` at byte `at`. */
export function readInt256(view: DataView, at: number): bigint {
  return (readInt128(view, at) << 128n) | readUint128(view, at + 16);
}

/** The UInt256Parts in `view` at byte `at`. */
export function readUint256(view: DataView, at: number): bigint {
  return (readUint128(view, at) << 128n) | readUint128(view, at + 16);
}

/** Decimal text of the Int128Parts in `view` at byte `at`. */
export function int128ToString(view: DataView, at: number): string {
  return readInt128(view, at).toString();
}

function join(high: bigint, view: DataView, lowAt: number): bigint {
  const low = view.getBigUint64(lowAt);
  // Nearly all amounts fit 64 bits; this saves them two allocations.
  return high === 0n ? low : (high << 64n) | low;
}
