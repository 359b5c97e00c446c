/**
 * Real ledgers with their expected rows. They are not part of the repository: tests look for them beside it or where
 * LEDGER_CORPUS says, and say that they skip when there are none.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { decompress } from 'fzstd';

export interface CorpusLedger {
  readonly name: string;
  readonly ledger_sequence: number;
  readonly protocol: number;
  readonly meta_version: number;
  readonly network_passphrase: string;
  readonly bytes: number;
  readonly rows: number;
  readonly stellar_base_15_decodes: boolean;
  readonly covers: readonly string[];
}

const directory = process.env.LEDGER_CORPUS ?? resolve('..', 'shared', 'ledgers');

/** The folder of the corpus, or undefined where it is absent. */
export const corpusDirectory: string | undefined = existsSync(join(directory, 'manifest.json')) ? directory : undefined;

/** For `test(name, { skip: skipWithoutCorpus }, …)`: false, or the reason to print. */
export const skipWithoutCorpus: string | false =
  corpusDirectory === undefined ? `no ledger corpus in ${directory} (set LEDGER_CORPUS)` : false;

export function corpusLedgers(): CorpusLedger[] {
  if (corpusDirectory === undefined) return [];
  return JSON.parse(readFileSync(join(corpusDirectory, 'manifest.json'), 'utf8')) as CorpusLedger[];
}

/** Path of a corpus file given without `.zst`: whichever of the two forms is there. */
export function corpusPath(file: string): string {
  if (corpusDirectory === undefined) throw new Error('no ledger corpus');
  const plain = join(corpusDirectory, file);
  return existsSync(plain) ? plain : `${plain}.zst`;
}

/** Contents of a corpus file given without `.zst`, unpacked. */
export function readCorpus(file: string): Buffer {
  const path = corpusPath(file);
  const bytes = readFileSync(path);
  return path.endsWith('.zst') ? Buffer.from(decompress(bytes)) : bytes;
}
