/**
 * Names of data lake objects (SEP-54): `FFFFFFFF--first[-last].xdr.zst`, in older lakes `.zstd` or `.gz`. The eight hex
 * digits are 2^32 - 1 less the first ledger, so that the newest sorts first.
 */

export interface LakeObjectName {
  /** Both inclusive. The first object of a lake with several ledgers in an object is named from 0, and holds no such. */
  readonly first: number;
  readonly last: number;
  readonly compression: 'zstd' | 'gzip';
}

const OBJECT_NAME = /^([0-9A-F]{8})--(\d{1,10})(?:-(\d{1,10}))?\.xdr\.(zst|zstd|gz)$/;
const LAST_UINT32 = 0xffff_ffff;

/** Undefined for a file of another name. */
export function parseLakeObjectName(name: string): LakeObjectName | undefined {
  const [, inverse, firstText, lastText = firstText, suffix] = OBJECT_NAME.exec(name) ?? [];
  const first = Number(firstText);
  const last = Number(lastText);
  if (inverse === undefined || parseInt(inverse, 16) !== LAST_UINT32 - first || last < first) return undefined;
  return { first, last, compression: suffix === 'gz' ? 'gzip' : 'zstd' };
}
