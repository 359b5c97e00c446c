/**
 * What a folder of range files says about itself:
 *
 *   manifest.json                                    what is made of which network's ledgers
 *   contract_data-0000006400-0000012799.parquet      a range
 *   contract_data-0000006400-0000012799.json         its manifest: it appears when the range's file is whole
 *
 * Nothing in it depends on when or by whom it was made.
 */
import { z } from 'zod';
import type { ErrorCode } from '../../../workers/errors.js';
import type { LedgerRange } from '../../source/ledger-source.js';
import { TABLE_NAMES, type TableName } from '../../../workers/request.js';

export const FORMATS = ['arrow', 'parquet'] as const;
export type FileFormat = (typeof FORMATS)[number];

export const FOLDER_MANIFEST = 'manifest.json';

const ledger = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const rangeManifest = z.strictObject({
  v: z.literal(1),
  table: z.enum(TABLE_NAMES),
  schema_version: z.string(),
  network_passphrase: z.string(),
  /** Both inclusive. */
  first_ledger: ledger,
  last_ledger: ledger,
  /** Null for one that was set aside. */
  first_ledger_hash: sha256.nullable(),
  last_ledger_hash: sha256.nullable(),
  rows: count,
  /** Of their LedgerCloseMeta, uncompressed. */
  ledger_bytes: count,
  /** Ledgers that were set aside: first, last, why. */
  gaps: z.array(z.tuple([ledger, ledger, z.custom<ErrorCode>((value) => typeof value === 'string')]).readonly()),
  file: z.string(),
  bytes: count,
  sha256,
});

export type RangeManifest = z.output<typeof rangeManifest>;

/** Undefined for what is no manifest of a range. */
export function parseRangeManifest(text: string): RangeManifest | undefined {
  try {
    return rangeManifest.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Name of a range's files, without their endings; by name they sort as by ledger. */
export function rangeStem(table: TableName, { startLedger, endLedger }: LedgerRange): string {
  const digits = (sequence: number): string => String(sequence).padStart(10, '0');
  return `${table}-${digits(startLedger)}-${digits(endLedger)}`;
}

const MANIFEST_NAME = /^(contract_data|ttl)-(\d{10})-(\d{10})\.json$/;

/** The ledgers of a range by the name of its manifest; undefined for other files. */
export function rangeOfManifestName(name: string, table: TableName): LedgerRange | undefined {
  const [, found, start, end] = MANIFEST_NAME.exec(name) ?? [];
  return found === table ? { startLedger: Number(start), endLedger: Number(end) } : undefined;
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
