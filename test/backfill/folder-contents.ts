/** What a folder of range files holds, read by the libraries that users have. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm';
import { oracleRow } from '../service/flight-reader.js';
import type { OracleRow } from '../support/row-oracle.js';

export interface Manifest {
  readonly file: string;
  readonly first_ledger: number;
  readonly last_ledger: number;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly schema_version: string;
}

export function manifests(directory: string): Manifest[] {
  const names = readdirSync(directory).filter((name) => name.endsWith('.json') && name !== 'manifest.json');
  return names.sort().map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Manifest);
}

export function rowsIn(path: string): OracleRow[] {
  const bytes = readFileSync(path);
  const table = tableFromIPC(path.endsWith('.arrow') ? bytes : readParquet(bytes).intoIPCStream());
  return table.toArray().map((row) => oracleRow((row as { toJSON(): Record<string, unknown> }).toJSON()));
}

/** Names and contents of all files. */
export function snapshot(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(directory, name)))
          .digest('hex'),
      ]),
  );
}
